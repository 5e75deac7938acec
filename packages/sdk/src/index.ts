// What callers use: the account service over HTTP.

export { CovaultApiError } from "./api-error.ts";
export { type CheckAddresses, type ClientOptions, CovaultClient } from "./client.ts";
export type {
  Account,
  AccountList,
  AccountParty,
  Addresses,
  AddressesRequest,
  AddressList,
  AuditEntry,
  AuditList,
  AuditRange,
  AuditRequest,
  CreateAccountRequest,
  Event,
  EventList,
  EventsRequest,
  Key,
  KeySummary,
  ListAccountsRequest,
  RequestOptions,
  Session,
  SessionEvent,
  SessionParty,
  SessionPartyState,
  Signature,
  SignatureResult,
  SignedInput,
  SigningConfiguration,
  SignRequest,
  Transaction,
} from "./types.ts";
