// The tables of migrations/. Times are milliseconds since 1970. The driver reads bigint as text.
import { type ColumnType, type JSONColumnType, type Kysely, sql } from "kysely";

type Milliseconds = ColumnType<string, number, number>;

export interface Tables {
  events: {
    tenant_id: string;
    session_id: string;
    seq: number;
    type: string;
    data: JSONColumnType<object>;
    at_ms: Milliseconds;
  };
  sessions: {
    session_id: string;
    tenant_id: string;
    account_id: string;
    kind: string;
    status: string;
    version: number;
    attempt: number;
    created_at_ms: Milliseconds;
    updated_at_ms: Milliseconds;
    expires_at_ms: Milliseconds;
    due_at_ms: ColumnType<string | null, number | null, number | null>;
    lease_owner: ColumnType<string | null, string | null | undefined, string | null>;
    lease_until_ms: ColumnType<string, number | undefined, number>;
    key_id: ColumnType<string | null, string | null | undefined, never>;
    part: ColumnType<string, string | undefined, never>;
    wants_pairs: ColumnType<boolean, boolean | undefined, boolean>;
  };
  holding_questions: {
    nonce: string;
    about: "holding" | "backup" | "export" | "import";
    key_id: string;
    scheme: string;
    asked: JSONColumnType<{ readonly partyId: string; readonly idpk: string }[]>;
    asked_at_ms: Milliseconds;
  };
  holding_reports: { nonce: string; party_id: string; statement: Uint8Array };
  burns: {
    tenant_id: string;
    key_id: string;
    epoch: string;
    low: number;
    high: number;
    pair_id: string;
    code: string;
    reported_by: string;
    session_id: string;
    at_ms: Milliseconds;
  };
  pairs: {
    tenant_id: string;
    key_id: string;
    epoch: string;
    low: number;
    high: number;
    generation: number;
    pair_id: string;
    certificate: Uint8Array;
    session_id: string;
    at_ms: Milliseconds;
  };
  repair_attempts: { rid: string; session_id: string; attempt: number };
  keys: {
    tenant_id: string;
    key_id: string;
    epoch: string;
    /** The driver reads bigint as text. */
    epoch_number: ColumnType<string, number, never>;
    old_epoch: string | null;
    certificate: Uint8Array;
    session_id: string;
    at_ms: Milliseconds;
  };
}

/** The time that is `ms` later than now, by the database's clock. */
export const afterMs = (ms: number) => sql<number>`(extract(epoch from clock_timestamp()) * 1000 + ${ms}::bigint)::bigint`;

export type Db = Kysely<Tables>;
/** The schema of the coordinator's tables. */
export const schemaName = "coordinator";
