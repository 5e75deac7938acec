// What is said to which party after events were appended, and what is said again to parties that
// did not answer. It is pure. The publisher adds the envelope, the join token and the broker. Every
// message may arrive twice, and receivers tell by session, attempt and rid.
import type { EventData, Pair, TimedEvent } from "./events.ts";
import { evolve } from "./evolve.ts";
import { isStored, type Plan, type PlanKey, type Seat } from "./plan.ts";
import { newMembers, storedIntent } from "./plan-of-intent.ts";
import { type Attempt, inFlight, type SessionState } from "./state.ts";

export interface Outgoing {
  readonly partyId: string;
  /** The instance that is meant. Empty for any instance. */
  readonly instanceId: string;
  readonly say:
    | { readonly kind: "invite"; readonly attempt: number; readonly rid: string; readonly signers: readonly number[] }
    | { readonly kind: "start"; readonly attempt: number; readonly rid: string; readonly joins: readonly string[] }
    | { readonly kind: "cancel"; readonly attempt: number; readonly rid: string; readonly code: string }
    | { readonly kind: "committed"; readonly certificate: string }
    /**
     * The certificates that lead on to an epoch from another (hex). Where that is empty, they begin
     * with the founding one.
     */
    | { readonly kind: "onward"; readonly key: Pick<PlanKey, "keyId" | "epoch">; readonly from: string }
    | { readonly kind: "pairCommitted"; readonly certificate: string }
    /** The newest pair certificate of these two holders, of whichever session. */
    | { readonly kind: "newestPair"; readonly key: Pick<PlanKey, "keyId" | "epoch">; readonly pair: Pair }
    /** What the other end of a pair has acknowledged: encoded Signed acknowledgements, base64. */
    | { readonly kind: "pairAcknowledged"; readonly ack: string }
    /** The question what the receiver of a repair holds, in the name of an attempt that is over. */
    | { readonly kind: "holds"; readonly keyId: string; readonly rid: string }
    | { readonly kind: "abandoned"; readonly abandonment: string };
}

/** `before` is the state that the events were appended to. */
export function outgoing(events: readonly TimedEvent[], before: SessionState): Outgoing[] {
  let state = before;
  return events.flatMap((event) => {
    const says = after(event, state);
    state = evolve(state, event);
    return says(state);
  });
}

function after(event: TimedEvent, before: SessionState): (state: SessionState) => Outgoing[] {
  const ending = inFlight(before);
  switch (event.type) {
    case "AttemptStarted":
    case "AttemptReady":
      return ({ attempt }) => (attempt === undefined ? [] : attempt.members.map((seat) => (attempt.ready ? start : invite)(attempt, seat)));
    case "Moved":
      return ({ attempt }) => (attempt === undefined ? [] : [start(attempt, event.data)]);
    case "AttemptFailed":
      return ({ plan }) => [...cancel(ending, event.data.code), ...holds(plan, ending)];
    case "SessionFailed":
      return () => cancel(ending, event.data.code);
    case "Completed":
      // The signature is of an earlier attempt, so the one in flight has nothing left to do.
      return ({ plan }) =>
        plan !== undefined && !isStored(plan) && ending?.attempt !== event.data.attempt ? cancel(ending, "coordinator/completed") : [];
    case "Committed":
      return (state) => committed(state, event.data);
    case "Declined": {
      const { partyId, unheard = [] } = event.data;
      const key = before.plan?.key;
      return () =>
        key === undefined ? [] : unheard.map(({ pair }) => ({ partyId, instanceId: "", say: { kind: "newestPair", key, pair } }));
    }
    case "PairCommitted":
      return (state) => toAll(state, { kind: "pairCommitted", certificate: event.data.certificate });
    case "Abandoned":
      return (state) => toAll(state, { kind: "abandoned", abandonment: event.data.abandonment });
    default:
      return () => [];
  }
}

/** What a tick says again: invites that nobody answered, and starts that nobody acted on. */
export function reminders(state: SessionState): Outgoing[] {
  const attempt = inFlight(state);
  if (attempt === undefined) return [];
  return attempt.members.flatMap((seat): Outgoing[] => {
    const member = attempt.states[seat.partyId];
    if (member?.state === "invited") return [invite(attempt, seat)];
    return attempt.ready && member?.state === "joined" ? [start(attempt, seat)] : [];
  });
}

/**
 * What a coordinator that has just started says. Members of a stored protocol are invited again and
 * go on where they were.
 */
export function resumptions(state: SessionState): Outgoing[] {
  const attempt = inFlight(state);
  if (attempt === undefined || state.plan === undefined) return [];
  if (!isStored(state.plan)) return reminders(state);
  return attempt.members.filter((seat) => attempt.states[seat.partyId]?.state !== "acknowledged").map((seat) => invite(attempt, seat));
}

function invite(attempt: Attempt, seat: Seat): Outgoing {
  const signers = attempt.members.map((member) => member.shareIndex);
  return { partyId: seat.partyId, instanceId: "", say: { kind: "invite", attempt: attempt.attempt, rid: attempt.rid, signers } };
}

function start(attempt: Attempt, seat: Seat): Outgoing {
  const joins = attempt.members.map((member) => attempt.states[member.partyId]?.join ?? "");
  const instanceId = attempt.states[seat.partyId]?.instanceId ?? "";
  return { partyId: seat.partyId, instanceId, say: { kind: "start", attempt: attempt.attempt, rid: attempt.rid, joins } };
}

function cancel(attempt: Attempt | undefined, code: string): Outgoing[] {
  if (attempt === undefined) return [];
  return attempt.members
    .filter((seat) => attempt.states[seat.partyId]?.state !== "aborted" && attempt.states[seat.partyId]?.state !== "declined")
    .map((seat) => ({
      partyId: seat.partyId,
      instanceId: attempt.states[seat.partyId]?.instanceId ?? "",
      say: { kind: "cancel", attempt: attempt.attempt, rid: attempt.rid, code },
    }));
}

/**
 * The receiver of a repair may have its share though its word was lost, and then it joins no other
 * attempt. So it is asked.
 */
function holds(plan: Plan | undefined, ending: Attempt | undefined): Outgoing[] {
  if (plan?.receiver === undefined || plan.within === undefined || ending === undefined || !ending.ready) return [];
  return [{ partyId: plan.receiver, instanceId: "", say: { kind: "holds", keyId: plan.within.keyId, rid: ending.rid } }];
}

/**
 * A party that had no share of the epoch before has no certificate of the key either, so it gets
 * all of them. A holder that the session has left out hears of it, so that it erases its share.
 */
function committed(state: SessionState, { certificate, keyId, epoch, oldEpoch }: EventData["Committed"]): Outgoing[] {
  const newcomers = oldEpoch === null ? [] : newMembers(storedIntent(state.intent));
  const say: Outgoing["say"] = { kind: "committed", certificate };
  const seated = toAll(state, say).map(
    (out): Outgoing => (newcomers.includes(out.partyId) ? { ...out, say: { kind: "onward", key: { keyId, epoch }, from: "" } } : out),
  );
  return [...seated, ...(state.plan?.leftOut ?? []).map((partyId) => ({ partyId, instanceId: "", say }))];
}

function toAll(state: SessionState, say: Outgoing["say"]): Outgoing[] {
  return (state.plan?.seats ?? []).map((seat) => ({ partyId: seat.partyId, instanceId: "", say }));
}
