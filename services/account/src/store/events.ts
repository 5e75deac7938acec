// This file holds the rows of the event log. An entry is appended by the statement that changes
// what the entry tells of, never beside it.
import { entryParts } from "@covault/trust";
import { type RawBuilder, sql } from "kysely";
import type { Event } from "../events/event.ts";
import type { Bound } from "./bound.ts";
import { schemaName } from "./tables.ts";

/**
 * Gives an expression for the select of a statement that changes something and gives the changed
 * rows. The entry is written for each of them, and none is written when nothing changed. It locks
 * the tenant's chain until the transaction ends.
 */
export function appended(happened: Event): RawBuilder<string> {
  const { tenant, ...act } = happened;
  const [before, after] = entryParts(tenant, act);
  return sql<string>`${sql.id(schemaName, "append_event")}(${tenant}, ${before}, ${after})`;
}

/**
 * An entry as it stands, with the columns that it was looked up by. The columns are for finding it.
 * What it says is in `entry`.
 */
export interface StoredEntry {
  readonly seq: number;
  readonly entry: string;
  readonly hash: Uint8Array;
  readonly act: string;
}

/** Selects entries. A field that is undefined selects every entry. */
export interface EntryFilter {
  readonly act?: string | undefined;
  /** The id of the actor. */
  readonly actor?: string | undefined;
  readonly accountId?: string | undefined;
}

export interface StoredChain {
  readonly size: number;
  /** The hash of the last entry, 32 bytes. */
  readonly head: Uint8Array;
  /** The line of the last checkpoint. It is undefined while there is none. */
  readonly checkpoint: string | undefined;
}

export interface EventRows {
  /** Appends an event that changes no row beside it. */
  readonly append: (happened: Event) => Promise<void>;
  /**
   * The same, unless the account has had an event of the same act with the same data since then.
   * Two replicas that see the same write it once.
   */
  readonly appendOnce: (happened: Event, since: Date) => Promise<void>;
  /** Gives the tenant's chain, or undefined while the tenant has no entry. */
  readonly chain: (tenant: string) => Promise<StoredChain | undefined>;
  /** Gives the entries after number `seq`, the oldest first. */
  readonly after: (tenant: string, seq: number, limit: number, filter?: EntryFilter) => Promise<StoredEntry[]>;
  /**
   * Gives the numbers of the first and the last entry whose times are from `from` on and before
   * `to`. Gives undefined when there is none.
   */
  readonly between: (tenant: string, from: Date | undefined, to: Date | undefined) => Promise<readonly [number, number] | undefined>;
  /** Gives the tenants that have at least so many entries after their last checkpoint. */
  readonly uncovered: (entriesMin: number) => Promise<string[]>;
  /** Gives the line of the first checkpoint of entry `seq` or of a later one. */
  readonly checkpointFrom: (tenant: string, seq: number) => Promise<string | undefined>;
  /** Gives the lines of the checkpoints of entries `from` to `to`, in order. */
  readonly checkpointsBetween: (tenant: string, from: number, to: number) => Promise<{ readonly size: number; readonly line: string }[]>;
  /**
   * Adds a checkpoint together with its event. It does nothing when there is a checkpoint of this
   * size.
   */
  readonly addCheckpoint: (tenant: string, size: number, line: string, happened: Event) => Promise<void>;
}

export function eventRows({ db }: Bound): EventRows {
  return {
    async append(happened) {
      await db.selectNoFrom(appended(happened).as("seq")).execute();
    },
    async appendOnce(happened, since) {
      const { tenant, act, object, data } = happened;
      await db.transaction().execute(async (inside) => {
        // The chain is locked first, so that what comes after it sees what another replica wrote.
        await inside.selectFrom("chains").select("size").where("tenant_id", "=", tenant).forUpdate().execute();
        const before = inside
          .selectFrom("events")
          .select("seq")
          .where("tenant_id", "=", tenant)
          .where("account_id", "=", object.account_id ?? "")
          .where("act", "=", act)
          .where("at", ">=", since)
          .where(sql<boolean>`entry::jsonb -> 'data' = ${JSON.stringify(data)}::jsonb`);
        if ((await before.executeTakeFirst()) === undefined) await inside.selectNoFrom(appended(happened).as("seq")).execute();
      });
    },
    async chain(tenant) {
      const row = await db
        .selectFrom("chains")
        .select((is) => [
          "size",
          "head",
          is
            .selectFrom("checkpoints")
            .select("line")
            .whereRef("checkpoints.tenant_id", "=", "chains.tenant_id")
            .orderBy("checkpoints.size", "desc")
            .limit(1)
            .as("checkpoint"),
        ])
        .where("tenant_id", "=", tenant)
        .executeTakeFirst();
      return row && { size: Number(row.size), head: new Uint8Array(row.head), checkpoint: row.checkpoint ?? undefined };
    },
    async after(tenant, seq, limit, { act, actor, accountId } = {}) {
      let query = db.selectFrom("events").select(["seq", "entry", "hash", "act"]).where("tenant_id", "=", tenant);
      query = query.where("seq", ">", String(seq)).orderBy("seq").limit(limit);
      if (act !== undefined) query = query.where("act", "=", act);
      if (actor !== undefined) query = query.where("actor", "=", actor);
      if (accountId !== undefined) query = query.where("account_id", "=", accountId);
      return (await query.execute()).map((row) => ({ ...row, seq: Number(row.seq), hash: new Uint8Array(row.hash) }));
    },
    async between(tenant, from, to) {
      let query = db
        .selectFrom("events")
        .select(({ fn }) => [fn.min("seq").as("first"), fn.max("seq").as("last")])
        .where("tenant_id", "=", tenant);
      if (from !== undefined) query = query.where("at", ">=", from);
      if (to !== undefined) query = query.where("at", "<", to);
      const { first, last } = await query.executeTakeFirstOrThrow();
      return first === null || last === null ? undefined : [Number(first), Number(last)];
    },
    async uncovered(entriesMin) {
      const covered = sql`coalesce((select max(size) from ${sql.table(`${schemaName}.checkpoints`)} as covering
        where covering.tenant_id = chains.tenant_id), 0)`;
      const rows = await db
        .selectFrom("chains")
        .select("tenant_id")
        .where(sql<boolean>`chains.size - ${covered} >= ${entriesMin}`)
        .orderBy("tenant_id")
        .execute();
      return rows.map(({ tenant_id }) => tenant_id);
    },
    async checkpointFrom(tenant, seq) {
      const query = db.selectFrom("checkpoints").select("line").where("tenant_id", "=", tenant).where("size", ">=", String(seq));
      return (await query.orderBy("size").limit(1).executeTakeFirst())?.line;
    },
    async checkpointsBetween(tenant, from, to) {
      const query = db.selectFrom("checkpoints").select(["size", "line"]).where("tenant_id", "=", tenant);
      const rows = await query.where("size", ">=", String(from)).where("size", "<=", String(to)).orderBy("size").execute();
      return rows.map(({ size, line }) => ({ size: Number(size), line }));
    },
    async addCheckpoint(tenant, size, line, happened) {
      await db
        .with("added", (inner) =>
          inner
            .insertInto("checkpoints")
            .values({ tenant_id: tenant, size: String(size), line })
            .onConflict((conflict) => conflict.doNothing())
            .returning("size"),
        )
        .selectFrom("added")
        .select(appended(happened).as("seq"))
        .execute();
    },
  };
}
