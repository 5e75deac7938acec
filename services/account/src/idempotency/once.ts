// Idempotency: (tenant, route, key) with a hash of the body, written before the work. A second request with the same key waits for the
// first one's result; after a crash it takes hold of the session that the first one opened; another body answers 409.
import { createHash } from "node:crypto";
import { asCovaultError, CovaultError, type ErrorCode } from "@covault/errors";
import type { AccountContext } from "../context.ts";
import { pause } from "../stopping.ts";
import { claimKey, type IdempotencyKey, releaseKey, takeOverKey } from "../store/idempotency.ts";
import type { AccountDatabase, IdempotencyRow } from "../store/tables.ts";

/** Run in the transaction that makes the resource: throws when the key was taken over meanwhile. */
export type Guard = (transaction: AccountDatabase) => Promise<void>;

export interface Work<Answer> {
  readonly newId: () => string;
  /** Stores the resource, calling the guard in the same transaction. */
  readonly begin: (resourceId: string, guard: Guard) => Promise<void>;
  /** Brings the resource to its end and answers; may be called by several requests at once. `fresh`: just begun by this one. */
  readonly finish: (resourceId: string, fresh: boolean) => Promise<Answer>;
  /** `again`: it ended without a result, for a reason that may have gone. */
  readonly state: (resourceId: string) => Promise<"absent" | "there" | "again">;
}

/** The request as its idempotency key remembers it. Order of the fields matters; they are the caller's parsed values. */
export const hashBody = (fields: readonly (string | number | null)[]): Buffer =>
  createHash("sha256").update(JSON.stringify(fields)).digest();

class TakenOver extends Error {}

export async function once<Answer>(
  context: AccountContext,
  {
    key,
    bodyHash,
    ...scope
  }: { readonly tenantId: string; readonly route: string; readonly key: string | undefined; readonly bodyHash: Buffer },
  work: Work<Answer>,
): Promise<Answer> {
  const { db, timing, nowMs, signal } = context;
  const mine = work.newId();
  if (key === undefined) {
    await work.begin(mine, async () => {});
    return work.finish(mine, true);
  }
  const idempotencyKey: IdempotencyKey = { ...scope, key };
  const row: IdempotencyRow = {
    tenant_id: scope.tenantId,
    route: scope.route,
    key,
    body_hash: bodyHash,
    resource_id: mine,
    renewals: 0,
    created_at: new Date(nowMs()),
  };
  const guard: Guard = async (transaction) => {
    if (!(await takeOverKey(transaction, idempotencyKey, mine, mine))) throw new TakenOver();
  };
  let waited = false;
  /** The claim of another request, and since when it has stood still. */
  let watched = { claim: "", sinceMs: 0 };
  for (;;) {
    const claim = await claimKey(db, row);
    const standing = claim.row;
    if (!Buffer.from(standing.body_hash).equals(bodyHash))
      throw new CovaultError("account/idempotency-conflict", "The Idempotency-Key was used before with another request.");
    let ours = claim.ours;
    if (!ours) {
      const state = await work.state(standing.resource_id);
      // Who waited for the first request gets its result, whatever it was.
      if (state === "there" || (state === "again" && waited)) return work.finish(standing.resource_id, false);
      const claimed = `${standing.resource_id} ${standing.renewals}`;
      if (watched.claim !== claimed) watched = { claim: claimed, sinceMs: performance.now() };
      const lost = state === "absent" && performance.now() - watched.sinceMs >= timing.claimMs;
      if (lost || state === "again")
        ours = await takeOverKey(db, idempotencyKey, standing.resource_id, mine, lost ? standing.renewals : undefined);
    }
    if (ours) {
      // A claim lives as long as its process: who repeats the request after a crash watches it stand still for its length, and takes over.
      const renewal = setInterval(() => {
        takeOverKey(db, idempotencyKey, mine, mine).catch(() => {});
      }, timing.claimMs / 3);
      try {
        await work.begin(mine, guard);
      } catch (error) {
        if (error instanceof TakenOver) continue;
        // A lost connection says nothing about what was stored: whoever asks again with the key finds it, or finds the claim lapsed.
        if (asCovaultError(error)?.code !== ("database/unavailable" satisfies ErrorCode)) await releaseKey(db, idempotencyKey, mine);
        throw error;
      } finally {
        clearInterval(renewal);
      }
      return work.finish(mine, true);
    }
    waited = true;
    await pause(timing.pauseMs, signal);
  }
}
