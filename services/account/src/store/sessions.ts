// This file holds what was asked of the coordinator. The intent inside a row carries this service's
// own signature, so a row needs no MAC. Readers take tenant, account and message from the verified
// intent. No other initiator's intent is believed, and none of a device.
import { asCovaultError, CovaultError } from "@covault/errors";
import { type InitiatorKeys, type Kind, kindNames, kindOf, kinds, type OpenedIntent, openIntent } from "@covault/trust";
import type { Intent } from "@covault/wire";
import { type RawBuilder, sql } from "kysely";
import type { Event } from "../events/event.ts";
import type { SignedIntent } from "../intent/statements.ts";
import { type KeyPart, subjectOf } from "../intent/subject-of.ts";
import type { Bound } from "./bound.ts";
import { type Claim, renewed } from "./claims.ts";
import { appended } from "./events.ts";
import { alteredRow } from "./row-mac.ts";
import type { SessionRow } from "./tables.ts";

export interface StoredSession {
  readonly row: SessionRow;
  readonly intent: Intent;
  /** The SHA-256 of the intent's exact bytes, 32 bytes. */
  readonly intentId: Uint8Array;
}

export type SessionOutcome =
  | { readonly status: "completed"; readonly signature: Uint8Array | null }
  | {
      readonly status: "failed";
      readonly code: string;
      readonly message: string;
      /**
       * The encoded `Signed` abandonment. It is present for a kind of session that is abandoned
       * when it fails.
       */
      readonly abandonment?: Uint8Array | undefined;
    };

export interface SessionRows {
  /**
   * Stores the session. The same statement renews the claim that the session is made under. Gives
   * false, with nothing stored, when the claim is another request's by now. Throws
   * account/lifecycle-running when it is a keygen and another one of its account is open, or when
   * another session is open that changes the same part of a key.
   */
  readonly insert: (session: StoredSession, happened: Event, claim: Claim | undefined) => Promise<boolean>;
  readonly find: (tenantId: string, sessionId: string) => Promise<StoredSession | undefined>;
  /**
   * Gives the sessions without an outcome that nobody may be waiting for. These are all sessions
   * that make, change or export a key, and signatures whose intent is over. It gives up to `limit`
   * of those after `after`, the oldest first. They are unchecked, so the caller reads each by
   * `find` before it takes it up.
   */
  readonly unattended: (ends: Ends, now: Date, limit: number, after?: SessionRow) => Promise<SessionRow[]>;
  /** Gives the id of the account's open keygen. */
  readonly openKeygen: (accountId: string) => Promise<string | undefined>;
  /** Gives the id of the open session that changes this part of a key. */
  readonly openOfKey: (subject: KeyPart) => Promise<string | undefined>;
  /** Gives how the sessions ended that were to change this part of a key since this time. */
  readonly ofKeySince: (subject: KeyPart, since: Date) => Promise<readonly Pick<SessionRow, "status" | "failure_message" | "updated_at">[]>;
  /** Gives the last session that was to change this part of the key, however it ended. */
  readonly lastOfKey: (tenantId: string, keyId: Uint8Array, part?: string) => Promise<StoredSession | undefined>;
  /**
   * Gives the sessions with an abandonment that the coordinator does not have yet. They are
   * unchecked, as with `unattended`.
   */
  readonly withUndeliveredAbandonment: () => Promise<SessionRow[]>;
  /**
   * Notes that the coordinator has the session's abandonment. `happened` is appended only the first
   * time.
   */
  readonly abandonmentDelivered: (sessionId: string, now: Date, happened: Event) => Promise<void>;
  /**
   * Notes that a session which had failed is completed after all, since its certificate came later.
   * `happened` is appended only the first time. Gives whether it was the first time.
   */
  readonly completeLate: (session: StoredSession, now: Date, happened: Event) => Promise<boolean>;
  /** Gives the session as it ended, or undefined when it had an outcome already. */
  readonly close: (session: StoredSession, outcome: SessionOutcome, now: Date, happened: Event) => Promise<StoredSession | undefined>;
}

/** Gives the session of an intent that this service has just signed. */
export function newSession({ intent, intentId, signed }: SignedIntent, now: Date): StoredSession {
  const changed = subjectOf(intent);
  const row: SessionRow = {
    session_id: intent.sessionId,
    tenant_id: intent.tenantId,
    account_id: intent.accountId,
    kind: kindOf(intent),
    key_id: changed?.keyId ?? null,
    part: changed?.part ?? "",
    status: "open",
    intent: signed,
    signature: null,
    failure_code: null,
    failure_message: null,
    abandonment: null,
    abandonment_delivered: false,
    expires_at: new Date(Number(intent.expiresAtMs)),
    created_at: now,
    updated_at: now,
  };
  return { row, intent, intentId };
}

function opened(row: SessionRow, keysOf: InitiatorKeys): StoredSession {
  let intent: OpenedIntent;
  try {
    intent = openIntent(new Uint8Array(row.intent), keysOf, undefined);
  } catch (error) {
    // An error that is not about the intent itself says nothing about the row.
    if (asCovaultError(error)?.kind !== "usage") throw error;
    throw alteredRow("sessions", row.session_id);
  }
  const { initiatorId } = intent.intent;
  const same =
    // A device's intent opens by the key that it brings itself. So the key must be one of the keys
    // that are asked for, or the intent is not this service's.
    keysOf(initiatorId).some((key) => Buffer.from(key).equals(intent.key)) &&
    intent.intent.sessionId === row.session_id &&
    intent.intent.tenantId === row.tenant_id &&
    intent.intent.accountId === row.account_id &&
    intent.kind === row.kind &&
    intent.intent.expiresAtMs === BigInt(row.expires_at.getTime());
  if (!same) throw alteredRow("sessions", row.session_id);
  return { row, intent: intent.intent, intentId: intent.intentId };
}

/**
 * The types of the columns. In a select, PostgreSQL does not take a parameter's type from the
 * column that it goes into.
 */
const columnTypes = {
  session_id: "text",
  tenant_id: "text",
  account_id: "text",
  kind: "text",
  key_id: "bytea",
  part: "text",
  status: "text",
  intent: "bytea",
  signature: "bytea",
  failure_code: "text",
  failure_message: "text",
  abandonment: "bytea",
  abandonment_delivered: "boolean",
  expires_at: "timestamptz",
  created_at: "timestamptz",
  updated_at: "timestamptz",
} as const satisfies Record<keyof SessionRow, string>;
const columnNames = Object.keys(columnTypes) as (keyof SessionRow)[];

const typed = (row: SessionRow, name: keyof SessionRow): RawBuilder<unknown> => sql`cast(${row[name]} as ${sql.raw(columnTypes[name])})`;

/** The kinds that make a key where there was none. */
const founding = kindNames.filter((kind) => kinds[kind].abandonable);

/**
 * The indexes that allow one open keygen per account, and one open session that changes the same
 * part of a key.
 */
const oneAtATime: Readonly<Record<string, string>> = {
  sessions_one_keygen: "is getting another key just now",
  sessions_one_lifecycle: "has a session under way that changes the same of this key",
};
const isSecond = (error: unknown): string | undefined =>
  error instanceof Error && "constraint" in error ? oneAtATime[String(error.constraint)] : undefined;

/** What a kind of session leaves behind. */
export type Ends = (typeof kinds)[Kind]["ends"];

/**
 * Gives the rows of the sessions. `keysOf` gives the keys of this service's own initiator, and none
 * for anybody else.
 */
export function sessionRows({ db }: Bound, keysOf: InitiatorKeys): SessionRows {
  const insert: SessionRows["insert"] = async ({ row }, happened, claim) => {
    if (claim === undefined) {
      await db
        .with("inserted", (inner) => inner.insertInto("sessions").values(row).returning("session_id"))
        .selectFrom("inserted")
        .select(appended(happened).as("seq"))
        .execute();
      return true;
    }
    const inserted = await db
      .with("claim", (inner) => renewed(inner, claim, claim.session_id).returning("session_id"))
      .with("inserted", (inner) =>
        inner
          .insertInto("sessions")
          .columns(columnNames)
          .expression((is) => is.selectFrom("claim").select(columnNames.map((name) => typed(row, name).as(name))))
          .returning("session_id"),
      )
      .selectFrom("inserted")
      .select(appended(happened).as("seq"))
      .execute();
    return inserted.length === 1;
  };
  return {
    async insert(session, happened, claim) {
      try {
        return await insert(session, happened, claim);
      } catch (error) {
        const why = isSecond(error);
        if (why === undefined) throw error;
        const { account_id: account } = session.row;
        const text = `The account ${account} ${why}.`;
        throw new CovaultError("account/lifecycle-running", text, { facts: { account } });
      }
    },
    async find(tenantId, sessionId) {
      const query = db.selectFrom("sessions").selectAll().where("session_id", "=", sessionId).where("tenant_id", "=", tenantId);
      const row = await query.executeTakeFirst();
      return row && opened(row, keysOf);
    },
    async unattended(ends, now, limit, after) {
      const those = kindNames.filter((kind) => kinds[kind].ends === ends);
      const open = db.selectFrom("sessions").selectAll().where("status", "=", "open").where("kind", "in", those);
      const left = ends === "signature" ? open.where("expires_at", "<", now) : open;
      const query = left.orderBy("expires_at").orderBy("session_id").limit(limit);
      if (after === undefined) return query.execute();
      return query.where((is) => is(is.refTuple("expires_at", "session_id"), ">", is.tuple(after.expires_at, after.session_id))).execute();
    },
    async openKeygen(accountId) {
      const query = db.selectFrom("sessions").select("session_id").where("account_id", "=", accountId).where("status", "=", "open");
      return (await query.where("kind", "in", founding).executeTakeFirst())?.session_id;
    },
    async openOfKey({ keyId, part }) {
      const query = db
        .selectFrom("sessions")
        .select("session_id")
        .where("key_id", "=", keyId)
        .where("part", "=", part)
        .where("status", "=", "open");
      return (await query.executeTakeFirst())?.session_id;
    },
    async ofKeySince({ keyId, part }, since) {
      const query = db
        .selectFrom("sessions")
        .select(["status", "failure_message", "updated_at"])
        .where("key_id", "=", keyId)
        .where("part", "=", part)
        .where("created_at", ">=", since);
      return query.execute();
    },
    async lastOfKey(tenantId, keyId, part = "") {
      const query = db
        .selectFrom("sessions")
        .selectAll()
        .where("key_id", "=", keyId)
        .where("part", "=", part)
        .where("tenant_id", "=", tenantId);
      const row = await query.orderBy("created_at", "desc").orderBy("session_id", "desc").limit(1).executeTakeFirst();
      return row && opened(row, keysOf);
    },
    async withUndeliveredAbandonment() {
      const query = db.selectFrom("sessions").selectAll().where("abandonment", "is not", null).where("abandonment_delivered", "=", false);
      return query.orderBy("session_id").execute();
    },
    async abandonmentDelivered(sessionId, now, happened) {
      await db
        .with("told", (inner) =>
          inner
            .updateTable("sessions")
            .set({ abandonment_delivered: true, updated_at: now })
            .where("session_id", "=", sessionId)
            .where("abandonment_delivered", "=", false)
            .returning("session_id"),
        )
        .selectFrom("told")
        .select(appended(happened).as("seq"))
        .execute();
    },
    async completeLate({ row }, now, happened) {
      const completed = await db
        .with("completed", (inner) =>
          inner
            .updateTable("sessions")
            .set({ status: "completed", failure_code: null, failure_message: null, updated_at: now })
            .where("session_id", "=", row.session_id)
            .where("status", "=", "failed")
            .returning("session_id"),
        )
        .selectFrom("completed")
        .select(appended(happened).as("seq"))
        .execute();
      return completed.length === 1;
    },
    async close(session, outcome, now, happened) {
      const ended = {
        status: outcome.status,
        signature: outcome.status === "completed" ? outcome.signature : null,
        failure_code: outcome.status === "failed" ? outcome.code : null,
        failure_message: outcome.status === "failed" ? outcome.message : null,
        abandonment: outcome.status === "failed" ? (outcome.abandonment ?? null) : null,
        updated_at: now,
      };
      const closed = await db
        .with("closed", (inner) =>
          inner
            .updateTable("sessions")
            .set(ended)
            .where("session_id", "=", session.row.session_id)
            .where("status", "=", "open")
            .returning("session_id"),
        )
        .selectFrom("closed")
        .select(appended(happened).as("seq"))
        .execute();
      return closed.length === 1 ? { ...session, row: { ...session.row, ...ended } } : undefined;
    },
  };
}
