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
  /** What the key signs by: `ecdsa-secp256k1` by default, `eddsa-ed25519` or `schnorr-bip340`. */
  readonly scheme?: string;
  /** In the place of `scheme`: a key of each, all of them usable or none. */
  readonly schemes?: readonly string[];
  /** How many parties sign. Default 2. */
  readonly threshold_t?: number;
  /** How many parties hold a share. Default 3. */
  readonly threshold_n?: number;
}

/** Of one key or of several; a chain whose signatures none of them makes is absent. */
export interface Addresses {
  /** EIP-55. */
  readonly evm?: string;
  readonly tron?: string;
  readonly bitcoin_p2wpkh?: string;
  /** The BIP-341 output of the key without scripts. */
  readonly bitcoin_p2tr?: string;
  readonly solana?: string;
}

export interface KeySummary {
  /** 0x and 64 hex characters. */
  readonly key_id: string;
  readonly scheme: string;
  /** In the scheme's form: of ECDSA compressed, 33 bytes; of the others 32 bytes. */
  readonly public_key: string;
  /** How often its shares were made anew. */
  readonly epoch: number;
}

export interface Key extends KeySummary {
  readonly chain_code: string;
  /** BIP-32. Null for Ed25519, whose children follow rules of their own. */
  readonly xpub: string | null;
  /** Of path m. */
  readonly addresses: Addresses;
  readonly threshold_t: number;
  readonly parties: readonly AccountParty[];
  readonly keygen_session_id: string;
  /** Base64: the founding one and every later one. */
  readonly certificates: readonly string[];
}

export interface AccountParty {
  readonly party_id: string;
  readonly role: string;
  readonly share_index: number;
}

export interface AddressesRequest {
  /** For example m/0/5; m, the keys themselves, by default. */
  readonly path?: string;
  /** First step of a range under `path`. */
  readonly from?: number;
  /** 1 to 100. */
  readonly count?: number;
  /** `mainnet` by default; `testnet`, `signet` or `regtest` change encodings alone. */
  readonly network?: string;
  readonly signal?: AbortSignal;
}

export interface AddressList {
  readonly network: string;
  readonly addresses: readonly (Addresses & { readonly path: string })[];
}

export interface Account {
  readonly id: string;
  readonly user_id: string;
  readonly name: string | null;
  readonly status: "creating" | "active" | "failed";
  /** Of the first key. */
  readonly scheme: string;
  readonly threshold_t: number;
  readonly threshold_n: number;
  /** Of the first key: of ECDSA compressed, 0x and 66 hex characters; null unless active. */
  readonly public_key: string | null;
  /** Of all keys, path m. */
  readonly addresses: Addresses;
  /** One of each scheme; none unless active. */
  readonly keys: readonly KeySummary[];
  readonly keygen_session_id: string;
  readonly parties: readonly AccountParty[];
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

/** Which of the account's keys signs: its first one unless named. */
interface KeyChoice {
  readonly scheme?: string;
  /** In the place of `scheme`. */
  readonly key_id?: string;
}

/** Bytes that the parties sign as they are, in hex with or without 0x. */
interface RawRequest extends KeyChoice {
  /** The child of the key that signs, for example m/0/5. */
  readonly derivation_path?: string;
  /** Of a BIP-340 key: its Taproot output signs, with this root of scripts or without any. */
  readonly taproot?: { readonly merkle_root?: string };
}

/** A payload that every party reads and hashes itself. */
export interface Transaction {
  /** `evm_personal_message`. */
  readonly type: string;
  readonly text?: string;
  /** In the place of `text`, in hex. */
  readonly bytes?: string;
  readonly derivation_path?: string;
}

/**
 * A 32-byte `digest`, a `transaction`, or a `message`: of Ed25519 up to 64 KiB, of other keys the
 * digest by another name.
 */
export type SignRequest =
  | (RawRequest & { readonly digest: string; readonly message?: never; readonly transaction?: never })
  | (RawRequest & { readonly message: string; readonly digest?: never; readonly transaction?: never })
  | (KeyChoice & { readonly transaction: Transaction; readonly digest?: never; readonly message?: never });

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

/** One signature of a session. */
export interface SignedInput {
  readonly index: number;
  readonly key_id: string;
  readonly scheme: string;
  readonly path: string;
  /** What it verifies under: of the key, its child by the path, or the Taproot output of that. */
  readonly public_key: string;
  readonly taproot: boolean;
  readonly digest?: string;
  readonly message: string;
  readonly hex: string;
}

export interface SignatureResult {
  readonly session_id: string;
  /** Of the key that signed. */
  readonly keygen_session_id: string;
  /** What was signed, with 0x; absent where it is the message itself. */
  readonly digest?: string;
  /** The digest by its other name, or the message. */
  readonly message: string;
  readonly signature: Signature;
  readonly signatures: readonly SignedInput[];
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
    readonly addresses?: Addresses;
    /** For a signature alone. */
    readonly digest?: string;
    /** The digest by its other name, or the message. */
    readonly message?: string;
    readonly signature?: Signature;
    readonly signatures?: readonly SignedInput[];
  } | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly events: readonly SessionEvent[];
  readonly created_at: string;
  readonly expires_at: string;
}

/**
 * What happened to the tenant's accounts, keys, sessions and API keys. It has ids and hashes, and
 * no secret.
 */
export interface Event {
  /** Its number in the tenant's log, from 1: decimal digits. */
  readonly seq: string;
  /** ISO 8601. */
  readonly at: string;
  /** Who did it: `kind`, and `id` or `ip`. */
  readonly actor: Readonly<Record<string, string>>;
  /** What was done, for example `session.completed`. */
  readonly act: string;
  /** The ids of what it was done to. */
  readonly object: Readonly<Record<string, string>>;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface EventsRequest {
  /** The `seq` of the last event that is known already. Default 0. */
  readonly after?: string;
  /** The most events of a page, 1 to 100. Default 20. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

export interface EventList {
  readonly events: readonly Event[];
  /** The `seq` to ask after next. */
  readonly last: string;
}

/** An event with its place in the chain. */
export interface AuditEntry extends Event {
  readonly tenant: string;
  /** The hash of the entry before it. */
  readonly prev: string;
  readonly hash: string;
}

export interface AuditRequest extends EventsRequest {
  readonly act?: string;
  /** The id of who did it. */
  readonly actor?: string;
  readonly account_id?: string;
}

export interface AuditList {
  readonly entries: readonly AuditEntry[];
  /** The `seq` to ask after next. */
  readonly last: string;
}

export interface AuditRange {
  /** RFC 3339 in UTC. The export begins with the first entry of this time or a later one. */
  readonly from?: string;
  /** RFC 3339 in UTC. It reaches to the first checkpoint after the last entry before this time. */
  readonly to?: string;
  readonly signal?: AbortSignal;
}
