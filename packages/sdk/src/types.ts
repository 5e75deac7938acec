// The API's requests and answers as they are on the wire: names in snake_case, ids and big numbers
// as strings. They come from the same shapes as the service's own checks and its openapi.json.
import type { components, operations } from "./gen/account-api.ts";

type Schemas = components["schemas"];
type Query<Id extends keyof operations> = NonNullable<operations[Id]["parameters"]["query"]>;

export interface RequestOptions {
  /**
   * The same key again answers with the first result. A call that gives no key gets one of its own.
   */
  readonly idempotencyKey?: string;
  /**
   * Ends the request with `sdk/aborted`, or with your own reason. The work goes on. Ask again with
   * the same idempotency key.
   */
  readonly signal?: AbortSignal;
}
type WithSignal = Pick<RequestOptions, "signal">;

export type Account = Schemas["Account"];
export type AccountList = Schemas["AccountList"];
export type AccountParty = Schemas["AccountParty"];
export type Addresses = Schemas["Addresses"];
export type AddressList = Schemas["AddressList"];
/** Without `from` and `count` the addresses of `path` alone are asked for. */
export type AddressesRequest = Query<"getAddresses"> & WithSignal;
export type AuditEntry = Schemas["AuditEntry"];
export type AuditList = Schemas["AuditList"];
export type AuditRange = Query<"exportAudit"> & WithSignal;
export type AuditRequest = EventsRequest & Omit<Query<"listAudit">, "after">;
export type AddKeyRequest = Schemas["AddKeyRequest"];
export type BackupList = Schemas["BackupList"];
export type CreateBackupsRequest = Schemas["CreateBackupsRequest"];
export type CreateAccountRequest = Schemas["CreateAccountRequest"];
/** The body of every refusal. */
export type ErrorBody = Schemas["Error"];
export type Event = Schemas["Event"];
export type EventList = Schemas["EventList"];
/** `after` is the `seq` of the last event that is known already, as events have it. */
export type EventsRequest = Omit<Query<"listEvents">, "after"> & { readonly after?: string } & WithSignal;
export type ExportRequest = Schemas["ExportRequest"];
/** A party's key for one import. */
export type ImportRecipient = Schemas["ImportRecipient"];
export type ImportRecipientRequest = Query<"getImportRecipient"> & WithSignal;
export type ImportRequest = Schemas["ImportRequest"];
export type Key = Schemas["Key"];
export type KeyList = Schemas["KeyList"];
export type KeySummary = Schemas["KeySummary"];
export type ListAccountsRequest = Query<"listAccounts"> & WithSignal;
export type RecoverRequest = Schemas["RecoverRequest"];
export type RefreshRequest = Schemas["RefreshRequest"];
export type RenewRequest = Schemas["RenewRequest"];
export type RepairRequest = Schemas["RepairRequest"];
export type ReshareRequest = Schemas["ReshareRequest"];
export type Session = Schemas["Session"];
export type SessionEvent = Schemas["SessionEvent"];
export type SessionParty = Schemas["SessionParty"];
export type SessionPartyState = Schemas["SessionPartyState"];
export type Signature = Schemas["Signature"];
export type SignatureResult = Schemas["SignatureResult"];
export type SignedInput = Schemas["SignedInput"];
export type SigningConfiguration = Schemas["SigningConfiguration"];
export type Transaction = Schemas["Transaction"];

type SignBody = Schemas["SignRequest"];
type Subject = "digest" | "message" | "transaction";
/** One of the three fields that name what is signed, and with it the fields that go with it. */
type Signs<Field extends Subject, With extends keyof SignBody> = Pick<SignBody, With> & {
  readonly [Name in Field]: NonNullable<SignBody[Name]>;
} & { readonly [Name in Exclude<Subject, Field>]?: never };
type RawFields = "scheme" | "key_id" | "derivation_path" | "taproot";

/**
 * A 32-byte `digest`, a `transaction`, or a `message`: of Ed25519 up to 64 KiB, of other keys the
 * digest by another name.
 */
export type SignRequest = Signs<"digest", RawFields> | Signs<"message", RawFields> | Signs<"transaction", "scheme" | "key_id">;
