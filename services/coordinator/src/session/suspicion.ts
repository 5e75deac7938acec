// What a failed attempt says about the next choice of members. A silent party weighs 2, and so does
// a pair in dispute, since either of the two may be the liar. When nobody is named, every member
// weighs 1, so that another quorum gets its turn.
import type { ErrorCode } from "@covault/errors";
import type { Pair } from "./events.ts";
import { pairKey, pairOf } from "./events.ts";
import type { Seat } from "./plan.ts";
import type { Attempt, MemberState, Suspicion } from "./state.ts";

const ofCommit = ["party/epoch-behind", "party/chain-missing", "party/epoch-superseded", "party/pair-superseded"] satisfies ErrorCode[];

/**
 * Says whether an attempt ended because a member knows another epoch of the key than this
 * coordinator, or has committed one or a pair made anew meanwhile. That is nobody's fault.
 */
export function isOfCommit(code: string): boolean {
  return ofCommit.some((known) => known === code);
}

type Weights = Readonly<Record<string, number>>;

export function suspectParties(suspicion: Suspicion, partyIds: readonly string[], weight: number): Suspicion {
  return { ...suspicion, byParty: heavier(suspicion.byParty, partyIds, weight) };
}

export function suspectSilent(suspicion: Suspicion, partyIds: readonly string[]): Suspicion {
  return { ...suspicion, silent: heavier(suspicion.silent, partyIds, 2) };
}

export function suspectPairs(suspicion: Suspicion, pairs: readonly Pair[]): Suspicion {
  return { ...suspicion, byPair: heavier(suspicion.byPair, pairs.map(pairKey), 2) };
}

/** The suspicion after an attempt that failed with nobody named. */
export function suspectEverybody(suspicion: Suspicion, members: readonly Seat[]): Suspicion {
  return suspectParties(
    suspicion,
    members.map((seat) => seat.partyId),
    1,
  );
}

function heavier(weights: Weights, names: readonly string[], weight: number): Weights {
  const next = { ...weights };
  for (const name of names) next[name] = (next[name] ?? 0) + weight;
  return next;
}

/**
 * The members from which the coordinator itself heard nothing. They did not join, or said nothing
 * after the start while others did.
 */
export function silentMembers(attempt: Attempt): readonly string[] {
  const ids = attempt.members.map((seat) => seat.partyId);
  const of = (state: MemberState["state"]) => ids.filter((id) => attempt.states[id]?.state === state);
  if (!attempt.ready) return of("invited");
  const mute = of("joined").filter((id) => attempt.states[id]?.waits === undefined);
  return mute.length === ids.length ? [] : mute;
}

/**
 * The pairs between which a message is missing, by the signed word of the member that waits. Two
 * honest members never make such a pair, because a member that is stuck in an earlier round is
 * excused for the later ones. So each pair has a liar in it, or a broken way between the two.
 */
export function disputesOf(attempt: Attempt): readonly Pair[] {
  const waits = new Map(
    attempt.members.flatMap(({ partyId, shareIndex }) => {
      const member = attempt.states[partyId];
      const isOver = member?.waits === undefined || member.round > member.waits.round || member.state === "acknowledged";
      return isOver || member.waits === undefined ? [] : [[shareIndex, member.waits] as const];
    }),
  );
  const pairs = new Map<string, Pair>();
  for (const [index, { round, missing }] of waits)
    for (const other of missing) {
      const isExcused = (waits.get(other)?.round ?? round) < round;
      const pair = pairOf(index, other);
      if (!isExcused) pairs.set(pairKey(pair), pair);
    }
  return [...pairs.values()].sort(([a, b], [c, d]) => a - c || b - d);
}
