// The HTTP edge of the server parties. It serves their health. Sealed shares for users come here
// with delegates.
import { healthRoutes } from "@covault/api";
import { buildServer, type HealthCheck, type MetricsAccess } from "@covault/service-kit/http";
import type { Logger, Metrics } from "@covault/service-kit/run";

export interface ServerPartyApiOptions {
  readonly config: {
    /** By custom 8083. 0 takes any free port. */
    readonly port: number;
    /** Default 127.0.0.1. */
    readonly host?: string;
    /** Which callers may read /metrics. Absent means that nobody may. */
    readonly metricsAccess?: MetricsAccess | undefined;
  };
  readonly logger: Logger;
  readonly metrics?: Metrics;
  /**
   * The checks by the name of a part, which usually is a party's id. A check throws when its part
   * cannot work.
   */
  readonly checks?: Readonly<Record<string, HealthCheck>>;
}

export interface ServerPartyApi {
  readonly url: string;
  readonly port: number;
  readonly stop: () => Promise<void>;
}

/** Starts the server. Throws when the port cannot be had. */
export async function startServerPartyApi({ config, logger, checks, metrics }: ServerPartyApiOptions): Promise<ServerPartyApi> {
  const server = await buildServer({
    name: "server-party-api",
    logger,
    contract: { title: "Covault server party API", description: "Health of the server parties.", routes: healthRoutes },
    ...(checks === undefined ? {} : { checks }),
    ...(metrics === undefined ? {} : { metrics }),
    metricsAccess: config.metricsAccess,
  });
  const { url, port } = await server.listen({ port: config.port, host: config.host ?? "127.0.0.1", setting: "SERVER_PARTY_API_PORT" });
  return { url, port, stop: () => server.close() };
}
