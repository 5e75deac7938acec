// The HTTP edge of the server parties (8083): health. Sealed shares for users come here with delegates.
import { buildServer, type HealthCheck, type MetricsAccess } from "@covault/service-kit/http";
import type { Logger, Metrics } from "@covault/service-kit/run";

export interface ServerPartyApiOptions {
  readonly config: {
    /** 8083 by custom; 0: any free one. */
    readonly port: number;
    /** Default 127.0.0.1. */
    readonly host?: string;
    /** Who may read /metrics; absent: nobody. */
    readonly metricsAccess?: MetricsAccess | undefined;
  };
  readonly logger: Logger;
  readonly metrics?: Metrics;
  /** By the name of a part, usually a party's id: throws when it cannot work. */
  readonly checks?: Readonly<Record<string, HealthCheck>>;
}

export interface ServerPartyApi {
  readonly url: string;
  readonly port: number;
  readonly stop: () => Promise<void>;
}

export async function startServerPartyApi({ config, logger, checks, metrics }: ServerPartyApiOptions): Promise<ServerPartyApi> {
  const server = await buildServer({
    name: "server-party-api",
    logger,
    openapi: { title: "Covault server party API", description: "Health of the server parties." },
    ...(checks === undefined ? {} : { checks }),
    ...(metrics === undefined ? {} : { metrics }),
    metricsAccess: config.metricsAccess,
  });
  const { url, port } = await server.listen({ port: config.port, host: config.host ?? "127.0.0.1", setting: "SERVER_PARTY_API_PORT" });
  return { url, port, stop: () => server.close() };
}
