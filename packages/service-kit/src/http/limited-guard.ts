// A guard with limits: so many calls per API key, and so many wrong keys per network. After too
// many wrong keys a network has to wait, whatever key it brings, so that guessing is slow and
// learns nothing.
import type { IncomingMessage } from "node:http";
import { asCovaultError, CovaultError } from "@covault/errors";
import type { RateLimit, RateLimitRule } from "../messages/rate-limit/port.ts";
import { addressList, clientAddress, networkOf } from "./addresses.ts";
import { apiKeyOf, type Caller, type KeyOf, type RequestGuard } from "./api-key-guard.ts";
import { makeLanes } from "./lanes.ts";

export interface LimitedGuardOptions {
  readonly guard: RequestGuard;
  readonly rate: RateLimit;
  /** The name of the service, which keeps its counts apart from those of others in one store. */
  readonly service: string;
  /** The calls of one API key. Default 1000 in a minute. */
  readonly calls?: RateLimitRule;
  /** The wrong keys of one network. Default 20 in a minute. */
  readonly refusals?: RateLimitRule;
  /** The same as in the guard. */
  readonly trustedProxies?: readonly string[];
  /** The same as in the guard. Default: `apiKeyOf`. */
  readonly keyOf?: KeyOf;
}

/**
 * How many keys of one network one process checks at once. Each counts as wrong until it has turned
 * out to be right. So all replicas together must stay well below the limit of wrong keys, or right
 * ones in a burst would be refused.
 */
const checksAtOnce = 2;
const checkWaitMs = 5_000;

/** Throws what the guard throws, and http/too-many-requests beyond a limit. */
export function limitedGuard(options: LimitedGuardOptions): RequestGuard {
  const { guard, rate, service, keyOf = apiKeyOf } = options;
  const calls = options.calls ?? { limit: 1_000, windowMs: 60_000 };
  const refusals = options.refusals ?? { limit: 20, windowMs: 60_000 };
  const proxies = addressList(options.trustedProxies ?? [], "TRUSTED_PROXIES");
  const inLane = makeLanes(checksAtOnce, checkWaitMs);

  /**
   * A key is counted before it is checked. Otherwise many callers at the same time, at whatever
   * replica, could all slip in below the limit.
   */
  async function checkKey(request: IncomingMessage, refused: string): Promise<Caller> {
    const counted = await rate.take(refused, refusals);
    if (!counted.allowed) throw tooMany("Too many wrong API keys from this address.", counted.retryAfterMs);
    let isWrong = false;
    try {
      return await guard(request);
    } catch (error) {
      isWrong = asCovaultError(error)?.code === "http/unauthorized";
      throw error;
    } finally {
      // When this fails, the store is gone with its counts, or the count is one too high for a
      // minute.
      if (!isWrong) void counted.giveBack().catch(() => {});
    }
  }

  return async (request) => {
    const refused = `${service}:refused:${networkOf(clientAddress(request, proxies))}`;
    // A request without a key guesses none. A browser that asks for an icon keeps nobody out.
    const caller = await (keyOf(request) === "" ? guard(request) : inLane(refused, () => checkKey(request, refused)));
    const answer = await rate.take(`${service}:calls:${caller.key}`, calls);
    if (!answer.allowed) throw tooMany(`More than ${calls.limit} calls in ${calls.windowMs / 1_000} seconds.`, answer.retryAfterMs);
    return caller;
  };
}

function tooMany(message: string, retryAfterMs: number): CovaultError {
  return new CovaultError("http/too-many-requests", message, { retryAfterMs });
}
