// The API's answers as they are on the wire (snake_case, ids and big numbers as strings): openapi.json of the account service says the same.

export interface RequestOptions {
  /** The same key again answers with the first result. One is made for every call that gives none. */
  readonly idempotencyKey?: string;
  /** Ends the request with `sdk/aborted` or your own reason. The work goes on; ask again with the same idempotency key. */
  readonly signal?: AbortSignal;
}

export interface CreateAccountRequest {
  readonly user_id: string;
  readonly name?: string;
  /** How many parties sign, 2 by default. */
  readonly threshold_t?: number;
  /** How many parties hold a share, 3 by default. */
  readonly threshold_n?: number;
}

export interface Account {
  readonly id: string;
  readonly user_id: string;
  readonly name: string | null;
  readonly status: "creating" | "active" | "failed";
  readonly scheme: string;
  readonly threshold_t: number;
  readonly threshold_n: number;
  /** Compressed, 0x and 66 hex characters; null unless active. */
  readonly public_key: string | null;
  readonly addresses: { readonly evm?: string };
  readonly keygen_session_id: string;
  readonly parties: readonly { readonly party_id: string; readonly role: string; readonly share_index: number }[];
  /** Why the keygen failed; null unless failed. */
  readonly error: { readonly code: string; readonly message: string } | null;
  /** ISO 8601. */
  readonly created_at: string;
}

export interface ListAccountsRequest {
  readonly user_id?: string;
  /** 1 to 100, 20 by default. */
  readonly limit?: number;
  /** `next_cursor` of the page before. */
  readonly cursor?: string;
  readonly signal?: AbortSignal;
}

export interface AccountList {
  readonly accounts: readonly Account[];
  /** Ids of accounts of this page whose stored rows were altered: they are left out, and getAccount refuses them. */
  readonly altered: readonly string[];
  /** Null on the last page. */
  readonly next_cursor: string | null;
}

/** The 32-byte digest, hex with or without 0x: as `digest`, or as `message`, its other name for ECDSA keys. */
export type SignRequest = { readonly digest: string; readonly message?: never } | { readonly message: string; readonly digest?: never };

export interface Signature {
  /** 0x and 64 hex characters. */
  readonly r: string;
  /** Of ECDSA low: at most half the order. */
  readonly s: string;
  /** Of ECDSA: 0 or 1. */
  readonly recovery_id?: number;
  /** r || s, and of ECDSA v after it: 65 bytes, v is 27 or 28. */
  readonly hex: string;
}

export interface SignatureResult {
  readonly session_id: string;
  readonly keygen_session_id: string;
  /** What was signed, with 0x. */
  readonly digest: string;
  /** The digest by its other name. */
  readonly message: string;
  readonly signature: Signature;
}

export interface SigningConfiguration {
  /** Party ids in order of preference. */
  readonly parties: readonly string[];
  /** Party ids without whom nothing is signed. */
  readonly required: readonly string[];
}

/**
 * What became of a party in a session. `eligible`: not asked so far. `acknowledged`: it holds its share of a new key. `cancelled`: its attempt
 * ended under way. `signed`, `unused`: in or out of the quorum that signed. `unknown`: the coordinator is away.
 */
export type SessionPartyState =
  | "eligible"
  | "invited"
  | "joined"
  | "running"
  | "acknowledged"
  | "declined"
  | "aborted"
  | "cancelled"
  | "signed"
  | "unused"
  | "unknown";

export interface SessionParty {
  readonly party_id: string;
  readonly share_index: number;
  readonly state: SessionPartyState;
}

export interface SessionEvent {
  readonly seq: number;
  readonly type: string;
  readonly at: string;
  readonly data: unknown;
}

export interface Session {
  readonly session_id: string;
  readonly account_id: string;
  readonly kind: "keygen" | "sign";
  readonly status: "open" | "running" | "completed" | "failed";
  readonly threshold_t: number;
  readonly threshold_n: number;
  readonly parties: readonly SessionParty[];
  readonly attempt: number;
  readonly result: {
    /** Keygen. */
    readonly public_key?: string;
    readonly addresses?: { readonly evm?: string };
    /** Sign. */
    readonly digest?: string;
    /** The digest by its other name. */
    readonly message?: string;
    readonly signature?: Signature;
  } | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly events: readonly SessionEvent[];
  readonly created_at: string;
  readonly expires_at: string;
}
