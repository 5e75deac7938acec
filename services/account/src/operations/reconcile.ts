// Sessions whose caller went away, or whose service died before the coordinator heard of them, get the outcome that the coordinator knows,
// or fail. A signature gets it once its intent is over: until then a repeated request brings it to its end. So does everything that a
// coordinator which was away has not been told.
import { asCovaultError } from "@covault/errors";
import type { AccountContext } from "../context.ts";
import { isAway } from "../coordinator/client.ts";
import type { SessionRow } from "../store/tables.ts";
import { deliverAbandonment } from "./abandonment.ts";
import { finish } from "./run.ts";
import { findSubject } from "./subject.ts";

const readAtOnce = 100;
/** After a long absence of the coordinator there may be thousands, each of them a request that waits. */
const askedAtOnce = 32;

/** One look at everything that was left open. Never throws. */
export async function reconcile(context: AccountContext): Promise<void> {
  try {
    const now = new Date(context.nowMs());
    let rows: readonly SessionRow[] = [];
    let isThere = true;
    // One that stays open keeps no later one from its outcome.
    do {
      rows = await context.store.sessions.unattended(now, readAtOnce, rows.at(-1));
      isThere = await forEach(context, rows, (row) => reconcileSession(context, row));
    } while (isThere && rows.length === readAtOnce);
    if (isThere) await deliverAbandonments(context);
  } catch (error) {
    if (!context.signal.aborted) context.logger.error({ code: asCovaultError(error)?.code }, "what was left open cannot be read");
  }
}

/** `one` says false when the coordinator is away: there is no use in asking it about the others. So does the answer. */
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
    const progress = await context.coordinator.session(id, 0);
    // Whoever began it may be waiting for it, and clocks differ: it may end yet.
    if (progress?.status === "open" || progress?.status === "running") return true;
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
  await forEach(context, await context.store.accounts.withUndeliveredAbandonment(), async ({ accountId, read }) => {
    try {
      return await deliverAbandonment(context, read());
    } catch (error) {
      if (!context.signal.aborted)
        context.logger.error({ account_id: accountId, code: asCovaultError(error)?.code }, "abandonment not delivered yet");
      return true;
    }
  });
}
