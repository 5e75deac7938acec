// What was asked of the coordinator. The intent inside carries this service's own signature, so a row needs no MAC: readers take
// tenant, account and message from the verified intent. No other initiator's intent is believed, and none of a device.
import { asCovaultError } from "@covault/errors";
import { type InitiatorKeys, type Kind, kindNames, kindOf, kinds, type OpenedIntent, openIntent } from "@covault/trust";
import type { Intent } from "@covault/wire";
import type { SignedIntent } from "../intent/statements.ts";
import type { Bound } from "./bound.ts";
import { alteredRow } from "./row-mac.ts";
import type { SessionRow } from "./tables.ts";

export interface StoredSession {
  readonly row: SessionRow;
  readonly intent: Intent;
  /** SHA-256 of the intent's exact bytes, 32 bytes. */
  readonly intentId: Uint8Array;
}

export type SessionOutcome =
  | { readonly status: "completed"; readonly signature: Uint8Array | null }
  | { readonly status: "failed"; readonly code: string; readonly message: string };

export interface SessionRows {
  readonly insert: (session: StoredSession) => Promise<void>;
  readonly find: (tenantId: string, sessionId: string) => Promise<StoredSession | undefined>;
  /**
   * Sessions without an outcome that nobody may be waiting for: all that make an epoch, or signatures whose intent is over. Up to `limit`,
   * the oldest first, those after `after`. Unchecked: who takes one up reads it by `find`.
   */
  readonly unattended: (ends: Ends, now: Date, limit: number, after?: SessionRow) => Promise<SessionRow[]>;
  /** The session as it ended; undefined when it had an outcome already. */
  readonly close: (session: StoredSession, outcome: SessionOutcome, now: Date) => Promise<StoredSession | undefined>;
}

/** The session of an intent that this service has just signed. */
export function newSession({ intent, intentId, signed }: SignedIntent, now: Date): StoredSession {
  const row: SessionRow = {
    session_id: intent.sessionId,
    tenant_id: intent.tenantId,
    account_id: intent.accountId,
    kind: kindOf(intent),
    status: "open",
    intent: signed,
    signature: null,
    failure_code: null,
    failure_message: null,
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
    // Whatever is not said of the intent itself is no word about the row.
    if (asCovaultError(error)?.kind !== "usage") throw error;
    throw alteredRow("sessions", row.session_id);
  }
  const { initiatorId } = intent.intent;
  const same =
    // A device's intent opens by the key that it brings itself: it is one of the keys asked for, or it is not this service's.
    keysOf(initiatorId).some((key) => Buffer.from(key).equals(intent.key)) &&
    intent.intent.sessionId === row.session_id &&
    intent.intent.tenantId === row.tenant_id &&
    intent.intent.accountId === row.account_id &&
    intent.kind === row.kind &&
    intent.intent.expiresAtMs === BigInt(row.expires_at.getTime());
  if (!same) throw alteredRow("sessions", row.session_id);
  return { row, intent: intent.intent, intentId: intent.intentId };
}

/** What a kind of session leaves behind. */
export type Ends = (typeof kinds)[Kind]["ends"];

/** `keysOf`: of this service's own initiator; nobody else has a key. */
export function sessionRows({ db }: Bound, keysOf: InitiatorKeys): SessionRows {
  return {
    async insert({ row }) {
      await db.insertInto("sessions").values(row).execute();
    },
    async find(tenantId, sessionId) {
      const query = db.selectFrom("sessions").selectAll().where("session_id", "=", sessionId).where("tenant_id", "=", tenantId);
      const row = await query.executeTakeFirst();
      return row && opened(row, keysOf);
    },
    async unattended(ends, now, limit, after) {
      const those = kindNames.filter((kind) => kinds[kind].ends === ends);
      const open = db.selectFrom("sessions").selectAll().where("status", "=", "open").where("kind", "in", those);
      const left = ends === "epoch" ? open : open.where("expires_at", "<", now);
      const query = left.orderBy("expires_at").orderBy("session_id").limit(limit);
      if (after === undefined) return query.execute();
      return query.where((is) => is(is.refTuple("expires_at", "session_id"), ">", is.tuple(after.expires_at, after.session_id))).execute();
    },
    async close(session, outcome, now) {
      const ended = {
        status: outcome.status,
        signature: outcome.status === "completed" ? outcome.signature : null,
        failure_code: outcome.status === "failed" ? outcome.code : null,
        failure_message: outcome.status === "failed" ? outcome.message : null,
        updated_at: now,
      };
      const { numUpdatedRows } = await db
        .updateTable("sessions")
        .set(ended)
        .where("session_id", "=", session.row.session_id)
        .where("status", "=", "open")
        .executeTakeFirst();
      return numUpdatedRows === 1n ? { ...session, row: { ...session.row, ...ended } } : undefined;
    },
  };
}
