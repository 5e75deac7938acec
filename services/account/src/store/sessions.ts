// What was asked of the coordinator. The intent inside carries this service's own signature, so a row needs no MAC: readers take
// tenant, account and digest from the verified intent, and verify the signature again.
import { asCovaultError } from "@covault/errors";
import { type InitiatorKeys, kindNames, kindOf, kinds, type OpenedIntent, openIntent } from "@covault/trust";
import type { Intent, Member } from "@covault/wire";
import { alteredRow } from "../integrity/row-mac.ts";
import type { SignedIntent } from "../intent/statements.ts";
import type { AccountDatabase, SessionRow } from "./tables.ts";

export interface StoredSession {
  readonly row: SessionRow;
  readonly intent: Intent;
  /** SHA-256 of the intent's exact bytes, 32 bytes. */
  readonly intentId: Uint8Array;
}

/** What a session signs, if that is what it is for. */
export function messageOf({ intent: { action } }: StoredSession): Uint8Array | undefined {
  return action.case === "sign" ? action.value.message : undefined;
}

/** Of a keygen, who will hold shares. */
export function membersOf({ intent: { action } }: StoredSession): readonly Member[] | undefined {
  return action.case === "keygen" ? action.value.members : undefined;
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
  const same =
    intent.intent.sessionId === row.session_id &&
    intent.intent.tenantId === row.tenant_id &&
    intent.intent.accountId === row.account_id &&
    intent.kind === row.kind &&
    intent.intent.expiresAtMs === BigInt(row.expires_at.getTime());
  if (!same) throw alteredRow("sessions", row.session_id);
  return { row, intent: intent.intent, intentId: intent.intentId };
}

export async function findSession(
  db: AccountDatabase,
  keysOf: InitiatorKeys,
  tenantId: string,
  sessionId: string,
): Promise<StoredSession | undefined> {
  const row = await db
    .selectFrom("sessions")
    .selectAll()
    .where("session_id", "=", sessionId)
    .where("tenant_id", "=", tenantId)
    .executeTakeFirst();
  return row && opened(row, keysOf);
}

const signing = kindNames.filter((kind) => kinds[kind].ends === "signature");

/** Signatures without an outcome whose intent is over, up to `limit`, the oldest first, those after `after`. */
export async function overdueSignatures(db: AccountDatabase, now: Date, limit: number, after?: SessionRow): Promise<SessionRow[]> {
  const query = db
    .selectFrom("sessions")
    .selectAll()
    .where("status", "=", "open")
    .where("kind", "in", signing)
    .where("expires_at", "<", now)
    .orderBy("expires_at")
    .orderBy("session_id")
    .limit(limit);
  if (after === undefined) return query.execute();
  return query.where((is) => is(is.refTuple("expires_at", "session_id"), ">", is.tuple(after.expires_at, after.session_id))).execute();
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

export type SessionOutcome =
  | { readonly status: "completed"; readonly signature: Uint8Array | null }
  | { readonly status: "failed"; readonly code: string; readonly message: string };

/** Records the outcome of an open session; false when it had one already. */
export async function closeSession(db: AccountDatabase, sessionId: string, outcome: SessionOutcome, now: Date): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable("sessions")
    .set({
      status: outcome.status,
      signature: outcome.status === "completed" ? outcome.signature : null,
      failure_code: outcome.status === "failed" ? outcome.code : null,
      failure_message: outcome.status === "failed" ? outcome.message : null,
      updated_at: now,
    })
    .where("session_id", "=", sessionId)
    .where("status", "=", "open")
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}
