// Who may read /metrics: a key of its own, never the callers', since the figures are those of all tenants.

import { memoryRateLimit } from "../messages/rate-limit/memory.ts";
import { apiKeyGuard, metricsKeyOf, type RequestGuard } from "./api-key-guard.ts";
import { limitedGuard } from "./limited-guard.ts";

export interface MetricsAccess {
  /** METRICS_API_KEY, 16 characters or more. */
  readonly key: string;
  /** CIDR blocks; empty or absent: every address. */
  readonly allowedIps?: readonly string[];
  readonly trustedProxies?: readonly string[];
}

/** Counts wrong keys by itself, so that a wrong key of a scraper keeps no caller of its address out. */
export function metricsGuard({ key, allowedIps = [], trustedProxies = [] }: MetricsAccess): RequestGuard {
  const guard = apiKeyGuard({ keys: { metrics: key }, allowedIps, trustedProxies, keyOf: metricsKeyOf });
  return limitedGuard({ guard, rate: memoryRateLimit(), service: "metrics", trustedProxies, keyOf: metricsKeyOf });
}
