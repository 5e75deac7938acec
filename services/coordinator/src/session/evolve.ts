// `evolve` gives the next state after one event. It is pure and total, and never refuses what was
// once appended.
import type { ErrorCode } from "@covault/errors";
import type { Burn, EventData, Pair, TimedEvent } from "./events.ts";
import { type Attempt, initialState, type MemberState, type SessionState } from "./state.ts";
import { isOfCommit, suspectEverybody, suspectPairs, suspectParties, suspectSilent } from "./suspicion.ts";

const invited: MemberState = { state: "invited", instanceId: "", join: "", fresh: "", round: 0 };

export function evolve(before: SessionState, event: TimedEvent): SessionState {
  const state = { ...before, version: before.version + 1, updatedAtMs: event.atMs };
  switch (event.type) {
    case "AbortAsked":
      return { ...state, isAborted: true };
    case "SessionOpened":
      return {
        ...state,
        ...event.data,
        status: "open",
        createdAtMs: event.atMs,
        waitingSinceMs: event.atMs,
        retryAtMs: event.atMs,
      };
    case "KeyAdvanced": {
      const { former: _, ...terms } = event.data;
      // The burns were of the epoch before. A new epoch has new pairs. What was said of it is true.
      return { ...state, burned: [], wanted: [], lastCode: undefined, ...(state.plan && { plan: { ...state.plan, ...terms } }) };
    }
    case "AttemptStarted": {
      const quorums = { ...state.quorums, [event.data.attempt]: event.data.members.map((seat) => seat.partyId) };
      return { ...state, status: "running", wanted: [], quorums, attempt: started(event.data, event.atMs) };
    }
    case "Joined": {
      const { partyId, instanceId, join, fresh } = event.data;
      // A second join is no progress. A member could keep the others waiting with it.
      const first = state.attempt?.states[partyId]?.state === "invited";
      const atMs = first ? event.atMs : (state.attempt?.progressAtMs ?? event.atMs);
      return member(state, partyId, atMs, { state: "joined", instanceId, join, fresh });
    }
    case "Moved":
      return member(state, event.data.partyId, event.atMs, { instanceId: event.data.instanceId });
    case "AttemptReady":
      return attempt(state, { ready: true, progressAtMs: event.atMs });
    case "Progressed":
      return member(state, event.data.partyId, event.atMs, { state: "running", round: event.data.round });
    case "Waited": {
      // To wait is no progress.
      const { partyId, round, missing } = event.data;
      return member(state, partyId, state.attempt?.progressAtMs ?? event.atMs, { waits: { round, missing } });
    }
    case "Declined":
      return declined(state, event.data, event.atMs);
    case "Aborted":
      return aborted(state, event.data, event.atMs);
    case "ResultRefused": {
      const suspicion = suspectParties(state.suspicion, [event.data.partyId], 2);
      return member({ ...state, suspicion }, event.data.partyId, state.attempt?.progressAtMs ?? event.atMs, { lied: true });
    }
    case "Acknowledged": {
      const { material, shareIndex, ack, partyId } = event.data;
      const acks = { ...state.acks, [material]: { ...state.acks[material], [shareIndex]: ack } };
      return member({ ...state, acks }, partyId, event.atMs, { state: "acknowledged" });
    }
    case "Committed":
      return {
        ...state,
        certificate: event.data.certificate,
        certified: { keyId: event.data.keyId, epoch: event.data.epoch },
      };
    case "PairCommitted":
      return { ...state, pairCertificate: event.data.certificate };
    case "Repaired":
      return { ...state, holding: event.data.holding };
    case "PairsWanted":
      return { ...state, wanted: event.data.pairs, waitingSinceMs: event.atMs };
    case "Completed":
      return {
        ...state,
        status: "completed",
        completedAttempt: event.data.attempt,
        signature: event.data.signature,
        failure: undefined,
      };
    case "AttemptFailed":
      return failed(state, event.data, event.atMs);
    case "Staged":
      return { ...state, status: "staged", doubt: event.data };
    case "SessionFailed":
      return { ...state, status: "failed", failure: event.data };
    case "Abandoned":
      return { ...state, abandonment: event.data.abandonment };
  }
}

/** The state after all events of a stream. */
export function fold(events: readonly TimedEvent[], from: SessionState = initialState): SessionState {
  return events.reduce(evolve, from);
}

function started(data: EventData["AttemptStarted"], atMs: number): Attempt {
  const states = Object.fromEntries(data.members.map((seat) => [seat.partyId, invited]));
  return { ...data, states, ready: false, startedAtMs: atMs, progressAtMs: atMs };
}

function attempt(state: SessionState, change: Partial<Attempt>): SessionState {
  return state.attempt === undefined ? state : { ...state, attempt: { ...state.attempt, ...change } };
}

function member(state: SessionState, partyId: string, atMs: number, change: Partial<MemberState>): SessionState {
  const now = state.attempt?.states[partyId];
  if (state.attempt === undefined || now === undefined) return state;
  return attempt(state, { progressAtMs: atMs, states: { ...state.attempt.states, [partyId]: { ...now, ...change } } });
}

function declined(state: SessionState, data: EventData["Declined"], atMs: number): SessionState {
  const { partyId, code, message, burned, unheard = [] } = data;
  const times = (state.declines[partyId]?.times ?? 0) + 1;
  const said = data.final ? { ...state.declines, [partyId]: { times, code, message } } : state.declines;
  // A burned partner is no fault of the party, and neither is a commit. Another quorum may well
  // have the partner.
  const suspicion =
    burned.length > 0 || unheard.length > 0 || isExcused(state, code)
      ? state.suspicion
      : suspectParties(state.suspicion, suspectsOf(state, data), 2);
  return member(
    {
      ...state,
      declines: said,
      burned: [...state.burned, ...burnsOf(data)],
      unheard: [...state.unheard, ...unheard.map(({ pairId }) => pairId)],
      suspicion,
    },
    partyId,
    atMs,
    { state: "declined" },
  );
}

/**
 * Says whether an attempt ended for a commit and nobody need be doubted for it. A member that goes
 * on to say so, though no higher epoch came, is believed once: the word of one liar would else end
 * every attempt with the same quorum.
 */
function isExcused({ lastCode }: SessionState, code: string): boolean {
  return isOfCommit(code) && (lastCode === undefined || !isOfCommit(lastCode));
}

/**
 * The party that refuses, or else the others: one that has a newer roster than this coordinator
 * refuses a partner that is not in it, and which of them it does not say. Two such refusals put the
 * party itself out of the session, so a liar gains nothing.
 */
function suspectsOf({ attempt }: SessionState, { partyId, code }: EventData["Declined"]): readonly string[] {
  if (code !== ("trust/unknown-party" satisfies ErrorCode)) return [partyId];
  return (attempt?.members ?? []).map((seat) => seat.partyId).filter((id) => id !== partyId);
}

/** What a report says of pairs. */
export function burnsOf(data: { readonly code: string; readonly burned: readonly Pair[]; readonly pairIds?: readonly string[] }): Burn[] {
  return data.burned.map((pair, at) => ({ pair, pairId: data.pairIds?.[at] ?? "", code: data.code }));
}

function aborted(state: SessionState, data: EventData["Aborted"], atMs: number): SessionState {
  return member({ ...state, burned: [...state.burned, ...burnsOf(data)] }, data.partyId, atMs, { state: "aborted" });
}

function failed(state: SessionState, data: EventData["AttemptFailed"], atMs: number): SessionState {
  const { silent, disputes, retryAtMs, code } = data;
  const declined = Object.values(state.attempt?.states ?? {}).some((member) => member.state === "declined");
  const isNobody = silent.length === 0 && disputes.length === 0 && !declined;
  const suspicion = isExcused(state, code)
    ? state.suspicion
    : isNobody
      ? suspectEverybody(state.suspicion, state.attempt?.members ?? [])
      : suspectPairs(suspectSilent(state.suspicion, silent), disputes);
  const disputed = { ...state.disputed };
  for (const index of new Set(disputes.flat())) disputed[index] = (disputed[index] ?? 0) + 1;
  const ofCommit = state.ofCommit + (isOfCommit(code) ? 1 : 0);
  return { ...state, status: "open", suspicion, disputed, waitingSinceMs: atMs, retryAtMs, lastCode: code, ofCommit };
}
