// This file runs the HTTP edge of the server parties as a role.
import { startServerPartyApi } from "@covault/server-party-api";
import type { HealthCheck } from "@covault/service-kit/http";
import type { BasicParts, OpenEdge, Running } from "./parts.ts";

export interface ServerPartyApiRole extends OpenEdge {
  /** The health checks, by party. */
  readonly checks: Readonly<Record<string, HealthCheck>>;
}

export async function runServerPartyApi({ checks, ...edge }: ServerPartyApiRole, parts: BasicParts): Promise<Running> {
  const api = await startServerPartyApi({
    config: edge,
    checks,
    logger: parts.logger,
    ...(parts.metrics === undefined ? {} : { metrics: parts.metrics }),
  });
  parts.shutdown.add("server-party-api", api.stop);
  return api;
}
