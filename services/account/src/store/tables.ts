// These are the rows of migrations/ as kysely sees them. `bytea` arrives as Buffer, and
// `timestamptz` as Date.
import type { Kind } from "@covault/trust";
import type { Kysely } from "kysely";

export const schemaName = "account";

export interface AccountRow {
  account_id: string;
  tenant_id: string;
  user_id: string;
  name: string | null;
  status: "creating" | "active" | "failed";
  /**
   * A JSON list of the schemes of the account's keys, one key each, in the order in which they were
   * asked for.
   */
  schemes: string;
  threshold_t: number;
  threshold_n: number;
  keygen_session_id: string;
  /** The SHA-256 of the intent that founds the account's first key, 32 bytes. */
  keygen_intent_id: Uint8Array;
  /** A JSON list of party ids, in order of preference. */
  signing_parties: string | null;
  /** A JSON list of party ids. */
  signing_required: string | null;
  failure_code: string | null;
  failure_message: string | null;
  version: number;
  created_at: Date;
  updated_at: Date;
  mac: Uint8Array;
}

interface RowKeyRow {
  check_value: Uint8Array;
}

export interface KeyRow {
  key_id: Uint8Array;
  tenant_id: string;
  account_id: string;
  keygen_session_id: string;
  /** The SHA-256 of the intent that founds the key, 32 bytes. */
  keygen_intent_id: Uint8Array;
  scheme: string;
  public_key: Uint8Array;
  chain: Uint8Array;
  epoch: Uint8Array;
  epoch_number: number;
  created_at: Date;
  mac: Uint8Array;
}

export interface EpochRow {
  key_id: Uint8Array;
  epoch: Uint8Array;
  epoch_number: number;
  tenant_id: string;
  session_id: string;
  certificate: Uint8Array;
  created_at: Date;
}

export interface SessionRow {
  session_id: string;
  tenant_id: string;
  account_id: string;
  kind: Kind;
  /** The key of which the session makes a further epoch. It is null for other sessions. */
  key_id: Uint8Array | null;
  part: string;
  status: "open" | "completed" | "failed";
  intent: Uint8Array;
  signature: Uint8Array | null;
  failure_code: string | null;
  failure_message: string | null;
  /** The encoded `Signed` abandonment. */
  abandonment: Uint8Array | null;
  abandonment_delivered: boolean;
  expires_at: Date;
  created_at: Date;
  updated_at: Date;
}

export interface ReleaseRow {
  session_id: string;
  party_id: string;
  key_id: Uint8Array;
  tenant_id: string;
  /** The encoded `Signed` release. */
  release: Uint8Array;
  /** It has a document, and that was checked. */
  consents: boolean;
  created_at: Date;
}

export interface IdempotencyRow {
  tenant_id: string;
  route: string;
  key: string;
  body_hash: Uint8Array;
  session_id: string;
  renewals: number;
  created_at: Date;
}

export interface ApiKeyRow {
  api_key_id: string;
  tenant_id: string;
  secret_hash: Uint8Array;
  label: string;
  expires_at: Date | null;
  revoked_at: Date | null;
  created_at: Date;
  mac: Uint8Array;
}

export interface TenantRow {
  tenant_id: string;
  name: string;
}

export interface ChainRow {
  tenant_id: string;
  /** The number of entries. Whole numbers of the database arrive as text. */
  size: string;
  head: Uint8Array;
}

export interface EventRow {
  tenant_id: string;
  seq: string;
  entry: string;
  hash: Uint8Array;
  at: Date;
  act: string;
  actor: string | null;
  account_id: string | null;
}

export interface CheckpointRow {
  tenant_id: string;
  size: string;
  line: string;
}

export interface BackupRow {
  key_id: Uint8Array;
  party_id: string;
  /** The encoded `Signed`. */
  statement: Uint8Array;
  said_at: Date;
}

export interface BackupAskRow {
  key_id: Uint8Array;
  epoch: Uint8Array;
  asked_at: Date;
}

export interface AccountTables {
  tenants: TenantRow;
  api_keys: ApiKeyRow;
  row_keys: RowKeyRow;
  accounts: AccountRow;
  keys: KeyRow;
  epochs: EpochRow;
  sessions: SessionRow;
  releases: ReleaseRow;
  idempotency: IdempotencyRow;
  chains: ChainRow;
  events: EventRow;
  checkpoints: CheckpointRow;
  backups: BackupRow;
  backup_asks: BackupAskRow;
}

/** A database that is bound to the schema `account`. */
export type AccountDatabase = Kysely<AccountTables>;
