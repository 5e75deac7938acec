// The HTTP edge of the server parties as a role.
import { startServerPartyApi } from "@covault/server-party-api";
import type { HealthCheck } from "@covault/service-kit";
import type { BasicParts, Edge, Running } from "./parts.ts";

export type ServerPartyApiRole = Pick<Edge, "port" | "host"> &
  Partial<Edge> & {
    /** By party. */
    readonly checks: Readonly<Record<string, HealthCheck>>;
  };

export async function runServerPartyApi(
  { port, host, apiKey, allowedIps, checks }: ServerPartyApiRole,
  parts: BasicParts,
): Promise<Running> {
  const api = await startServerPartyApi({
    config: { port, host, ...(apiKey === undefined ? {} : { apiKey, allowedIps: allowedIps ?? [] }) },
    checks,
    logger: parts.logger,
    ...(parts.metrics === undefined ? {} : { metrics: parts.metrics }),
  });
  parts.shutdown.add("server-party-api", api.stop);
  return api;
}
