// This file makes the events of an operation's life, from the rows that they are stored with.
import { hex, sha256 } from "@covault/crypto";
import { schemesOf } from "../accounts/schemes.ts";
import type { Changes, Subject } from "../operations/operation.ts";
import type { SessionOutcome, StoredSession } from "../store/sessions.ts";
import type { AccountRow } from "../store/tables.ts";
import { type Event, type EventFrame, event } from "./event.ts";

const ids = ({ row }: StoredSession) => ({ account_id: row.account_id, session_id: row.session_id });
const ofIntent = ({ row, intentId }: StoredSession) => ({ kind: row.kind, intent: hex(intentId) });

export const sessionOpened = (frame: EventFrame, session: StoredSession): Event =>
  event(frame, "session.opened", ids(session), ofIntent(session));

export const accountCreated = (frame: EventFrame, account: AccountRow): Event =>
  event(
    frame,
    "account.created",
    { account_id: account.account_id, session_id: account.keygen_session_id },
    {
      schemes: [...schemesOf(account)],
      threshold_t: account.threshold_t,
      threshold_n: account.threshold_n,
    },
  );

export function sessionEnded(frame: EventFrame, session: StoredSession, outcome: SessionOutcome): Event {
  if (outcome.status === "failed") return event(frame, "session.failed", ids(session), { ...ofIntent(session), code: outcome.code });
  const result = outcome.signature === null ? {} : { signature: hex(sha256(outcome.signature)) };
  return event(frame, "session.completed", ids(session), { ...ofIntent(session), ...result });
}

/**
 * Gives the event of an account that a session changes. The account fails, gains a key, or becomes
 * active with the last one of the keys that it was asked for.
 */
export function accountChanged(frame: EventFrame, { session }: Subject, { account, key }: Changes): Event {
  if (account?.status === "failed") return event(frame, "account.failed", ids(session), { code: account.failure_code ?? "unknown" });
  const facts = key === undefined ? {} : { key_id: hex(key.charter.keyId), epoch: hex(key.epoch), epoch_number: key.epochNumber };
  return event(frame, account?.status === "active" ? "account.activated" : "key.created", ids(session), facts);
}
