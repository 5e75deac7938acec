// The guard of /metrics. It takes a key of its own and never a caller's, since the figures are
// those of all tenants.

import { memoryRateLimit } from "../messages/rate-limit/memory.ts";
import { apiKeyGuard, metricsKeyOf, type RequestGuard } from "./api-key-guard.ts";
import { limitedGuard } from "./limited-guard.ts";

export interface MetricsAccess {
  /** METRICS_API_KEY, of 16 characters or more. */
  readonly key: string;
  /** The CIDR blocks that may read. Without any, every address may. */
  readonly allowedIps?: readonly string[];
  readonly trustedProxies?: readonly string[];
}

/**
 * Wrong keys are counted apart, so that a scraper with a wrong key keeps no caller of its network
 * out.
 */
export function metricsGuard({ key, allowedIps = [], trustedProxies = [] }: MetricsAccess): RequestGuard {
  const guard = apiKeyGuard({ keys: { metrics: key }, allowedIps, trustedProxies, keyOf: metricsKeyOf });
  return limitedGuard({ guard, rate: memoryRateLimit(), service: "metrics", trustedProxies, keyOf: metricsKeyOf });
}
