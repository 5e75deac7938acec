// This file shows a session as the API does. Progress and history come from the coordinator. Tenant
// and result come from what this service verified itself.
import type { Session, SessionResult } from "@covault/api/account";
import { foundingOf } from "@covault/trust";
import type { CoordinatorSession, SessionEvents } from "../coordinator/client.ts";
import { continuationOf } from "../intent/continuation.ts";
import { operationOf } from "./index.ts";
import type { Subject } from "./operation.ts";

/** What the coordinator tells of a session. `progress` is undefined when it does not know it. */
export interface Told {
  readonly progress: CoordinatorSession | undefined;
  readonly events: SessionEvents;
}

/** Gives the view. `result` is that of a session whose result was verified just now. */
export function viewSession(subject: Subject, { progress, events }: Told, result?: SessionResult): Session {
  const { session } = subject;
  const { row } = session;
  const under = progress?.status === "running" || progress?.status === "staged" ? progress.status : "open";
  return {
    session_id: row.session_id,
    account_id: row.account_id,
    kind: row.kind,
    status: row.status === "open" ? under : row.status,
    ...thresholdsOf(subject),
    parties: progress?.parties.map(({ party_id, share_index, state }) => ({ party_id, share_index, state })) ?? partiesOf(subject),
    awaited: row.status === "open" ? (progress?.awaited ?? []) : [],
    needs_pairs: row.status === "open" ? (progress?.needs_pairs ?? []) : [],
    attempt: progress?.attempt ?? 0,
    result: row.status === "completed" ? (result ?? operationOf(session).view(subject)) : null,
    error: row.status === "failed" ? { code: row.failure_code ?? "unknown", message: row.failure_message ?? "" } : null,
    events,
    created_at: row.created_at.toISOString(),
    expires_at: row.expires_at.toISOString(),
  };
}

/** Gives t and n as the session makes them, or of the key that it signs with. */
function thresholdsOf({ account, key, session: { intent } }: Subject): Pick<Session, "threshold_t" | "threshold_n"> {
  const next = continuationOf(intent);
  if (next !== undefined) return { threshold_t: next.threshold, threshold_n: next.members.length };
  return { threshold_t: key?.threshold ?? account.threshold_t, threshold_n: key?.members.length ?? account.threshold_n };
}

/**
 * Gives the parties before the coordinator knows more: everybody whom the intent names as a member.
 * A quorum is not chosen yet.
 */
function partiesOf({ session: { intent }, key, releases }: Subject): Session["parties"] {
  if (releases !== undefined)
    return (key?.members ?? []).map(({ partyId, shareIndex }) => {
      const answer = releases.find((release) => release.partyId === partyId);
      const state = answer === undefined ? "unknown" : answer.code === "" ? "joined" : "declined";
      return { party_id: partyId, share_index: shareIndex, state };
    });
  const { members } = foundingOf(intent) ?? continuationOf(intent) ?? { members: [] };
  return members.map(({ partyId, shareIndex }) => ({ party_id: partyId, share_index: shareIndex, state: "unknown" }));
}
