// A guard with limits: so many calls per API key, and so many wrong keys per address, after which the address has to wait whatever key it
// brings, so that guessing is slow and learns nothing.
import type { IncomingMessage } from "node:http";
import { asCovaultError, CovaultError } from "@covault/errors";
import type { RateLimit, RateLimitRule } from "../messages/rate-limit/port.ts";
import { addressList, clientAddress, networkOf } from "./addresses.ts";
import { apiKeyOf, type Caller, type KeyOf, type RequestGuard } from "./api-key-guard.ts";
import { makeLanes } from "./lanes.ts";

export interface LimitedGuardOptions {
  readonly guard: RequestGuard;
  readonly rate: RateLimit;
  /** Name of the service: keys of one store stay apart. */
  readonly service: string;
  /** Per API key. Default 1000 in a minute. */
  readonly calls?: RateLimitRule;
  /** Wrong keys per address. Default 20 in a minute. */
  readonly refusals?: RateLimitRule;
  /** The same as the guard's. */
  readonly trustedProxies?: readonly string[];
  /** The same as the guard's. Default: `apiKeyOf`. */
  readonly keyOf?: KeyOf;
}

/**
 * Keys of one address that one process looks at together. Each counts as wrong until it has turned out to be right, so the replicas
 * together must stay well below the limit of wrong keys, or right ones in a burst would be refused.
 */
const checksAtOnce = 2;
const checkWaitMs = 5_000;

export function limitedGuard(options: LimitedGuardOptions): RequestGuard {
  const { guard, rate, service, keyOf = apiKeyOf } = options;
  const calls = options.calls ?? { limit: 1_000, windowMs: 60_000 };
  const refusals = options.refusals ?? { limit: 20, windowMs: 60_000 };
  const proxies = addressList(options.trustedProxies ?? [], "TRUSTED_PROXIES");
  const inLane = makeLanes(checksAtOnce, checkWaitMs);

  /** Counted before the key is looked at: callers at the same time, at whatever replica, cannot all slip in below the limit. */
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
      // Where that fails, the store is gone with its counts, or one is too many for a minute.
      if (!isWrong) void counted.giveBack().catch(() => {});
    }
  }

  return async (request) => {
    const refused = `${service}:refused:${networkOf(clientAddress(request, proxies))}`;
    // Whoever brings no key guesses none: a browser's request for an icon keeps nobody out.
    const caller = await (keyOf(request) === "" ? guard(request) : inLane(refused, () => checkKey(request, refused)));
    const answer = await rate.take(`${service}:calls:${caller.key}`, calls);
    if (!answer.allowed) throw tooMany(`More than ${calls.limit} calls in ${calls.windowMs / 1_000} seconds.`, answer.retryAfterMs);
    return caller;
  };
}

function tooMany(message: string, retryAfterMs: number): CovaultError {
  return new CovaultError("http/too-many-requests", message, { retryAfterMs });
}
