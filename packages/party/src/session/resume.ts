// Stored sessions that nobody runs: this instance's own from before a restart, or those of an instance that gives no sign of life.
import { same } from "@covault/crypto";
import { CovaultError } from "@covault/errors";
import type { Start } from "@covault/wire";
import type { PartyContext } from "../context.ts";
import { readmit } from "../invite/admit.ts";
import { sameTenure } from "../ports/check-notes.ts";
import type { Store, StoredSession } from "../ports/store.ts";
import { type Attempt, decodeContext, openStart, type Started, signersOf } from "./attempt.ts";
import type { Session } from "./session.ts";

/** Somebody of this party goes on with the attempt, or it is over and its intent has its share; or the session has, where nobody says whose it is. */
export async function isStored(
  store: Store,
  { rid, sessionId, intentId }: Pick<Start, "rid" | "sessionId"> & Partial<Pick<Attempt, "intentId">>,
): Promise<boolean> {
  if ((await store.runningSessions()).some((running) => same(running.rid, rid))) return true;
  const shares = await store.sharesOfSession(sessionId);
  return shares.some((share) => intentId === undefined || same(share.intentId, intentId));
}

export interface Resumable {
  readonly attempt: Attempt;
  readonly started: Started;
  readonly stored: StoredSession;
}

/**
 * Claims each and gives it, verified once more. What has expired or no longer verifies is closed. `running`: the one that runs here under
 * that rid; it ends when another instance has taken it over.
 */
export async function* resumable(context: PartyContext, running: (rid: Uint8Array) => Session | undefined): AsyncGenerator<Resumable> {
  const { store, clock, instance } = context;
  for (const { rid, expiresAtMs, tenure } of await store.runningSessions()) {
    if (context.stopping.aborted) return;
    const here = running(rid);
    if (here !== undefined) {
      if (!sameTenure(tenure, instance.tenure)) here.end("lost");
      continue;
    }
    const stored = await store.claimSession(rid, instance.tenure, instance.silent(tenure));
    if (stored === undefined) continue;
    try {
      if (expiresAtMs <= clock.nowMs()) throw new CovaultError("trust/intent-expired", "The stored session has expired.");
      const { signed, start } = decodeContext(stored.context);
      const attempt = await readmit(context, signed, { rid, attempt: start.attempt, signers: signersOf(start) });
      yield { attempt, started: openStart(start, attempt), stored };
    } catch (error) {
      await store.abortSession(rid, stored.fence);
      context.observe({ kind: "failed", error });
    }
  }
}
