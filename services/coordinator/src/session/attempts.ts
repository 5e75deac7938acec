// How attempts begin and end. The coordinator alone decides it, once for each attempt
// (ARCHITECTURE.md, "A signature, end to end").
import { codes } from "@covault/errors";
import { kinds } from "@covault/trust";
import type { World } from "./commands.ts";
import { type EventData, type Pair, pairKey, type SessionEvent } from "./events.ts";
import { evolve } from "./evolve.ts";
import { isDevice, isPatient, isStored, needsEveryone } from "./plan.ts";
import { type Choice, chooseQuorum } from "./quorum.ts";
import { type Attempt, inFlight, type SessionState } from "./state.ts";
import { isOfCommit } from "./suspicion.ts";

/** Gives the events so far, and what follows from the state after them. */
export function followedBy(
  state: SessionState,
  world: World,
  events: readonly SessionEvent[],
  next: (state: SessionState) => SessionEvent[],
) {
  const after = events.reduce((before, event) => evolve(before, { ...event, atMs: world.nowMs }), state);
  return [...events, ...next(after)];
}

/**
 * The number of the last attempt, without those that ended for a commit (dkls23-spec 9: a new
 * attempt under the same intent at once).
 */
function countedAttempts({ attempt, ofCommit }: SessionState, { limits }: World): number {
  return (attempt?.attempt ?? 0) - Math.min(ofCommit, limits.ofCommitMax);
}

/** Starts the next attempt, or ends the session, or waits. */
export function seekAttempt(state: SessionState, world: World): SessionEvent[] {
  const { plan } = state;
  if (plan === undefined || state.status !== "open") return [];
  if (world.nowMs >= plan.expiresAtMs) return [expired(state)];
  const attemptsMax = kinds[plan.kind].ends === "pair" ? world.limits.renewalsMax : world.limits.attemptsMax;
  if (countedAttempts(state, world) >= attemptsMax) return [exhausted(state)];
  if (world.nowMs < state.retryAtMs) return [];
  if (world.newer !== undefined && "code" in world.newer) return [failure(world.newer.code, world.newer.message, [])];
  const terms = world.newer?.terms;
  if (terms !== undefined && plan.key !== undefined && terms.key.epoch !== plan.key.epoch) {
    const advanced: SessionEvent = { type: "KeyAdvanced", data: { ...terms, former: plan.key.epoch } };
    return followedBy(state, world, [advanced], (after) => seekAttempt(after, world));
  }
  const choice = chooseQuorum(plan, state, world);
  if ("members" in choice) {
    const attempt = (state.attempt?.attempt ?? 0) + 1;
    const pairs = world.pairs.length === 0 || plan.key === undefined ? {} : { pairs: world.pairs };
    return [{ type: "AttemptStarted", data: { attempt, rid: world.rid, members: choice.members, ...pairs } }];
  }
  if ("wants" in choice) {
    const isNews = choice.wants.map(pairKey).join() !== state.wanted.map(pairKey).join();
    return isNews ? [{ type: "PairsWanted", data: { pairs: choice.wants } }] : [];
  }
  if ("impossible" in choice) return [impossible(choice, state)];
  // Who is missing now is given time again.
  if (state.wanted.length > 0) return [{ type: "PairsWanted", data: { pairs: [] } }];
  const graceOver = world.nowMs - state.waitingSinceMs >= world.limits.graceMs;
  // A further epoch keeps its holders and waits for them, since the key signs on meanwhile. People
  // come when they come, so devices that nobody can stand in for are waited for as well.
  const indispensable = choice.missing.filter((id) => needsEveryone(plan) || plan.required.includes(id));
  const patient = isPatient(plan) || (indispensable.some(isDevice) && indispensable.every(isDevice));
  return graceOver && !patient ? [missing(choice.missing)] : [];
}

interface Blame {
  /** Party ids, as in AttemptFailed. */
  readonly silent?: readonly string[];
  readonly disputes?: readonly Pair[];
  /** A certificate is shown to a member that lacked it. */
  readonly isShown?: boolean;
  /** Since when the attempt has waited for the silent members already. */
  readonly waitedSinceMs?: number;
}

/**
 * The pause in which a party shows certificates. A party that has a higher epoch shows its
 * certificate beside its refusal, in the name of the session that made it, and either may arrive
 * first. A party that lacks certificates asks for them beside its refusal.
 */
const showMs = 200;

/**
 * The pause before the attempt after this one. A fault that stays must not spin. The eight attempts
 * of a further epoch should outlast a member that comes and goes, since the key signs on meanwhile.
 */
function pauseAfter(attempt: number, { plan }: SessionState): number {
  if (attempt === 1) return 0;
  const doubled = 2 ** (attempt - 1);
  return plan === undefined || !isPatient(plan) ? Math.min(2_000, 100 * doubled) : Math.min(60_000, 1_000 * doubled);
}

/** Ends the attempt in flight and seeks the next. */
export function failAttempt(state: SessionState, world: World, code: string, blame: Blame = {}): SessionEvent[] {
  const { silent = [], disputes = [], waitedSinceMs = world.nowMs } = blame;
  const running = inFlight(state);
  if (running === undefined) return [];
  const againMs = pauseAfter(isOfCommit(code) ? running.attempt : countedAttempts(state, world), state);
  // What ended for a commit goes on with the higher epoch as soon as that is known here.
  // The receiver of a repair is asked whether it has its share meanwhile.
  const isShown = blame.isShown === true || (isOfCommit(code) ? world.newer === undefined : state.plan?.receiver !== undefined);
  const pauseMs = isShown ? Math.max(againMs, showMs) : isOfCommit(code) ? 0 : againMs;
  const event: SessionEvent = {
    type: "AttemptFailed",
    data: { attempt: running.attempt, code, silent, disputes, retryAtMs: world.nowMs + pauseMs },
  };
  const gone = goneMembers(running, state, world);
  return followedBy(state, world, [event], (after) => {
    if (hasAcks(after))
      return [{ type: after.plan === undefined || !isPatient(after.plan) ? "SessionFailed" : "Staged", data: halfDone(after, code, gone) }];
    const quarrel = hopeless(after, code);
    return quarrel === undefined ? seekAttempt({ ...after, waitingSinceMs: waitedSinceMs }, world) : [quarrel];
  });
}

const pairsToldMax = 4;

/**
 * Where nobody can be replaced, a member that was one side of a dispute in two attempts will be one
 * in the third.
 */
function hopeless(state: SessionState, code: string): SessionEvent | undefined {
  if (state.plan === undefined || !needsEveryone(state.plan)) return undefined;
  const { seats } = state.plan;
  const twice = seats.filter((seat) => (state.disputed[seat.shareIndex] ?? 0) >= 2).map((seat) => seat.partyId);
  if (twice.length === 0) return undefined;
  const isDisputed = (a: number, b: number) => state.suspicion.byPair[pairKey([a, b])] !== undefined;
  const pairs = seats.flatMap((a, at) =>
    seats.slice(at + 1).flatMap((b) => (isDisputed(a.shareIndex, b.shareIndex) ? [`${a.partyId} and ${b.partyId}`] : [])),
  );
  const more = pairs.length > pairsToldMax ? ` and ${pairs.length - pairsToldMax} more pairs` : "";
  const message = `Attempts failed twice (${code}) between ${pairs.slice(0, pairsToldMax).join(", ")}${more}: one of each pair, or the way between them, is at fault, and nobody can be left out.`;
  return failure(code in codes ? code : "coordinator/no-progress", message, twice);
}

/**
 * Says whether a member has acknowledged. Its share is staged and its intent used, and it can join
 * no other attempt.
 */
function hasAcks(state: SessionState): boolean {
  return Object.keys(state.acks).length > 0;
}

/**
 * The time for an attempt with so many members. Work and messages grow with them, so each member
 * beyond three adds a tenth.
 */
function timeFor(attempt: Attempt, ms: number): number {
  return Math.round(ms * (1 + Math.max(0, attempt.members.length - 3) / 10));
}

/** When the attempt dies unless something is applied before, in milliseconds since 1970. */
export function attemptDeadlineMs(attempt: Attempt, state: SessionState, limits: World["limits"]): number {
  const inMemory = state.plan !== undefined && !isStored(state.plan);
  const latest = attempt.startedAtMs + timeFor(attempt, inMemory ? limits.signAttemptMs : limits.storedAttemptMs);
  const within = (ms: number) => Math.min(attempt.progressAtMs + timeFor(attempt, ms), latest);
  if (!attempt.ready) return within(limits.joinMs);
  if (inMemory) return within(limits.signProgressMs);
  // No other attempt can follow, so a member that restarts meanwhile gets the time to resume.
  return hasAcks(state) ? latest : within(limits.storedProgressMs);
}

/** When the attempt dies if a member that it still needs is gone, in milliseconds since 1970. */
export function goneDeadlineMs(attempt: Attempt, limits: World["limits"]): number {
  return attempt.progressAtMs + goneMs(attempt, limits);
}

function goneMs(attempt: Attempt, limits: World["limits"]): number {
  return attempt.ready ? limits.storedGoneMs : timeFor(attempt, limits.joinMs);
}

/**
 * The members that the attempt cannot do without and that have had no instance connected for long.
 * A signature is made sooner with another quorum.
 */
export function goneMembers(attempt: Attempt, state: SessionState, world: World): readonly string[] {
  const isGone = (id: string) => {
    const sinceMs = world.absentSinceMs.get(id);
    return !isPresent(id, world) && sinceMs !== undefined && world.nowMs - sinceMs >= world.limits.absentMs;
  };
  return neededMembers(attempt, state, world).filter(isGone);
}

/**
 * The members whose joined instance is gone before it stored anything. Their party is connected,
 * but no other instance of it can go on.
 */
export function stranded(attempt: Attempt, state: SessionState, world: World): readonly string[] {
  if (!attempt.ready) return [];
  return neededMembers(attempt, state, world).filter((id) => {
    const member = attempt.states[id];
    const isThere = world.present.some((entry) => entry.partyId === id && entry.instanceId === member?.instanceId);
    return member?.state === "joined" && !isThere && isPresent(id, world);
  });
}

function neededMembers(attempt: Attempt, state: SessionState, world: World): readonly string[] {
  if (state.plan === undefined || !needsEveryone(state.plan)) return [];
  // Nobody at all is present: presence itself was away, or has lost everything. Members that are
  // gone then cost the attempt by lack of progress.
  if (world.present.length === 0) return [];
  return attempt.members.filter((seat) => attempt.states[seat.partyId]?.state !== "acknowledged").map((seat) => seat.partyId);
}

function isPresent(partyId: string, world: World): boolean {
  return world.present.some((entry) => entry.partyId === partyId);
}

/**
 * The end of a staged session. A higher epoch has passed it by, or its time is over. A certificate
 * that comes after that still counts (dkls23-spec 7, rule 4).
 */
export function endStaged(state: SessionState, world: World): SessionEvent[] {
  if (state.plan === undefined) return [];
  if (world.newer !== undefined && "code" in world.newer) return [failure(world.newer.code, world.newer.message, [])];
  if (world.nowMs < state.plan.expiresAtMs) return [];
  const { message = "", parties = [] } = state.doubt ?? {};
  return [failure("coordinator/expired", `The intent expired before the session was done. ${message}`, parties)];
}

export function expired(state: SessionState): SessionEvent {
  const because = state.lastCode === undefined ? "" : ` The last attempt failed with ${state.lastCode}.`;
  const wanted = state.wanted.map(([low, high]) => `${nameOf(state, low)} and ${nameOf(state, high)}`).join(", ");
  const waited = wanted === "" ? "" : ` It waited for the renewal of the pair of ${wanted}.`;
  return failure("coordinator/expired", `The intent expired before the session was done.${because}${waited}`, []);
}

const nameOf = ({ plan }: SessionState, index: number): string =>
  plan?.seats.find(({ shareIndex }) => shareIndex === index)?.partyId ?? `share ${index}`;

function exhausted(state: SessionState): SessionEvent {
  const count = state.attempt?.attempt ?? 0;
  return failure("coordinator/attempts-exhausted", `All ${count} attempts failed, the last one with ${state.lastCode}.`, []);
}

/**
 * A member may acknowledge what the others never made. So only members that this coordinator itself
 * does not see are named.
 */
function halfDone(state: SessionState, code: string, gone: readonly string[]): EventData["SessionFailed"] {
  const states = state.attempt?.states ?? {};
  const [done, late] = [true, false].map((is) => Object.keys(states).filter((id) => (states[id]?.state === "acknowledged") === is));
  const message = `The attempt failed (${code}) when ${done?.join(", ")} had acknowledged and ${late?.join(", ")} had not: there is no certificate. Either side may be at fault.`;
  return { code: code in codes ? code : "coordinator/no-progress", message, parties: gone };
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
