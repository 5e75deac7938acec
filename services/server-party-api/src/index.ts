// The HTTP edge of the server parties (8083): health. Sealed shares for users come here with delegates.
import { apiKeyGuard, buildServer, type HealthCheck, type Logger, type Metrics } from "@covault/service-kit";

export interface ServerPartyApiOptions {
  readonly config: {
    /** 8083 by custom; 0: any free one. */
    readonly port: number;
    /** Default 127.0.0.1. */
    readonly host?: string;
    /** Guards everything but health; absent: nothing else is served. */
    readonly apiKey?: string;
    /** CIDR blocks, with `apiKey`. */
    readonly allowedIps?: readonly string[];
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
    ...(config.apiKey === undefined
      ? {}
      : { guard: apiKeyGuard({ keys: { operator: config.apiKey }, allowedIps: config.allowedIps ?? [] }) }),
  });
  const { url, port } = await server.listen({ port: config.port, host: config.host ?? "127.0.0.1", setting: "SERVER_PARTY_API_PORT" });
  return { url, port, stop: () => server.close() };
}
