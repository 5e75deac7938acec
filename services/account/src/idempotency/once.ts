// This file is the idempotency of requests: (tenant, route, key) with a hash of the body, written
// before the work. A second request with the same key waits for the first one's result. After a
// crash it takes hold of the session that the first one opened. A request with another body is
// answered with 409.
import { createHash } from "node:crypto";
import { asCovaultError, CovaultError, type ErrorCode } from "@covault/errors";
import type { AccountContext } from "../context.ts";
import { pause } from "../stopping.ts";
import type { Claim, Claims } from "../store/claims.ts";
import type { IdempotencyRow } from "../store/tables.ts";

export interface Scope {
  readonly tenantId: string;
  readonly route: string;
  /**
   * The idempotency key. When it is undefined, the request is made once for every time that it
   * comes.
   */
  readonly key: string | undefined;
  readonly bodyHash: Buffer;
}

/** The work that is done once. `Made` is the session, as it is found again. */
export interface Work<Made, Answer> {
  /**
   * Stores the session, and renews the claim in the same transaction. Gives undefined, with nothing
   * stored, when the claim is another request's by now.
   */
  readonly begin: (sessionId: string, claim: Claim | undefined) => Promise<Made | undefined>;
  /** Gives the session, or undefined when it was never stored. */
  readonly find: (sessionId: string) => Promise<Made | undefined>;
  /** Whether the session ended without a result, for a reason that may have gone. */
  readonly mayRepeat: (made: Made) => boolean;
  /**
   * Brings the session to its end. Several requests may call it at once. `fresh` means that this
   * request stored the session.
   */
  readonly finish: (made: Made, mode: "fresh" | "attach") => Promise<Answer>;
}

/**
 * Gives the hash of a request, as its idempotency key remembers it. The fields are the caller's
 * parsed values, and their order matters.
 */
export const hashBody = (fields: readonly (string | number | null)[]): Buffer =>
  createHash("sha256").update(JSON.stringify(fields)).digest();

export async function once<Made, Answer>(
  context: AccountContext,
  { tenantId: tenant_id, route, key, bodyHash: body_hash }: Scope,
  work: Work<Made, Answer>,
): Promise<Answer> {
  const { store, timing, signal } = context;
  const mine = context.newId("ses");
  if (key === undefined) {
    const made = await work.begin(mine, undefined);
    if (made === undefined) throw new TypeError("a request without a claim lost it");
    return work.finish(made, "fresh");
  }
  const row: IdempotencyRow = { tenant_id, route, key, body_hash, session_id: mine, renewals: 0, created_at: new Date(context.nowMs()) };
  const stillness = watchStillness(timing.claimMs);
  for (let waited = false; ; waited = true) {
    const standing = await store.claims.take(row);
    if (!Buffer.from(standing.body_hash).equals(body_hash))
      throw new CovaultError("account/idempotency-conflict", "The Idempotency-Key was used before with another request.");
    let isMine = standing.session_id === mine;
    if (!isMine) {
      const made = await work.find(standing.session_id);
      const mayRepeat = made !== undefined && work.mayRepeat(made);
      // A request that waited for the first one gets its result, whatever that was.
      if (made !== undefined && (!mayRepeat || waited)) return work.finish(made, "attach");
      const isLost = made === undefined && stillness.isOver(standing);
      if (mayRepeat || isLost) isMine = await store.claims.takeOver(standing, mine, isLost);
    }
    if (isMine) {
      const made = await beginClaimed(store.claims, row, timing.claimMs, work);
      if (made !== undefined) return work.finish(made, "fresh");
    } else await pause(timing.pauseMs, signal);
  }
}

/**
 * Begins under a claim that is renewed meanwhile. The claim lives as long as its process, so that
 * after a crash a repeated request takes it over.
 */
async function beginClaimed<Made>(
  claims: Claims,
  claim: Claim,
  claimMs: number,
  { begin }: Pick<Work<Made, unknown>, "begin">,
): Promise<Made | undefined> {
  const renewal = setInterval(() => {
    claims.renew(claim).catch(() => {});
  }, claimMs / 3);
  try {
    return await begin(claim.session_id, claim);
  } catch (error) {
    // A lost connection says nothing about what was stored. A request that comes again with the key
    // finds the session, or finds the claim lapsed.
    if (asCovaultError(error)?.code !== ("database/unavailable" satisfies ErrorCode)) await claims.release(claim);
    throw error;
  } finally {
    clearInterval(renewal);
  }
}

/**
 * Watches whether another request's claim has stood still for its whole length, by this process's
 * monotonic clock.
 */
function watchStillness(claimMs: number) {
  let watched = { claim: "", sinceMs: 0 };
  return {
    isOver({ session_id, renewals }: IdempotencyRow): boolean {
      const claim = `${session_id} ${renewals}`;
      if (watched.claim !== claim) watched = { claim, sinceMs: performance.now() };
      return performance.now() - watched.sinceMs >= claimMs;
    },
  };
}
