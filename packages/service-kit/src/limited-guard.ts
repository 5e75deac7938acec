// A guard with limits: so many calls per API key, and so many refused keys per address, after which the address has to wait
// whatever key it brings, so that guessing is slow and learns nothing.
import type { IncomingMessage } from "node:http";
import { asCovaultError, CovaultError } from "@covault/errors";
import { addressList, clientAddress } from "./addresses.ts";
import type { RequestGuard } from "./auth.ts";
import type { RateLimit, RateLimitRule } from "./rate-limit/port.ts";

export interface LimitedGuardOptions {
  readonly guard: RequestGuard;
  readonly rate: RateLimit;
  /** Name of the service: keys of one store stay apart. */
  readonly service: string;
  /** Per API key. Default 1000 in a minute. */
  readonly calls?: RateLimitRule;
  /** Refused keys per address. Default 20 in a minute. */
  readonly refusals?: RateLimitRule;
  /** The same as the guard's. */
  readonly trustedProxies?: readonly string[];
}

export function limitedGuard(options: LimitedGuardOptions): RequestGuard {
  const { guard, rate, service } = options;
  const calls = options.calls ?? { limit: 1_000, windowMs: 60_000 };
  const refusals = options.refusals ?? { limit: 20, windowMs: 60_000 };
  const proxies = addressList(options.trustedProxies ?? [], "TRUSTED_PROXIES");
  return async (request: IncomingMessage) => {
    const refused = `${service}:refused:${clientAddress(request, proxies)}`;
    const before = await rate.take(refused, { ...refusals, look: true });
    if (!before.allowed) throw tooMany("Too many wrong API keys from this address.", before.retryAfterMs);
    try {
      const caller = await guard(request);
      const answer = await rate.take(`${service}:calls:${caller.key}`, calls);
      if (!answer.allowed) throw tooMany(`More than ${calls.limit} calls in ${calls.windowMs / 1_000} seconds.`, answer.retryAfterMs);
      return caller;
    } catch (error) {
      if (asCovaultError(error)?.code === "http/unauthorized") await rate.take(refused, refusals);
      throw error;
    }
  };
}

function tooMany(message: string, retryAfterMs: number): CovaultError {
  return new CovaultError("http/too-many-requests", message, { retryAfterMs });
}
