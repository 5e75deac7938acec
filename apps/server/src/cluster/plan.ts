// This file says what a cluster consists of: processes, their ports, their settings. Secrets come
// from one folder, as those of an embedded system do.
import { createServer } from "node:net";
import { join } from "node:path";
import { keptRoster } from "../roster.ts";
import { openSecrets } from "../secrets.ts";
import type { ChildPlan } from "./child.ts";
import { databaseUrl, type ServerUrls } from "./servers.ts";

export interface ClusterShape {
  readonly accounts: number;
  readonly coordinators: number;
  readonly routers: number;
  /** The number of replicas of each party, in their order. */
  readonly parties: readonly number[];
  /**
   * The number of further parties that have a database and secrets, and are neither in the roster
   * nor started. Default 0.
   */
  readonly partiesToCome?: number;
}
export interface PlanOptions {
  readonly shape: ClusterShape;
  readonly servers: ServerUrls;
  /** The text before the names of databases and queues, such as covault_cluster. */
  readonly prefix: string;
  /** The folder of secrets, roster and generations. */
  readonly dataDir: string;
  /** The settings of every process. Of BACKUP_DIR each party gets a folder in it. */
  readonly env: Readonly<Record<string, string>>;
  /**
   * The distance of the ports from the customary ones. Another cluster beside this one would
   * otherwise take a port whose process is down. Default 0.
   */
  readonly portOffset?: number;
  /**
   * Gives the URL at which a service is reached by its callers, for the URL where it is. It is for
   * tests that stand in between. Default: the same URL.
   */
  readonly through?: ((role: "coordinator" | "router", url: string) => Promise<string>) | undefined;
}
export interface ClusterPlan {
  readonly apiKey: string;
  /** The key that readers of /metrics of any process send. */
  readonly metricsKey: string;
  /** A mark of what this cluster's keys sealed. */
  readonly owner: string;
  readonly databases: readonly string[];
  readonly children: readonly ChildPlan[];
  /** The parties to come. */
  readonly later: readonly ChildPlan[];
}

/** The customary ports. A port that is taken gives way to any free one. */
const portsFrom = { account: 4000, coordinator: 8081, router: 8181, api: 8083, party: 8281 };

export async function planCluster(options: PlanOptions): Promise<ClusterPlan> {
  const { shape, servers, prefix, dataDir, env, portOffset = 0, through = async (_role, url) => url } = options;
  const secrets = openSecrets(dataDir);
  const secret = (name: string): string => secrets.secret(name, 32);
  const { partiesToCome = 0 } = shape;
  const counts = [...shape.parties, ...Array.from({ length: partiesToCome }, () => 1)];
  const partyIds = counts.map((_, at) => `server-party-${at + 1}`);
  const listed = new Map(partyIds.slice(0, shape.parties.length).map((id) => [id, secrets.key(join("identities", id))]));
  const rosterFile = join(dataDir, "roster");
  const trust = keptRoster(rosterFile, secrets.key("root_key"), listed, secrets.key("initiator_key"));
  const rootKey = Buffer.from(trust.rootKey).toString("hex");
  const apiKey = secret("mpc_api_key");
  const metricsKey = secret("metrics_api_key");

  const ports = portsOf(portOffset);
  const times = (count: number) => Array.from({ length: count }, (_, at) => at + 1);
  const accounts = await Promise.all(times(shape.accounts).map((n) => ports(portsFrom.account + n - 1)));
  const coordinators = await Promise.all(times(shape.coordinators).map((n) => ports(portsFrom.coordinator + 10 * (n - 1))));
  const routers = await Promise.all(times(shape.routers).map((n) => ports(portsFrom.router + n - 1)));

  const reached = (role: "coordinator" | "router", all: readonly number[]) =>
    Promise.all(all.map((port) => through(role, `http://127.0.0.1:${port}`)));
  const coordinatorUrls = await reached("coordinator", coordinators);
  const routerUrls = await reached("router", routers);
  const common = {
    LOG_LEVEL: "info",
    ENVIRONMENT: "production",
    ROSTER_FILE: rosterFile,
    ROOT_PUBLIC_KEY: rootKey,
    METRICS_API_KEY: metricsKey,
    ...env,
  };
  const callers = { MPC_API_KEY: apiKey };
  const database = (name: string) => ({ DATABASE_URL: databaseUrl(servers.postgres, `${prefix}_${name}`), DATABASE_POOL_MAX: "6" });
  const redis = { REDIS_URL: servers.redis, REDIS_PREFIX: `${prefix}:` };
  const messages = { ...redis, RABBITMQ_URL: servers.rabbitmq, RABBITMQ_PREFIX: prefix };

  const services: ChildPlan[] = [
    ...routers.map((port, at) => child("router", at, port, { ...common, ...messages, ROUTER_PORT: String(port) })),
    ...coordinators.map((port, at) =>
      child("coordinator", at, port, {
        ...common,
        ...callers,
        ...messages,
        ...database("coordinator"),
        COORDINATOR_PORT: String(port),
        JWT_SECRET_KEY: secret("jwt_secret_key"),
      }),
    ),
    ...accounts.map((port, at) =>
      child("account", at, port, {
        ...common,
        ...callers,
        ...redis,
        ...database("account"),
        ACCOUNT_PORT: String(port),
        // Each account service prefers another coordinator.
        COORDINATOR_URLS: [...coordinatorUrls.slice(at % coordinators.length), ...coordinatorUrls.slice(0, at % coordinators.length)].join(
          ",",
        ),
        INITIATOR_KEY: secret("initiator_key"),
        ROW_KEY: secret("row_key"),
        AUDIT_KEY: secret("audit_key"),
      }),
    ),
  ];
  const parties: (ChildPlan & { readonly isToCome: boolean })[] = [];
  const replicas = counts.flatMap((count, at) => times(count).map((replica) => ({ partyId: partyIds[at] as string, replica })));
  for (const [at, { partyId, replica }] of replicas.entries()) {
    const port = await ports(portsFrom.party + at);
    const name = replica === 1 ? partyId : `${partyId}-replica-${replica}`;
    parties.push({
      name,
      role: "server-party",
      port,
      isToCome: !listed.has(partyId),
      env: {
        ...common,
        ...database(partyId.replaceAll("-", "_")),
        PARTY_ID: partyId,
        PARTY_INSTANCE_ID: name,
        PARTY_IDENTITY_KEY: secret(join("identities", partyId)),
        CRYPTO_MASTER_KEY: secret(join("masters", partyId)),
        GENERATION_FILE: join(dataDir, "generations", partyId),
        ...(env.BACKUP_DIR === undefined ? {} : { BACKUP_DIR: join(env.BACKUP_DIR, partyId) }),
        PARTY_HEALTH_PORT: String(port),
        PARTY_WORKERS: "1",
        ROUTER_URLS: routerUrls.join(","),
      },
    });
  }
  const apiPort = await ports(portsFrom.api);
  const healthUrls = parties
    .filter(({ isToCome }) => !isToCome)
    .map(({ name, port }) => `${name}=http://127.0.0.1:${port}`)
    .join(",");
  const api = { ...common, SERVER_PARTY_API_PORT: String(apiPort), PARTY_HEALTH_URLS: healthUrls };
  return {
    apiKey,
    metricsKey,
    owner: rootKey,
    databases: ["account", "coordinator", ...partyIds.map((id) => id.replaceAll("-", "_"))].map((name) => `${prefix}_${name}`),
    later: parties.filter(({ isToCome }) => isToCome),
    children: [
      ...services,
      ...parties.filter(({ isToCome }) => !isToCome),
      { name: "server-party-api", role: "server-party-api", port: apiPort, env: api },
    ],
  };
}

function child(role: string, at: number, port: number, env: Record<string, string>): ChildPlan {
  return { name: `${role}-${at + 1}`, role, port, env };
}

/** Gives free ports, each once. It gives the wanted port, `offset` above, if that can be had. */
function portsOf(offset: number): (wanted: number) => Promise<number> {
  const given = new Set<number>();
  return async (wanted) => {
    for (let port = wanted + offset; ; port = 0) {
      const free = given.has(port) && port !== 0 ? undefined : await tryPort(port);
      if (free === undefined || given.has(free)) continue;
      given.add(free);
      return free;
    }
  };
}

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen(port, "127.0.0.1", () => {
      const actual = (server.address() as { port: number }).port;
      server.close(() => resolve(actual));
    });
  });
}
