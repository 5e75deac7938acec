// The API's answers as they are on the wire: names in snake_case, ids and big numbers as strings.
// The account service's openapi.json says the same.

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

export interface CreateAccountRequest {
  readonly user_id: string;
  readonly name?: string;
  /** How many parties sign. Default 2. */
  readonly threshold_t?: number;
  /** How many parties hold a share. Default 3. */
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
  /** The compressed key, 0x and 66 hex characters. Null unless the account is active. */
  readonly public_key: string | null;
  readonly addresses: { readonly evm?: string };
  readonly keygen_session_id: string;
  readonly parties: readonly { readonly party_id: string; readonly role: string; readonly share_index: number }[];
  /** Why the keygen failed. Null unless it failed. */
  readonly error: { readonly code: string; readonly message: string } | null;
  /** ISO 8601. */
  readonly created_at: string;
}

export interface ListAccountsRequest {
  readonly user_id?: string;
  /** The most accounts of a page, 1 to 100. Default 20. */
  readonly limit?: number;
  /** The `next_cursor` of the page before. */
  readonly cursor?: string;
  readonly signal?: AbortSignal;
}

export interface AccountList {
  readonly accounts: readonly Account[];
  /**
   * The ids of accounts of this page whose stored rows were altered. They are left out, and
   * getAccount refuses them.
   */
  readonly altered: readonly string[];
  /** Where the next page begins. Null on the last page. */
  readonly next_cursor: string | null;
}

/**
 * The 32-byte digest, hex with or without 0x. It is given as `digest`, or as `message`, its other
 * name for ECDSA keys.
 */
export type SignRequest = { readonly digest: string; readonly message?: never } | { readonly message: string; readonly digest?: never };

export interface Signature {
  /** 0x and 64 hex characters. */
  readonly r: string;
  /** 0x and 64 hex characters. For ECDSA it is low, at most half the order. */
  readonly s: string;
  /** 0 or 1, for ECDSA alone. */
  readonly recovery_id?: number;
  /** r || s. For ECDSA v follows it, 27 or 28, so that it has 65 bytes. */
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
  /** The party ids in order of preference. */
  readonly parties: readonly string[];
  /** The party ids without which nothing is signed. */
  readonly required: readonly string[];
}

/**
 * What became of a party in a session. `eligible` was not asked so far. `acknowledged` holds its
 * share of a new key. The attempt of `cancelled` ended under way. `signed` and `unused` were in or
 * out of the quorum that signed. `unknown` means that the coordinator is away.
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
    /** For a keygen alone. */
    readonly public_key?: string;
    readonly addresses?: { readonly evm?: string };
    /** For a signature alone. */
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
