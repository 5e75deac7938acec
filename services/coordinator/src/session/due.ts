// When a session next wants a Tick. The function is pure. The time is stored beside the session, so
// that any replica can find what is due.
import { attemptDeadlineMs, goneDeadlineMs } from "./attempts.ts";
import type { Limits } from "./commands.ts";
import { isPatient } from "./plan.ts";
import { inFlight, isTerminal, type SessionState } from "./state.ts";

/** While a quorum is wanted, presence is looked at this often. */
const seekMs = 250;
/** The same while all members of a further epoch are wanted, which may take until it expires. */
const continuingSeekMs = 1_000;
/** While members are awaited, what they were sent is sent again this often. */
const nudgeMs = 1_000;
/**
 * The interval for sessions in which nothing was applied for so long that a member may be gone.
 * Each coordinator may find it so at another time, so their turns come sooner.
 */
const goneEveryMs = 500;
/**
 * Nothing is due later than this from now on. A time that seems to be was written before the clock
 * that it is compared with was set back.
 */
export const dueInMsMax = 60_000;

/**
 * When the session is due, in milliseconds from now on, or undefined for never. `nowMs` is the
 * session's time.
 */
export function dueInMs(state: SessionState, nowMs: number, limits: Limits): number | undefined {
  const atMs = dueAtMs(state, nowMs, limits);
  return atMs === undefined ? undefined : Math.min(Math.max(0, atMs - nowMs), dueInMsMax);
}

function dueAtMs(state: SessionState, nowMs: number, limits: Limits): number | undefined {
  if (state.plan === undefined || isTerminal(state)) return undefined;
  const attempt = inFlight(state);
  const idleMs = isPatient(state.plan) ? continuingSeekMs : seekMs;
  if (attempt === undefined) return Math.min(Math.max(state.retryAtMs, nowMs + idleMs), state.plan.expiresAtMs);
  const goneMs = goneDeadlineMs(attempt, limits);
  const ends = [attemptDeadlineMs(attempt, state, limits), goneMs > nowMs ? goneMs : nowMs + goneEveryMs];
  return Math.min(nowMs + nudgeMs, ...ends, state.plan.expiresAtMs);
}
