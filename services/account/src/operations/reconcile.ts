// This file ends sessions whose caller went away, or whose service died before the coordinator
// heard of them. They get the outcome that the coordinator knows, or fail. A session that makes or
// changes a key, and an export, is followed to its end. A signature is looked at once its intent is
// over, since until then a repeated request brings it to its end. A coordinator that was away is
// also told what it has not been told.
import { asCovaultError } from "@covault/errors";
import { kinds } from "@covault/trust";
import type { AccountContext } from "../context.ts";
import { isAway } from "../coordinator/client.ts";
import type { Ends } from "../store/sessions.ts";
import type { SessionRow } from "../store/tables.ts";
import { deliverAbandonment } from "./abandonment.ts";
import { finish } from "./run.ts";
import { findSubject } from "./subject.ts";

const readAtOnce = 100;
/**
 * The most sessions that are asked about at once. After a long absence of the coordinator there may
 * be thousands, each of them a request that waits.
 */
const askedAtOnce = 32;

/** Looks once at everything that was left open. It never throws. */
export async function reconcile(context: AccountContext): Promise<void> {
  const all = (["epoch", "pair", "share", "signature", "release"] as const).map((ends) => reconcileSessions(context, ends));
  const looks = [...all, deliverAbandonments(context)];
  for (const look of await Promise.allSettled(looks)) {
    if (look.status === "fulfilled" || context.signal.aborted) continue;
    context.logger.error({ code: asCovaultError(look.reason)?.code }, "what was left open cannot be read");
  }
}

async function reconcileSessions(context: AccountContext, ends: Ends): Promise<void> {
  const now = new Date(context.nowMs());
  let rows: readonly SessionRow[] = [];
  let isThere = true;
  // A session that stays open keeps no later one from its outcome.
  do {
    rows = await context.store.sessions.unattended(ends, now, readAtOnce, rows.at(-1));
    isThere = await forEach(context, rows, (row) => reconcileSession(context, row));
  } while (isThere && rows.length === readAtOnce);
}

/**
 * Does `one` for each item. `one` gives false when the coordinator is away, since there is no use
 * in asking it about the others. Then the whole answer is false, too.
 */
async function forEach<T>({ signal }: AccountContext, all: readonly T[], one: (item: T) => Promise<boolean>): Promise<boolean> {
  let isThere = true;
  const waiting = all.values();
  const inTurn = async (): Promise<void> => {
    for (const item of waiting) {
      if (signal.aborted || !isThere) return;
      if (!(await one(item))) isThere = false;
    }
  };
  await Promise.all(Array.from({ length: askedAtOnce }, inTurn));
  return isThere && !signal.aborted;
}

async function reconcileSession(context: AccountContext, { session_id: id, tenant_id: tenantId, kind }: SessionRow): Promise<boolean> {
  try {
    if (!kinds[kind].abandonable) {
      const progress = await context.coordinator.session(id, 0);
      // A signature may still end, since clocks differ, and a further epoch waits for its holders.
      if (progress !== undefined && progress.status !== "completed" && progress.status !== "failed") return true;
    }
    const subject = await findSubject(context, tenantId, id);
    if (subject !== undefined) await finish(context, subject, "resolve");
  } catch (error) {
    if (isAway(error)) return false;
    // A row that cannot be believed keeps no other one waiting.
    if (!context.signal.aborted)
      context.logger.warn({ session_id: id, kind, code: asCovaultError(error)?.code }, "session not reconciled yet");
  }
  return true;
}

async function deliverAbandonments(context: AccountContext): Promise<void> {
  const { sessions } = context.store;
  await forEach(context, await sessions.withUndeliveredAbandonment(), async ({ session_id: id, tenant_id: tenantId }) => {
    try {
      const session = await sessions.find(tenantId, id);
      return session === undefined || (await deliverAbandonment(context, session.row));
    } catch (error) {
      if (!context.signal.aborted)
        context.logger.error({ session_id: id, code: asCovaultError(error)?.code }, "abandonment not delivered yet");
      return true;
    }
  });
}
