// Stored sessions that nobody runs: this instance's own from before a restart, or another's whose lease ran out.
import { CovaultError } from "@covault/errors";
import type { Start } from "@covault/wire";
import { same } from "../bytes.ts";
import type { PartyContext } from "../context.ts";
import { readmit } from "../invite/admit.ts";
import type { Store, StoredSession } from "../ports/store.ts";
import { type Attempt, decodeContext, openStart, type Started, signersOf } from "./attempt.ts";

/** Somebody of this party goes on with the attempt, or it is over and the session has its share. */
export async function isStored(store: Store, { rid, sessionId }: Pick<Start, "rid" | "sessionId">): Promise<boolean> {
  if ((await store.runningSessions()).some((running) => same(running.rid, rid))) return true;
  return (await store.shareOfSession(sessionId)) !== undefined;
}

export interface Resumable {
  readonly attempt: Attempt;
  readonly started: Started;
  readonly stored: StoredSession;
}

/** Claims each and gives it, verified once more. What has expired or no longer verifies is closed. `runs`: by rid as hex. */
export async function* resumable(context: PartyContext, runs: (rid: Uint8Array) => boolean): AsyncGenerator<Resumable> {
  const { store, clock, instanceId, limits } = context;
  for (const { rid, expiresAtMs } of await store.runningSessions()) {
    if (context.stopping.aborted || runs(rid)) continue;
    const nowMs = clock.nowMs();
    const stored = await store.claimSession(rid, { owner: instanceId, untilMs: nowMs + limits.leaseMs }, nowMs);
    if (stored === undefined) continue;
    try {
      if (expiresAtMs <= nowMs) throw new CovaultError("trust/intent-expired", "The stored session has expired.");
      const { signed, start } = decodeContext(stored.context);
      const attempt = await readmit(context, signed, { rid, attempt: start.attempt, signers: signersOf(start) });
      yield { attempt, started: openStart(start, attempt), stored };
    } catch (error) {
      await store.abortSession(rid, stored.fence);
      context.observe({ kind: "failed", error });
    }
  }
}
