// A session and its events as JSON: snake_case names, ISO times, ids as text.
import type { PartyState, Session, SessionEvent } from "@covault/api/coordinator";
import { codes } from "@covault/errors";
import { kinds } from "@covault/trust";
import type { StoredEvent } from "../session/events.ts";
import { isPatient } from "../session/plan.ts";
import type { SessionState } from "../session/state.ts";

const iso = (ms: number): string => new Date(ms).toISOString();

/**
 * Gives the view of a session that was opened. `present` are the ids of the parties that are
 * connected.
 */
export function viewSession(state: SessionState, present: readonly string[]): Session {
  const plan = state.plan!;
  return {
    session_id: plan.sessionId,
    kind: plan.kind,
    status: state.status === "none" ? "open" : state.status,
    tenant_id: plan.tenantId,
    account_id: plan.accountId,
    threshold_t: plan.threshold,
    threshold_n: plan.holders,
    parties: plan.seats.map((seat) => {
      const round = state.attempt?.states[seat.partyId]?.round ?? 0;
      return { party_id: seat.partyId, share_index: seat.shareIndex, state: partyStateOf(state, seat.partyId), round };
    }),
    awaited: awaitedOf(state, present),
    needs_pairs: state.status === "open" ? state.wanted.map((pair) => [...pair]) : [],
    attempt: state.attempt?.attempt ?? 0,
    version: state.version,
    created_at: iso(state.createdAtMs),
    updated_at: iso(state.updatedAtMs),
    deadline: iso(plan.expiresAtMs),
    result: resultOf(state),
    error: errorOf(state),
  };
}

/**
 * Whom a session that changes a key waits for: the members that are not connected, and once it is
 * staged those that have not acknowledged.
 */
function awaitedOf({ status, plan, attempt }: SessionState, present: readonly string[]): string[] {
  if (plan === undefined || !isPatient(plan)) return [];
  const ids = plan.seats.map(({ partyId }) => partyId);
  if (status === "open") return ids.filter((id) => !present.includes(id));
  return status === "staged" ? ids.filter((id) => attempt?.states[id]?.state !== "acknowledged") : [];
}

function partyStateOf(state: SessionState, partyId: string): PartyState {
  const member = state.attempt?.states[partyId];
  if (state.status === "running" || (state.status === "staged" && member?.state === "acknowledged")) return member?.state ?? "eligible";
  if (state.status === "completed") {
    if (state.plan !== undefined && kinds[state.plan.kind].ends !== "signature") return "acknowledged";
    return state.quorums[state.completedAttempt ?? 0]?.includes(partyId) === true ? "signed" : "unused";
  }
  if (member === undefined) return state.status === "failed" ? "unused" : "eligible";
  const isUnderWay = member.state === "invited" || member.state === "joined" || member.state === "running";
  return isUnderWay ? "cancelled" : member.state;
}

function resultOf(state: SessionState): Session["result"] {
  if (state.status !== "completed") return null;
  if (state.certificate !== undefined) return { certificate: state.certificate };
  if (state.pairCertificate !== undefined) return { pair_certificate: state.pairCertificate };
  if (state.holding !== undefined) return { holding: state.holding };
  return state.signature === undefined ? null : { signature: state.signature };
}

function errorOf({ failure }: SessionState): Session["error"] {
  if (failure === undefined) return null;
  const { code, message, parties } = failure;
  const known: Readonly<Record<string, { readonly hint: string }>> = codes;
  const hint = known[code]?.hint ?? "Look at the session's events.";
  return { code, message, hint, ...(parties.length > 0 ? { parties: [...parties] } : {}) };
}

export function viewEvent(event: StoredEvent): SessionEvent {
  return { seq: event.seq, type: event.type, at: iso(event.atMs), data: snakeCase(event.data) as Record<string, unknown> };
}

/** Turns field names into snake_case. An event has no maps, so every key is a name of ours. */
function snakeCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeCase);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [
    key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    snakeCase(item),
  ]);
  return Object.fromEntries(entries);
}
