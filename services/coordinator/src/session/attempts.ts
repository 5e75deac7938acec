// How attempts begin and end: one decision per attempt, by the coordinator alone (ARCHITECTURE.md, "A signature, end to end").
import { codes } from "@covault/errors";
import type { World } from "./commands.ts";
import type { SessionEvent } from "./events.ts";
import { evolve } from "./evolve.ts";
import { isDevice, needsEveryone } from "./plan.ts";
import { type Choice, chooseQuorum } from "./quorum.ts";
import { type Attempt, inFlight, type SessionState } from "./state.ts";

/** The events so far and what follows from the state after them. */
export function followedBy(
  state: SessionState,
  world: World,
  events: readonly SessionEvent[],
  next: (state: SessionState) => SessionEvent[],
) {
  const after = events.reduce((before, event) => evolve(before, { ...event, atMs: world.nowMs }), state);
  return [...events, ...next(after)];
}

/** Starts the next attempt, or ends the session, or waits. */
export function seekAttempt(state: SessionState, world: World): SessionEvent[] {
  const { plan } = state;
  if (plan === undefined || state.status !== "open") return [];
  if (world.nowMs >= plan.expiresAtMs) return [expired(state)];
  if ((state.attempt?.attempt ?? 0) >= world.limits.attemptsMax) return [exhausted(state)];
  if (world.nowMs < state.retryAtMs) return [];
  const choice = chooseQuorum(plan, state, world);
  if ("members" in choice) {
    const attempt = (state.attempt?.attempt ?? 0) + 1;
    return [{ type: "AttemptStarted", data: { attempt, rid: world.rid, members: choice.members } }];
  }
  if ("impossible" in choice) return [impossible(choice, state)];
  const graceOver = world.nowMs - state.waitingSinceMs >= world.limits.graceMs;
  // Only devices are missing that nobody can stand in for: people come when they come, until the intent expires.
  const indispensable = choice.missing.filter((id) => needsEveryone(plan) || plan.required.includes(id));
  const patient = indispensable.some(isDevice) && indispensable.every(isDevice);
  return graceOver && !patient ? [missing(choice.missing)] : [];
}

/** Ends the attempt in flight and seeks the next. `waitedSinceMs`: since when it has waited for the silent ones already. */
export function failAttempt(
  state: SessionState,
  world: World,
  code: string,
  silent: readonly string[] = [],
  waitedSinceMs = world.nowMs,
): SessionEvent[] {
  const running = inFlight(state);
  if (running === undefined) return [];
  // The second attempt starts at once, later ones wait a little: a fault that stays must not spin.
  const pauseMs = running.attempt === 1 ? 0 : Math.min(2_000, 100 * 2 ** (running.attempt - 1));
  const event: SessionEvent = {
    type: "AttemptFailed",
    data: { attempt: running.attempt, code, silent, retryAtMs: world.nowMs + pauseMs },
  };
  return followedBy(state, world, [event], (after) =>
    hasAcks(after) ? [halfDone(after, code)] : seekAttempt({ ...after, waitingSinceMs: waitedSinceMs }, world),
  );
}

/** Somebody has acknowledged: its share is staged, its intent used, and it can join no other attempt. */
function hasAcks(state: SessionState): boolean {
  return Object.keys(state.acks).length > 0;
}

/** When the attempt dies unless something is applied before, milliseconds since 1970. */
export function attemptDeadlineMs(attempt: Attempt, state: SessionState, limits: World["limits"]): number {
  if (!attempt.ready) return attempt.progressAtMs + limits.joinMs;
  if (state.plan?.kind === "sign") return attempt.progressAtMs + limits.signProgressMs;
  const latest = attempt.startedAtMs + limits.storedAttemptMs;
  // No other attempt can follow: who restarts meanwhile gets the time to resume.
  return hasAcks(state) ? latest : Math.min(attempt.progressAtMs + limits.storedProgressMs, latest);
}

/** When the attempt dies if a member that it still needs is gone, milliseconds since 1970. */
export function goneDeadlineMs(attempt: Attempt, limits: World["limits"]): number {
  return attempt.progressAtMs + (attempt.ready ? limits.storedGoneMs : limits.joinMs);
}

/** Members that the attempt cannot do without and that have no instance connected. Signing is sooner done with another quorum. */
export function goneMembers(attempt: Attempt, state: SessionState, world: World): readonly string[] {
  if (state.plan === undefined || !needsEveryone(state.plan)) return [];
  // What this coordinator has seen of presence since its own start must have been long enough to call anybody gone.
  if (world.nowMs - world.upSinceMs < world.limits.storedGoneMs) return [];
  // Nobody at all: presence itself was away, or has lost everything. Members that are gone cost the attempt by lack of progress then.
  if (world.present.length === 0) return [];
  const needed = attempt.members.filter((seat) => attempt.states[seat.partyId]?.state !== "acknowledged").map((seat) => seat.partyId);
  return needed.filter((id) => !world.present.some((entry) => entry.partyId === id));
}

/** Members whom the others waited for; nobody if all are equally far. */
export function silentMembers(attempt: Attempt): readonly string[] {
  const reach = (partyId: string) => {
    const member = attempt.states[partyId];
    return member === undefined || member.state === "invited" ? -1 : member.state === "acknowledged" ? 1_000 : member.round;
  };
  const ids = attempt.members.map((seat) => seat.partyId);
  const least = Math.min(...ids.map(reach));
  const behind = ids.filter((id) => reach(id) === least);
  return behind.length === ids.length && least >= 0 ? [] : behind;
}

export function expired(state: SessionState): SessionEvent {
  const because = state.lastCode === undefined ? "" : ` The last attempt failed with ${state.lastCode}.`;
  return failure("coordinator/expired", `The intent expired before the session was done.${because}`, []);
}

function exhausted(state: SessionState): SessionEvent {
  const count = state.attempt?.attempt ?? 0;
  return failure("coordinator/attempts-exhausted", `All ${count} attempts failed, the last one with ${state.lastCode}.`, []);
}

function halfDone(state: SessionState, code: string): SessionEvent {
  const states = state.attempt?.states ?? {};
  const late = Object.keys(states).filter((id) => states[id]?.state !== "acknowledged");
  const message = `The attempt failed (${code}) after some members had acknowledged; without the word of ${late.join(", ")} there is no certificate.`;
  return failure(code in codes ? code : "coordinator/no-progress", message, late);
}

function missing(parties: readonly string[]): SessionEvent {
  const verb = parties.length === 1 ? "is" : "are";
  return failure("coordinator/parties-missing", `Too few parties are connected: ${parties.join(", ")} ${verb} absent.`, parties);
}

function impossible(choice: Extract<Choice, { impossible: string }>, state: SessionState): SessionEvent {
  if (choice.impossible === "burned")
    return failure(
      "coordinator/no-quorum",
      `Every quorum of this key holds a pair that is burned or lost (${choice.parties.join(", ")}).`,
      choice.parties,
    );
  const said = choice.parties.map((id) => state.declines[id]).find((decline) => decline !== undefined);
  const code = said !== undefined && said.code in codes ? said.code : "coordinator/declined";
  return failure(code, `${choice.parties.join(", ")} refused: ${said?.message || said?.code || "no reason given"}`, choice.parties);
}

function failure(code: string, message: string, parties: readonly string[]): SessionEvent {
  return { type: "SessionFailed", data: { code, message, parties } };
}
