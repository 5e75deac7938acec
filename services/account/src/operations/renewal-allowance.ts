// How often a pair is made anew by itself. Renewals that ran are few in a day, whoever asked for
// them: a pair that does not last has a reason, which people find. What an end has refused since it
// was restored a moment ago has run nothing, and is asked again for a while.
import type { ErrorCode } from "@covault/errors";
import type { AccountContext } from "../context.ts";
import { reasonOf } from "../coordinator/failure.ts";
import type { KeyPart } from "../intent/subject-of.ts";
import type { SessionRow } from "../store/tables.ts";

const dayMs = 24 * 3_600_000;
const perDayMax = 3;
/** A restored party refuses what was asked for in its first minute. */
const restored: ErrorCode = "party/restored";
const refusedPerDayMax = 16;

/**
 * Whether the next renewal of a pair may begin by itself, and otherwise in how many milliseconds.
 */
export type Allowance = "now" | "not today" | { readonly inMs: number };

type Tried = Pick<SessionRow, "status" | "failure_message" | "updated_at">;

export async function allowanceOf({ store, nowMs, timing }: AccountContext, pair: KeyPart): Promise<Allowance> {
  const tried = await store.sessions.ofKeySince(pair, new Date(nowMs() - dayMs));
  const refused = tried.filter(wasRefused);
  if (tried.length - refused.length >= perDayMax || refused.length >= refusedPerDayMax) return "not today";
  const passedMs = nowMs() - Math.max(...refused.map(({ updated_at }) => updated_at.getTime()));
  // A clock that was set back makes nobody wait.
  return passedMs >= 0 && passedMs < timing.restoredPauseMs ? { inMs: timing.restoredPauseMs - passedMs } : "now";
}

const wasRefused = ({ status, failure_message }: Tried): boolean => status === "failed" && reasonOf(failure_message ?? "") === restored;
