// This file makes the events of an operation's life, from the rows that they are stored with.
import type { Act } from "@covault/api/account";
import { hex, sha256 } from "@covault/crypto";
import type { Kind } from "@covault/trust";
import { schemesOf } from "../accounts/schemes.ts";
import { isRenewal, stayingOf } from "../intent/subject-of.ts";
import { type AccountKey, kindOfEpoch } from "../keys/account-key.ts";
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

/** Gives the event of a key that is in another epoch, by the kind of the run that made it. */
export function keyContinued(frame: EventFrame, accountId: string, key: AccountKey): Event {
  const { charter, epoch, epochNumber, threshold, members, sessionId } = key;
  const object = { account_id: accountId, session_id: sessionId };
  const parties = members.map(({ partyId }) => partyId);
  const facts = { key_id: hex(charter.keyId), epoch: hex(epoch), epoch_number: epochNumber };
  return event(frame, acts[kindOfEpoch(key)] ?? "key.refreshed", object, {
    ...facts,
    threshold_t: threshold,
    threshold_n: members.length,
    parties,
  });
}

const changedActs: Partial<Record<Kind, Act>> = { renew: "key.renewed", repair: "key.repaired" };

/** Gives the event of a key whose pair or share was made anew within its epoch. */
export function keyChangedWithin(frame: EventFrame, session: StoredSession): Event | undefined {
  const act = changedActs[session.row.kind];
  const staying = stayingOf(session.intent);
  if (act === undefined || staying === undefined) return undefined;
  const { keyId, epoch, epochNumber } = staying;
  const facts = { key_id: hex(keyId), epoch: hex(epoch), epoch_number: epochNumber };
  const changed = isRenewal(staying)
    ? { share_indices: [staying.shareIndexLo, staying.shareIndexHi], generation: staying.generation }
    : { party_id: staying.receiver?.partyId ?? "" };
  return event(frame, act, ids(session), { ...facts, ...changed });
}

const acts: Partial<Record<Kind, Act>> = { refresh: "key.refreshed", reshare: "key.reshared", recover: "key.recovered" };
