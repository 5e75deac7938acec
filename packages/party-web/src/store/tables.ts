// The tables of a party's database, as rows and keys. Ids of 32 bytes are keys as they are.
import type {
  Burn,
  ImportKey,
  LeaseState,
  NewRelease,
  PairName,
  PairStatus,
  StoredBackup,
  StoredShare,
  StoreIdentity,
  Tenure,
} from "@covault/party";
import type { PlatformDatabase } from "../platform.ts";
import type { Table } from "./table.ts";

/** The one row that says which store this is, and how far it has come. */
export interface StandingRow {
  readonly id: "standing";
  readonly identity: StoreIdentity;
  readonly generation: number;
  readonly marks: number;
  /**
   * Intents that were issued up to this moment are refused, in milliseconds since 1970. -1 means
   * none.
   */
  readonly refuseUpToMs: number;
  /** The last fence that was given out to a lease. */
  readonly fence: number;
}
export interface IntentRow {
  readonly intentId: Uint8Array;
  readonly sessionId: string;
  readonly forgetAfterMs: number;
  readonly attempts: readonly { readonly attempt: number; readonly rid: Uint8Array }[];
  readonly finished: boolean;
  readonly signed?: { readonly attempt: number; readonly signature: Uint8Array } | undefined;
}
export interface SessionRow {
  readonly rid: Uint8Array;
  readonly sessionId: string;
  readonly intentId: Uint8Array;
  readonly context: Uint8Array;
  readonly expiresAtMs: number;
  readonly status: "running" | "staged" | "over";
  readonly round: number;
  readonly state: Uint8Array;
  readonly inputs?: Uint8Array | undefined;
  readonly fence: number;
  readonly tenure: Tenure;
}
export interface OutboxRow {
  readonly rid: Uint8Array;
  readonly round: number;
  readonly to: number;
  readonly bytes: Uint8Array;
}
export interface CheckRow {
  /** The database gives it. */
  readonly id?: number;
  readonly pairId: Uint8Array;
  readonly sid: Uint8Array;
  /** The tenure under which the check runs. Undefined means that the check is a strike. */
  readonly tenure?: Tenure | undefined;
}

/** One generation of a pair. A renewal has made it when it has an intent. */
export interface PairRow extends PairName {
  readonly generation: number;
  readonly pairId: Uint8Array;
  readonly status: PairStatus;
  readonly state?: Uint8Array | undefined;
  readonly sessionId?: string;
  readonly intentId?: Uint8Array;
  readonly intent?: Uint8Array;
  readonly ack?: Uint8Array;
  readonly certificate?: Uint8Array;
}

export interface Rows {
  readonly standing: StandingRow;
  readonly leases: LeaseState;
  readonly intents: IntentRow;
  readonly sessions: SessionRow;
  readonly outboxes: OutboxRow;
  readonly abandoned: { readonly intentId: Uint8Array };
  readonly shares: StoredShare;
  readonly certificates: { readonly keyId: Uint8Array; readonly chain: readonly Uint8Array[] };
  readonly backups: StoredBackup;
  readonly pairs: PairRow;
  readonly renewalRuns: PairName & { readonly runs: number };
  readonly importKeys: ImportKey;
  readonly releases: NewRelease;
  readonly burns: Burn & { readonly epoch: Uint8Array };
  readonly clearances: { readonly pairId: Uint8Array };
  readonly checks: CheckRow;
}
export type Tables = { readonly [Name in keyof Rows]: Table<Rows[Name]> };

interface Shape {
  readonly keyPath: string | readonly string[];
  readonly autoIncrement?: boolean;
  readonly indexes?: readonly string[];
  readonly uniqueIndexes?: readonly string[];
}
const shapes: Readonly<Record<keyof Rows, Shape>> = {
  standing: { keyPath: "id" },
  leases: { keyPath: "name" },
  intents: { keyPath: "intentId", uniqueIndexes: ["sessionId"] },
  sessions: { keyPath: "rid", indexes: ["intentId"] },
  outboxes: { keyPath: ["rid", "round", "to"], indexes: ["rid"] },
  abandoned: { keyPath: "intentId" },
  shares: { keyPath: ["keyId", "epoch"], indexes: ["keyId", "sessionId"], uniqueIndexes: ["intentId"] },
  certificates: { keyPath: "keyId" },
  backups: { keyPath: ["keyId", "recipient"], indexes: ["keyId"] },
  pairs: { keyPath: ["keyId", "epoch", "partner", "generation"], indexes: ["epoch"], uniqueIndexes: ["pairId", "intentId"] },
  renewalRuns: { keyPath: ["keyId", "epoch", "partner"], indexes: ["epoch"] },
  importKeys: { keyPath: "publicKey" },
  releases: { keyPath: "intentId", indexes: ["keyId"] },
  burns: { keyPath: ["pairId", "reason"], indexes: ["pairId"] },
  clearances: { keyPath: "pairId" },
  checks: { keyPath: "id", autoIncrement: true, indexes: ["pairId"] },
};
export const tableNames = Object.keys(shapes) as (keyof Rows)[];

export function createTables(database: PlatformDatabase): void {
  for (const name of tableNames) {
    const { indexes = [], uniqueIndexes = [], keyPath, autoIncrement = false } = shapes[name];
    const table = database.createObjectStore(name, { keyPath, autoIncrement });
    for (const index of indexes) table.createIndex(index, index);
    for (const index of uniqueIndexes) table.createIndex(index, index, { unique: true });
  }
}
