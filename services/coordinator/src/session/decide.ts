// `decide` gives the events that follow from a command, and none if it changes nothing. It is pure.
// SPEC.md names every rule.
import { CovaultError, codes, type ErrorCode } from "@covault/errors";
import { kinds } from "@covault/trust";
import {
  attemptDeadlineMs,
  endStaged,
  expired,
  failAttempt,
  followedBy,
  goneDeadlineMs,
  goneMembers,
  seekAttempt,
  stranded,
} from "./attempts.ts";
import { pairIdOf } from "./burns.ts";
import type { Command, CommandData, World } from "./commands.ts";
import { type NamedPair, type Pair, pairKey, pairOf, type SessionEvent } from "./events.ts";
import { isStored, type Seat } from "./plan.ts";
import { type Attempt, inFlight, isTerminal, type MemberState, type SessionState } from "./state.ts";
import { disputesOf, isOfCommit, silentMembers } from "./suspicion.ts";

/**
 * A holder acknowledges once per attempt. More acknowledgements are a liar's, and would fill the
 * stream.
 */
const acksMax = 8;
/** A round number above this is refused, because no protocol has as many rounds. */
const roundsMax = 32;

export function decide(command: Command, state: SessionState, world: World): SessionEvent[] {
  switch (command.type) {
    case "Open":
      return open(command.data, state, world);
    case "Join":
      return join(command.data, state, world);
    case "Decline":
      return decline(command.data, state, world);
    case "Progress":
      return progress(command.data, state);
    case "Wait":
      return wait(command.data, state);
    case "Abort":
      return abort(command.data, state, world);
    case "Report":
      return report(command.data, state);
    case "Acknowledge":
      return acknowledge(command.data, state);
    case "Commit":
      return commit(command.data.certificate, state);
    case "CommitPair":
      return commitPair(command.data.pair, state);
    case "Repair":
      return repair(command.data, state);
    case "Abandon":
      return abandon(command.data, state);
    case "Stop":
      return stop(command.data, state);
    case "Tick":
      return tick(state, world);
    case "Resume":
      return resume(state, world);
  }
}

/** The member that speaks, if its attempt is the one in flight. */
function hear(state: SessionState, said: { readonly partyId: string; readonly attempt: number }) {
  const attempt = inFlight(state);
  if (attempt === undefined || attempt.attempt !== said.attempt) return undefined;
  const seat = attempt.members.find((member) => member.partyId === said.partyId);
  const member = attempt.states[said.partyId];
  return seat === undefined || member === undefined ? undefined : { attempt, seat, member };
}

function open(data: CommandData["Open"], state: SessionState, world: World): SessionEvent[] {
  if (state.plan !== undefined) {
    if (state.intent === data.intent) return [];
    throw new CovaultError("coordinator/session-exists", `Session ${data.plan.sessionId} was opened with another intent.`);
  }
  const isAborted = state.isAborted && !kinds[data.plan.kind].abandonable;
  return followedBy(state, world, [{ type: "SessionOpened", data }], (after) => (isAborted ? [aborted()] : seekAttempt(after, world)));
}

function join(data: CommandData["Join"], state: SessionState, world: World): SessionEvent[] {
  const heard = hear(state, data);
  if (heard === undefined || state.plan === undefined) return [];
  const { attempt, seat, member } = heard;
  if (member.state === "declined" || member.state === "aborted") return [];
  if (attempt.ready) {
    const resumes = isStored(state.plan) && member.fresh === data.fresh && member.instanceId !== data.instanceId;
    return resumes ? [{ type: "Moved", data: { attempt: data.attempt, ...seat, instanceId: data.instanceId } }] : [];
  }
  if (member.join === data.join) return [];
  const { instanceId, join, fresh } = data;
  const joined: SessionEvent = { type: "Joined", data: { attempt: data.attempt, ...seat, instanceId, join, fresh } };
  // No member would start, and another quorum may do without this pair. Either end may be wrong,
  // and nothing was sent that could burn the pair.
  const disputes = partnersOf(attempt, seat, data.strangers ?? []).map((index): Pair => pairOf(seat.shareIndex, index));
  if (disputes.length > 0)
    return followedBy(state, world, [joined], (after) =>
      failAttempt(after, world, "party/pair-mismatch" satisfies ErrorCode, { disputes }),
    );
  const others = attempt.members.filter((other) => other.partyId !== seat.partyId);
  const complete = others.every((other) => attempt.states[other.partyId]?.state === "joined");
  return complete ? [joined, { type: "AttemptReady", data: { attempt: data.attempt } }] : [joined];
}

function decline(data: CommandData["Decline"], state: SessionState, world: World): SessionEvent[] {
  const heard = hear(state, data);
  if (heard === undefined) return [];
  const { attempt, code, message } = data;
  const partners = partnersOf(heard.attempt, heard.seat, data.burned);
  // A restored party has lost its pairs with everybody, and not only with the members of this
  // attempt. It says so of itself, under its signature.
  const lost = code === ("party/pairs-missing" satisfies ErrorCode) && partners.length > 0;
  const known = heard.attempt.pairs ?? [];
  const pairWith = (index: number): Pair => pairOf(heard.seat.shareIndex, index);
  // A pair that was made anew since is lost only when the party names it. And one that names only
  // such pairs may have lost none.
  const further =
    lost && partners.some((index) => pairIdOf(known, pairWith(index)) === "")
      ? othersOf(state, heard.seat).filter((index) => pairIdOf(known, pairWith(index)) === "")
      : [];
  const lacking = [...new Set([...partners, ...further])].sort((a, b) => a - b).map(pairWith);
  const unheard = lost ? unheardOf(state, known, lacking) : [];
  const burned = lacking.filter((pair) => !unheard.some((one) => pairKey(one.pair) === pairKey(pair)));
  const final = lacking.length === 0 && !passes(code);
  const said = { attempt, ...heard.seat, code, message, burned, ...idsOf(heard.attempt, burned), final };
  const event: SessionEvent = { type: "Declined", data: unheard.length > 0 ? { ...said, unheard } : said };
  return followedBy(state, world, [event], (after) => failAttempt(after, world, code, { isShown: unheard.length > 0 }));
}

/**
 * The certified ones of the pairs that a member lacks, the first time that it says so in a session.
 * Their certificates may be on the way to it still.
 */
function unheardOf(state: SessionState, known: readonly NamedPair[], lacking: readonly Pair[]): readonly NamedPair[] {
  return lacking
    .map((pair) => ({ pair, pairId: pairIdOf(known, pair) }))
    .filter(({ pairId }) => pairId !== "" && !state.unheard.includes(pairId));
}

/** The ids of these pairs as a burn names them, where one of them was made anew. */
function idsOf({ pairs = [] }: Attempt, burned: readonly Pair[]): { readonly pairIds?: readonly string[] } {
  const pairIds = burned.map((pair) => pairIdOf(pairs, pair));
  return pairIds.some((id) => id !== "") ? { pairIds } : {};
}

function othersOf(state: SessionState, seat: Seat): readonly number[] {
  return (state.plan?.seats ?? []).map(({ shareIndex }) => shareIndex).filter((index) => index !== seat.shareIndex);
}

/**
 * Says whether a refusal may be another one in a moment. The share may be staged and about to
 * commit, or the party busy.
 */
function passes(code: string): boolean {
  return code === "party/unknown-share" || isOfCommit(code) || (code in codes && codes[code as ErrorCode].kind === "io");
}

function progress(data: CommandData["Progress"], state: SessionState): SessionEvent[] {
  const heard = hear(state, data);
  if (heard === undefined || !heard.attempt.ready || heard.member.state === "acknowledged") return [];
  if (data.round <= heard.member.round || data.round > roundsMax) return [];
  return [{ type: "Progressed", data: { attempt: data.attempt, ...heard.seat, round: data.round } }];
}

function wait(data: CommandData["Wait"], state: SessionState): SessionEvent[] {
  const heard = hear(state, data);
  if (heard === undefined || !heard.attempt.ready || heard.member.state === "acknowledged") return [];
  const { round } = data;
  const missing = partnersOf(heard.attempt, heard.seat, data.missing);
  const before = heard.member.waits;
  // A member says little of one round. Later it can only wait for fewer members.
  const isNews = before === undefined || round > before.round || (round === before.round && missing.length < before.missing.length);
  if (!isNews || missing.length === 0 || round < 1 || round > roundsMax) return [];
  return [{ type: "Waited", data: { attempt: data.attempt, ...heard.seat, round, missing } }];
}

function abort(data: CommandData["Abort"], state: SessionState, world: World): SessionEvent[] {
  const heard = hear(state, data);
  if (heard === undefined) return [];
  const { attempt, round, code, consequence } = data;
  const culprits = partnersOf(heard.attempt, heard.seat, data.culprits);
  const burned = consequence === "burn" ? culprits.map((index) => pairOf(heard.seat.shareIndex, index)) : [];
  const ids = idsOf(heard.attempt, burned);
  const event: SessionEvent = { type: "Aborted", data: { attempt, ...heard.seat, round, code, culprits, consequence, burned, ...ids } };
  const disputes = culprits.map((index): Pair => pairOf(heard.seat.shareIndex, index));
  return followedBy(state, world, [event], (after) => failAttempt(after, world, code, { disputes }));
}

function report(data: CommandData["Report"], state: SessionState): SessionEvent[] {
  if (state.plan === undefined || kinds[state.plan.kind].ends !== "signature" || isTerminal(state)) return [];
  const { attempt, partyId, signature } = data;
  if (data.verified) {
    // The signature counts for any attempt: a dead one, or one that this stream lost when its
    // database was restored. It exists, and another attempt would make a second one.
    const isSeated = state.plan.seats.some((seat) => seat.partyId === partyId);
    return isSeated ? [{ type: "Completed", data: { attempt, signature } }] : [];
  }
  const heard = hear(state, data);
  return heard === undefined || heard.member.lied === true ? [] : [{ type: "ResultRefused", data: { attempt, ...heard.seat } }];
}

function acknowledge(data: CommandData["Acknowledge"], state: SessionState): SessionEvent[] {
  const { partyId, shareIndex, material, ack } = data;
  const isAsked = [...(state.plan?.ackers ?? []), ...(state.plan?.leaving ?? [])].includes(shareIndex);
  if (!isAsked || state.certificate !== undefined || state.pairCertificate !== undefined || isOver(state)) return [];
  const seat = state.plan?.seats.find((member) => member.shareIndex === shareIndex);
  if (seat?.partyId !== partyId) return [];
  const repeated = state.acks[material]?.[shareIndex] !== undefined;
  if (!repeated && Object.values(state.acks).filter((said) => said[shareIndex] !== undefined).length >= acksMax) return [];
  const heard: SessionEvent[] = repeated ? [] : [{ type: "Acknowledged", data: { partyId, shareIndex, material, ack } }];
  if (data.refused !== undefined) return [...heard, { type: "SessionFailed", data: { ...data.refused, parties: [] } }];
  if (data.pair !== undefined) return [...heard, ...commitPair(data.pair, state)];
  return data.certificate === undefined ? heard : [...heard, ...commit(data.certificate, state)];
}

function commit(certificate: CommandData["Commit"]["certificate"], state: SessionState): SessionEvent[] {
  if (state.certificate !== undefined || isOver(state) || state.plan === undefined) return [];
  if (kinds[state.plan.kind].ends !== "epoch") return [];
  return [
    { type: "Committed", data: certificate },
    { type: "Completed", data: { attempt: state.attempt?.attempt ?? 0 } },
  ];
}

/** A pair certificate counts also after the session's end, as that of an epoch does. */
function commitPair(pair: CommandData["CommitPair"]["pair"], state: SessionState): SessionEvent[] {
  if (state.pairCertificate !== undefined || state.plan === undefined || kinds[state.plan.kind].ends !== "pair") return [];
  return [
    { type: "PairCommitted", data: pair },
    { type: "Completed", data: { attempt: state.attempt?.attempt ?? 0 } },
  ];
}

/**
 * The receiver's word counts for any attempt. The share is there, and no other attempt could bring
 * it.
 */
function repair({ attempt, holding }: CommandData["Repair"], state: SessionState): SessionEvent[] {
  if (isTerminal(state) || state.plan === undefined || kinds[state.plan.kind].ends !== "share") return [];
  return [
    { type: "Repaired", data: { holding } },
    { type: "Completed", data: { attempt } },
  ];
}

function stop({ sessionId }: CommandData["Stop"], state: SessionState): SessionEvent[] {
  // Whoever opens it may be on the way.
  if (state.plan === undefined) return state.isAborted ? [] : [{ type: "AbortAsked", data: { sessionId } }];
  if (kinds[state.plan.kind].abandonable)
    throw new CovaultError("coordinator/not-abortable", `A ${state.plan.kind} is abandoned by its initiator's statement, and not aborted.`);
  return isTerminal(state) ? [] : [aborted()];
}

function aborted(): SessionEvent {
  const code: ErrorCode = "coordinator/aborted";
  return { type: "SessionFailed", data: { code, message: "A caller aborted the session.", parties: [] } };
}

/**
 * No certificate counts any more. The initiator gives a failed keygen up, and its account never
 * gets the key (docs/decisions/0024).
 */
function isOver(state: SessionState): boolean {
  return state.abandonment !== undefined || (state.plan !== undefined && kinds[state.plan.kind].abandonable && state.status === "failed");
}

function abandon(data: CommandData["Abandon"], state: SessionState): SessionEvent[] {
  if (state.plan === undefined) throw new CovaultError("coordinator/unknown-session", "There is no such session to abandon.");
  if (!kinds[state.plan.kind].abandonable)
    throw new CovaultError("coordinator/not-abandonable", `Only a keygen can be abandoned; this session is a ${state.plan.kind}.`);
  if (state.certificate !== undefined)
    throw new CovaultError(
      "coordinator/already-committed",
      "All members have acknowledged: the certificate stands and no abandonment counts.",
    );
  if (state.abandonment !== undefined) return [];
  const abandoned: SessionEvent = { type: "Abandoned", data: { abandonment: data.abandonment } };
  const failure = { code: "coordinator/abandoned", message: "The initiator abandoned the session.", parties: [] };
  return isTerminal(state) ? [abandoned] : [abandoned, { type: "SessionFailed", data: failure }];
}

function tick(state: SessionState, world: World): SessionEvent[] {
  if (state.plan === undefined || isTerminal(state)) return [];
  const attempt = inFlight(state);
  if (state.status === "staged") return endStaged(state, world);
  if (attempt === undefined) return seekAttempt(state, world);
  if (world.nowMs >= state.plan.expiresAtMs) return [expired(state)];
  if (world.nowMs >= goneDeadlineMs(attempt, world.limits)) {
    const gone = goneMembers(attempt, state, world);
    if (gone.length > 0)
      return failAttempt(state, world, "coordinator/parties-missing", { silent: gone, waitedSinceMs: attempt.progressAtMs });
    const without = stranded(attempt, state, world);
    if (without.length > 0) return failAttempt(state, world, "coordinator/restarted", { silent: without });
  }
  if (world.nowMs < attemptDeadlineMs(attempt, state, world.limits)) return [];
  return failAttempt(state, world, "coordinator/no-progress", { silent: silentMembers(attempt), disputes: disputesOf(attempt) });
}

function resume(state: SessionState, world: World): SessionEvent[] {
  const attempt = inFlight(state);
  if (attempt === undefined || state.plan === undefined || isStored(state.plan)) return tick(state, world);
  const isGone = (member: MemberState) =>
    member.instanceId !== "" && !world.present.some((entry) => entry.instanceId === member.instanceId);
  // The state of a signature lives in memory only. Where the instance is gone, the attempt is gone.
  return Object.values(attempt.states).some(isGone) ? failAttempt(state, world, "coordinator/restarted") : tick(state, world);
}

/**
 * The share indices of other members of the attempt, each once, ascending. Nobody else can be
 * accused.
 */
function partnersOf(attempt: Attempt, seat: Seat, indices: readonly number[]): readonly number[] {
  const partners = attempt.members.map((member) => member.shareIndex).filter((index) => index !== seat.shareIndex);
  return partners.filter((index) => indices.includes(index));
}
