// What callers use: the account service over HTTP.

export { CovaultApiError } from "./api-error.ts";
export { type ClientOptions, CovaultClient } from "./client.ts";
export type {
  Account,
  AccountList,
  CreateAccountRequest,
  ListAccountsRequest,
  RequestOptions,
  Session,
  SessionEvent,
  SessionParty,
  SessionPartyState,
  Signature,
  SignatureResult,
  SigningConfiguration,
  SignRequest,
} from "./types.ts";
