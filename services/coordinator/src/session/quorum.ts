// Which parties make the next attempt. Hard rules: size t, all required parties, no party that
// refused twice, no burned pair (dkls23-spec section 9). Soft rules, in this order: no two that
// were in dispute and none that was silent, parties less suspected, parties less loaded, and then
// the caller's preference.

import type { ErrorCode } from "@covault/errors";
import { isRenewable, standing } from "./burns.ts";
import type { World } from "./commands.ts";
import { type Burn, type Pair, pairKey, pairOf } from "./events.ts";
import { needsEveryone, type Plan, type PlanSeat, type Seat } from "./plan.ts";
import type { SessionState } from "./state.ts";

/** Parties whose loads differ by less are equally loaded, and the caller's preference decides. */
const loadStep = 32;
/** A party that refused this often is out of the session. */
const declinesMax = 2;
/** A party that was restored after the intent was made refuses that intent for ever. */
const restored: ErrorCode = "party/restored";

export type Choice =
  | { readonly members: readonly Seat[] }
  /** A quorum would exist if these parties came. */
  | { readonly missing: readonly string[] }
  /** The parties that are there could sign if these pairs of theirs were made anew. */
  | { readonly wants: readonly Pair[] }
  /** No quorum exists among the parties that could come. */
  | { readonly impossible: "burned" | "declined"; readonly parties: readonly string[] };

export function chooseQuorum(plan: Plan, state: SessionState, world: World): Choice {
  const refused = plan.seats.filter(({ partyId }) => isOut(state.declines[partyId]));
  const willing = plan.seats.filter((seat) => !refused.includes(seat));
  const isPresent = (seat: Seat) => world.present.some((entry) => entry.partyId === seat.partyId);
  const absent = plan.seats.filter((seat) => !isPresent(seat)).map((seat) => seat.partyId);
  if (needsEveryone(plan)) {
    if (refused.length > 0) return { impossible: "declined", parties: refused.map((seat) => seat.partyId) };
    if (absent.length > 0) return { missing: absent };
    return { members: ascending(plan.seats) };
  }
  const burns = [...world.burns, ...standing(state.burned, world.pairs)];
  const forbidden = keysOf(burns);
  const there = willing.filter(isPresent);
  const members = search(plan, there, state, world, forbidden);
  if (members !== undefined) return { members: ascending(members) };
  // What is burned for good is worse than what can be made anew by itself.
  const burned = burns.filter((burn) => !isRenewable(burn));
  const renewed = search(plan, there, state, world, keysOf(burned));
  if (renewed !== undefined) return { wants: pairsOf(renewed).filter((pair) => forbidden.has(pairKey(pair))) };
  if (search(plan, willing, state, world, keysOf(burned)) !== undefined) return { missing: absent };
  return search(plan, willing, state, world, new Set()) === undefined
    ? { impossible: "declined", parties: refused.map((seat) => seat.partyId) }
    : { impossible: "burned", parties: burnedParties(plan, burned) };
}

const isOut = (decline: SessionState["declines"][string] | undefined): boolean =>
  decline !== undefined && (decline.times >= declinesMax || decline.code === restored);

const keysOf = (burns: readonly Burn[]): ReadonlySet<string> => new Set(burns.map(({ pair }) => pairKey(pair)));

/** The pairs of these members, ascending. */
function pairsOf(members: readonly Seat[]): readonly Pair[] {
  const indices = members.map(({ shareIndex }) => shareIndex).sort((a, b) => a - b);
  return indices.flatMap((low, at) => indices.slice(at + 1).map((high): Pair => [low, high]));
}

function search(plan: Plan, seats: readonly PlanSeat[], state: SessionState, world: World, forbidden: ReadonlySet<string>) {
  const isRequired = (seat: PlanSeat) => plan.required.includes(seat.partyId);
  if (plan.required.some((id) => !seats.some((seat) => seat.partyId === id))) return undefined;
  const { byParty, silent, byPair } = state.suspicion;
  const weightOf = (a: Seat, b: Seat) => byPair[pairKey(pairOf(a.shareIndex, b.shareIndex))] ?? 0;
  const doubts = (seat: PlanSeat) => plan.seats.reduce((sum, other) => sum + weightOf(seat, other), byParty[seat.partyId] ?? 0);
  const rank = (seat: PlanSeat) => [doubts(seat), loadOf(seat, world), plan.seats.indexOf(seat)];
  const rest = seats.filter((seat) => !isRequired(seat)).sort((a, b) => compare(rank(a), rank(b)));
  const fixed = seats.filter(isRequired);
  if (fixed.length > plan.threshold || !fixed.every((seat, at) => fits(seat, fixed.slice(0, at), forbidden))) return undefined;
  /** What `seat` adds to the blame within the quorum. */
  const costOf = (seat: Seat, picked: readonly Seat[]) =>
    picked.reduce((sum, other) => sum + weightOf(seat, other), silent[seat.partyId] ?? 0);
  const least = fixed.reduce((sum, seat, at) => sum + costOf(seat, fixed.slice(0, at)), 0);
  const most = [...Object.values(silent), ...Object.values(byPair)].reduce((sum, weight) => sum + weight, 0);
  // The blame allowed within the quorum rises until a quorum is found. It nearly always stays 0.
  for (let allowed = least; allowed <= most; allowed++) {
    const found = extend(fixed, rest, 0, plan.threshold, allowed - least, (picked, seat) =>
      fits(seat, picked, forbidden) ? costOf(seat, picked) : Number.POSITIVE_INFINITY,
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * The first quorum in the order of `rest` that costs no more than `allowed`. Undefined when there
 * is none.
 */
function extend(
  picked: readonly Seat[],
  rest: readonly Seat[],
  from: number,
  size: number,
  allowed: number,
  costOf: (picked: readonly Seat[], seat: Seat) => number,
): readonly Seat[] | undefined {
  if (picked.length === size) return picked;
  for (let at = from; rest.length - at >= size - picked.length; at++) {
    const seat = rest[at]!;
    const left = allowed - costOf(picked, seat);
    const found = left >= 0 ? extend([...picked, seat], rest, at + 1, size, left, costOf) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

function fits(seat: Seat, picked: readonly Seat[], forbidden: ReadonlySet<string>): boolean {
  return picked.every((other) => !forbidden.has(pairKey(pairOf(seat.shareIndex, other.shareIndex))));
}

function loadOf(seat: Seat, world: World): number {
  const loads = world.present.filter((entry) => entry.partyId === seat.partyId).map((entry) => entry.load);
  return loads.length === 0 ? 0 : Math.floor(Math.min(...loads) / loadStep);
}

function burnedParties(plan: Plan, burns: readonly Burn[]): readonly string[] {
  return plan.seats.filter((seat) => burns.some(({ pair }) => pair.includes(seat.shareIndex))).map((seat) => seat.partyId);
}

function ascending(seats: readonly Seat[]): readonly Seat[] {
  return seats.map(({ partyId, shareIndex }) => ({ partyId, shareIndex })).sort((a, b) => a.shareIndex - b.shareIndex);
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at < 0 ? 0 : a[at]! - b[at]!;
}
