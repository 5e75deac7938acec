// This file opens a stored session at the coordinator and follows it to its end. That is safe to
// run twice, in two replicas, or again after a crash. The session's intent was stored before, and
// opening the same session twice is one session.
import { asCovaultError, type CovaultError, type ErrorCode } from "@covault/errors";
import type { AccountContext } from "../context.ts";
import { pause } from "../stopping.ts";
import type { StoredSession } from "../store/sessions.ts";
import { type CoordinatorSession, isAway, partiesMissing } from "./client.ts";
import { sessionFailed } from "./failure.ts";

const noQuorum: ErrorCode = "coordinator/no-quorum";
/** Parties allow for this much clock skew, so a session may end this long after its intent. */
const skewMs = 60_000;

export type Ending =
  | { readonly status: "completed"; readonly result: CoordinatorSession["result"] }
  /** `parties` are those that the coordinator names. */
  | { readonly status: "failed"; readonly error: CovaultError; readonly parties?: readonly string[] };

function endingOf(kind: string, answer: CoordinatorSession): Ending {
  if (answer.status === "completed") return { status: "completed", result: answer.result };
  const { code, message, parties } = answer.error ?? { code: "unknown", message: "no reason given." };
  const error =
    code === "coordinator/parties-missing"
      ? partiesMissing(parties ?? [], `Too few parties came to the ${kind} session ${answer.session_id}.`)
      : sessionFailed(kind, answer.session_id, message.slice(0, 300), code);
  return { status: "failed", error, parties: parties ?? [] };
}

/**
 * How a session is followed. `fresh`: it was just stored, so it is opened before it is asked for.
 * `attach`: it is asked for, and opened if the coordinator does not know it. `resolve`: it is never
 * opened. When it is unknown it counts as failed, unless another replica may be about to open it.
 * `aborted`: it was aborted, and when it is unknown it never runs.
 */
export type AwaitMode = "fresh" | "attach" | "resolve" | "aborted";

/**
 * Hears again and again for which pairs, by share index, a signature waits. Gives why it waits in
 * vain, once that is known.
 */
type OnPairs = (pairs: CoordinatorSession["needs_pairs"]) => string | undefined;

/**
 * Gives the end of the session. Throws account/coordinator-unreachable or
 * account/coordinator-key-refused, with nothing decided, when the coordinator stays away.
 */
export async function awaitSession(
  context: AccountContext,
  session: StoredSession,
  mode: AwaitMode,
  onPairs: OnPairs = () => undefined,
): Promise<Ending> {
  const { session_id: sessionId, kind, account_id: accountId } = session.row;
  const startMs = context.nowMs();
  let failure: string | undefined = "http/unavailable" satisfies ErrorCode;
  try {
    const ending = await follow(context, session, mode, onPairs);
    failure = ending.status === "failed" ? ending.error.code : undefined;
    return ending;
  } catch (error) {
    failure = asCovaultError(error)?.code ?? failure;
    throw error;
  } finally {
    const attributes = { "covault.kind": kind, "covault.account_id": accountId };
    const span = { sessionId, name: `account awaits ${kind}`, startMs, endMs: context.nowMs(), attributes };
    context.tracing.span(failure === undefined ? span : { ...span, failure });
  }
}

async function follow(context: AccountContext, session: StoredSession, mode: AwaitMode, onPairs: OnPairs): Promise<Ending> {
  const { coordinator, timing, signal } = context;
  const { session_id: sessionId, kind, expires_at, created_at } = session.row;
  // From now on the monotonic clock counts. The coordinator ends a session in its time, and this is
  // for a coordinator that never does.
  const startedMs = performance.now();
  const passedMs = (): number => performance.now() - startedMs;
  const lifeMs = expires_at.getTime() - created_at.getTime();
  let awaySinceMs: number | undefined;
  let mustOpen = mode === "fresh";
  for (;;) {
    const askedAtMs = passedMs();
    try {
      if (mustOpen) await coordinator.open(sessionId, session.row.intent);
      mustOpen = false;
      // While the coordinator is away, only its answer is waited for, so that a caller is told in
      // time.
      const waitMs = awaySinceMs === undefined ? Math.max(0, Math.min(timing.pollWaitMs, lifeMs - passedMs())) : 0;
      const answer = await coordinator.session(sessionId, waitMs);
      awaySinceMs = undefined;
      if (answer?.status === "completed" || answer?.status === "failed") return endingOf(kind, answer);
      const why = answer !== undefined && answer.needs_pairs.length > 0 ? onPairs(answer.needs_pairs) : undefined;
      if (why !== undefined) {
        await coordinator.abort(sessionId);
        // A signature that came first counts.
        const last = await coordinator.session(sessionId, 0);
        if (last?.status === "completed") return endingOf(kind, last);
        return { status: "failed", error: sessionFailed(kind, sessionId, why, noQuorum) };
      }
      if (!answer && mode === "aborted")
        return { status: "failed", error: sessionFailed(kind, sessionId, "A caller aborted the session.", "coordinator/aborted") };
      if (passedMs() > lifeMs + (answer ? skewMs : 0))
        return { status: "failed", error: sessionFailed(kind, sessionId, "its intent has expired.") };
      if (!answer && mode === "resolve" && passedMs() >= timing.openingMs)
        return { status: "failed", error: sessionFailed(kind, sessionId, "the coordinator never got it.") };
      mustOpen = !answer && (mode === "fresh" || mode === "attach");
    } catch (error) {
      const known = asCovaultError(error);
      // The coordinator looked at the intent and refused it. Asking again changes nothing.
      if (known?.code === ("account/coordinator-refused" satisfies ErrorCode)) return { status: "failed", error: known };
      if (!isAway(error)) throw error;
      awaySinceMs ??= askedAtMs;
      if (passedMs() - awaySinceMs >= timing.unreachableMs) throw error;
    }
    await pause(timing.pauseMs, signal);
  }
}
