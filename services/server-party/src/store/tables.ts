// The tables of migrations/ as kysely sees them. `bytea` arrives as Buffer, and `bigint` as text.
import type { PairStatus, ShareStatus } from "@covault/party";
import type { ColumnType, Generated, Kysely } from "kysely";

type Milliseconds = ColumnType<string, number, number>;
type EpochNumber = ColumnType<string, number, never>;
type Count = ColumnType<string, number | undefined, number>;

interface OfPair {
  key_id: Uint8Array;
  epoch: Uint8Array;
  partner: number;
}

export interface PartyTables {
  party: {
    only_row: Generated<boolean>;
    party_id: string;
    generation: ColumnType<string, number | undefined, number>;
    marks: Generated<number>;
    era: Generated<string>;
    refuse_up_to_ms: ColumnType<string, number | undefined, number>;
  };
  master_keys: { check_value: Uint8Array; master_id: Uint8Array };
  leases: { name: string; owner: string; fence: Count; counter: Count };
  intents: {
    intent_id: Uint8Array;
    session_id: string;
    forget_after_ms: Milliseconds;
    finished: ColumnType<boolean, boolean | undefined, boolean>;
    signature: ColumnType<Uint8Array | null, undefined, Uint8Array>;
    signed_attempt: ColumnType<number | null, undefined, number>;
  };
  attempts: { intent_id: Uint8Array; attempt: number; rid: Uint8Array };
  sessions: {
    rid: Uint8Array;
    session_id: string;
    intent_id: Uint8Array;
    era: string;
    context: Uint8Array;
    expires_at_ms: Milliseconds;
    status: "running" | "staged" | "over";
    round: number;
    state: Uint8Array;
    inputs: Uint8Array | null;
    fence: Milliseconds;
    lease: string;
    lease_fence: Count;
  };
  outbox: { rid: Uint8Array; round: number; receiver: number; bytes: Uint8Array };
  abandoned: { intent_id: Uint8Array };
  shares: {
    key_id: Uint8Array;
    epoch: Uint8Array;
    epoch_number: EpochNumber;
    scheme: string;
    session_id: string;
    intent_id: Uint8Array;
    status: ShareStatus;
    record: Uint8Array;
    secret: Uint8Array;
    intent: Uint8Array;
    ack: Uint8Array;
  };
  certificates: { key_id: Uint8Array; place: number; certificate: Uint8Array };
  backups: {
    key_id: Uint8Array;
    recipient: Uint8Array;
    epoch: Uint8Array;
    epoch_number: ColumnType<string, number, number>;
    document: Uint8Array;
    place: string;
    made_at_ms: Milliseconds;
  };
  generations: OfPair & {
    generation: number;
    pair_id: Uint8Array;
    status: PairStatus;
    session_id: string | null;
    intent_id: Uint8Array | null;
    intent: Uint8Array | null;
    ack: Uint8Array | null;
    certificate: ColumnType<Uint8Array | null, undefined, Uint8Array>;
  };
  pairs: OfPair & { generation: number; era: string; sealed: Uint8Array };
  renewal_runs: OfPair & { runs: number };
  import_keys: { public_key: Uint8Array; sealed: Uint8Array; expires_at_ms: Milliseconds };
  releases: { intent_id: Uint8Array; key_id: Uint8Array; epoch: Uint8Array; release: Uint8Array };
  burns: {
    pair_id: Uint8Array;
    epoch: Uint8Array;
    partner: number;
    reason: string;
    sid: Uint8Array;
    digest: Uint8Array;
    /** False for a burn by strikes. */
    is_failed: ColumnType<boolean, never, never>;
  };
  clearances: { pair_id: Uint8Array };
  checks: { pair_id: Uint8Array; sid: Uint8Array; epoch: Uint8Array; partner: number; lease: string; lease_fence: Count };
}
export type PartyDatabase = Kysely<PartyTables>;

/** Copies the bytes of a column, because the driver's buffers may share memory with others. */
export const bytesOf = (column: Uint8Array): Uint8Array => new Uint8Array(column);
