// Stored attempts that no instance runs: this instance's own from before a restart, and those of an
// instance that gives no sign of life.
import { same } from "@covault/crypto";
import { asCovaultError, CovaultError } from "@covault/errors";
import type { Start } from "@covault/wire";
import type { PartyDeps } from "../deps.ts";
import { readmit } from "../invite/admit.ts";
import { sameTenure } from "../ports/check-notes.ts";
import type { Store, StoredSession } from "../ports/store.ts";
import type { AttemptRun } from "./attempt-run.ts";
import { type AttemptTerms, decodeStoredTerms, openStart, type Started, signersOf } from "./attempt-terms.ts";

/**
 * Tells whether this party goes on with the attempt in some instance, or whether the attempt is
 * over and its intent has its share or its pair. Without an intent, a share of the session is
 * enough.
 */
export async function isStored(
  store: Store,
  { rid, sessionId, intentId }: Pick<Start, "rid" | "sessionId"> & { readonly intentId: Uint8Array | undefined },
): Promise<boolean> {
  if ((await store.runningSessions()).some((running) => same(running.rid, rid))) return true;
  if (intentId !== undefined && (await store.renewalOfIntent(intentId)) !== undefined) return true;
  const shares = await store.sharesOfSession(sessionId);
  return shares.some((share) => intentId === undefined || same(share.intentId, intentId));
}

export interface Resumable {
  readonly terms: AttemptTerms;
  readonly started: Started;
  readonly stored: StoredSession;
}

/**
 * Tells whether an error says nothing of what was looked at: a port did not answer, or the roster
 * is behind. Adapters of a store may fail with errors of their own.
 */
export function isPassing(error: unknown): boolean {
  const known = asCovaultError(error);
  return known === undefined || known.kind === "io";
}

/**
 * Claims each stored attempt, verifies it once more and gives it. What has expired or no longer
 * verifies is closed. What cannot be verified at present stays, and the next sweep takes it up.
 * `running` gives the run that has the rid in this process. It ends when another instance has taken
 * it over.
 */
export async function* resumable(deps: PartyDeps, running: (rid: Uint8Array) => AttemptRun | undefined): AsyncGenerator<Resumable> {
  const { store, clock, instance } = deps;
  for (const { rid, expiresAtMs, tenure } of await store.runningSessions()) {
    if (deps.stopping.aborted) return;
    const here = running(rid);
    if (here !== undefined) {
      if (!sameTenure(tenure, instance.tenure)) here.end("lost");
      continue;
    }
    // With a roster that is behind nothing can be verified, and what is not verified is closed. So
    // the roster is asked before the session is claimed, and what is claimed is verified by it.
    const roster = deps.roster();
    const stored = await store.claimSession(rid, instance.tenure, instance.silent(tenure));
    if (stored === undefined) continue;
    try {
      if (expiresAtMs <= clock.nowMs()) throw new CovaultError("trust/intent-expired", "The stored session has expired.");
      const stands = decodeStoredTerms(stored.context);
      const { start } = stands;
      const terms = await readmit({ ...deps, roster: () => roster }, stands, { rid, attempt: start.attempt, signers: signersOf(start) });
      yield { terms, started: openStart(start, terms), stored };
    } catch (error) {
      if (!isPassing(error)) await store.abortSession(rid, stored.fence);
      deps.observe({ kind: "failed", error });
    }
  }
}
