// The session coordinator. It migrates its schema, opens its port, listens to parties, and lets
// every open session go on. It keeps nothing that a second replica would need.
// SPEC.md has its rules.
import { coordinatorApi, routes } from "@covault/api/coordinator";
import { apiKeyGuard, buildServer, limitedGuard, serveRoutes } from "@covault/service-kit/http";
import type { Broker, Presence, RateLimit } from "@covault/service-kit/messages";
import { type Logger, type Metrics, makeMetrics, noTracing, type OnStep, type Tracing, watched } from "@covault/service-kit/run";
import { type Database, migrate, rosterTable } from "@covault/service-kit/sql";
import type { LiveRoster } from "@covault/trust";
import { makeCounters, makeGauges } from "./counters.ts";
import { startEngine } from "./engine.ts";
import { handlers } from "./http/handlers.ts";
import { joinTokens } from "./join-token.ts";
import { defaultLimits, type Limits } from "./session/commands.ts";
import { dueWork } from "./store/due-work.ts";
import { eventStore } from "./store/event-store.ts";
import { holdingStore } from "./store/holding-store.ts";
import { schemaName } from "./store/tables.ts";
import { traceAppended } from "./trace-sessions.ts";

export interface CoordinatorConfig {
  /** The port, 8081 by custom. 0 takes any free one. */
  readonly port: number;
  /** The address to listen on. Default 127.0.0.1. */
  readonly host?: string;
  /** The key of callers, MPC_API_KEY. */
  readonly apiKey: string;
  /**
   * The secret of join tokens, JWT_SECRET_KEY. It has 32 characters or more, and is the same for
   * all replicas.
   */
  readonly jwtSecret: string;
  /** The CIDR blocks that callers come from. Empty allows every address. */
  readonly allowedIps?: readonly string[];
  readonly trustedProxies?: readonly string[];
  /** The key that reads /metrics, METRICS_API_KEY. Without it nobody can read them. */
  readonly metricsKey?: string | undefined;
  readonly limits?: Partial<Limits>;
  /** How often due sessions are looked for. Default 100 ms. */
  readonly tickMs?: number;
}

export interface CoordinatorOptions {
  readonly config: CoordinatorConfig;
  readonly database: Database;
  /** The roster, which may change while the coordinator runs. */
  readonly roster: LiveRoster;
  readonly broker: Broker;
  readonly presence: Presence;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  readonly tracing?: Tracing;
  /** Limits calls per API key, and refused keys per address. Absent means no limits. */
  readonly rate?: { readonly store: RateLimit; readonly callsPerMinute: number };
  /** Gets each step of the service. A test gives it, and nothing that runs in production does. */
  readonly onStep?: OnStep | undefined;
  /** Milliseconds since 1970. Default: the system's clock. */
  readonly nowMs?: () => number;
  /** The clock of everything that lasts. Default: the monotonic clock of the process. */
  readonly monotonicMs?: () => number;
}

export interface Coordinator {
  readonly url: string;
  readonly port: number;
  readonly metrics: Metrics;
  /**
   * Ends long polls and streams, finishes the work in hand, and leaves the rest to other replicas.
   */
  readonly stop: () => Promise<void>;
}

export async function startCoordinator(options: CoordinatorOptions): Promise<Coordinator> {
  const { config, database, broker, presence, logger, rate, onStep } = options;
  const nowMs = options.nowMs ?? Date.now;
  const roster = options.roster.current;
  await migrate(database, schemaName, new URL("../migrations/", import.meta.url));
  await options.roster.keepIn(watched("roster", rosterTable(database, schemaName), onStep));

  const metrics = options.metrics ?? makeMetrics("coordinator");
  makeGauges(metrics, { broker, presence, roster: options.roster.held });
  const store = watched("store", eventStore(database), onStep);
  const engine = await startEngine({
    store,
    due: watched("due", dueWork(database), onStep),
    holdings: watched("holdings", holdingStore(database), onStep),
    broker,
    presence,
    roster: options.roster,
    tokens: joinTokens(config.jwtSecret, nowMs),
    limits: { ...defaultLimits, ...config.limits },
    logger,
    counters: makeCounters(metrics),
    trace: traceAppended(options.tracing ?? noTracing),
    nowMs,
    monotonicMs: options.monotonicMs ?? (() => performance.now()),
    tickMs: config.tickMs ?? 100,
  });
  const stopping = new AbortController();
  const reachesParties = async () => {
    await Promise.all([broker.ping(), presence.ping()]);
  };
  const parts = {
    sessions: engine.sessions,
    sessionWatch: engine.sessionWatch,
    chains: engine.chains,
    askHolders: engine.askHolders,
    askExports: engine.askExports,
    askImportRecipients: engine.askImportRecipients,
    askBackups: engine.askBackups,
    store,
    presence,
    reachesParties,
    roster,
    heldRoster: options.roster.held,
    nowMs,
    stopping: stopping.signal,
  };
  const { allowedIps = [], trustedProxies = [], metricsKey } = config;
  const guard = apiKeyGuard({ keys: { operator: config.apiKey }, allowedIps, trustedProxies });
  const server = await buildServer({
    name: "coordinator",
    logger,
    metrics,
    onStep,
    guard:
      rate === undefined
        ? guard
        : limitedGuard({
            guard,
            rate: rate.store,
            service: "coordinator",
            calls: { limit: rate.callsPerMinute, windowMs: 60_000 },
            trustedProxies,
          }),
    roster: options.roster,
    metricsAccess: metricsKey === undefined ? undefined : { key: metricsKey, allowedIps, trustedProxies },
    checks: { database: () => database.writes(schemaName), broker: () => broker.ping(), presence: () => presence.ping() },
    contract: coordinatorApi,
    routes(api) {
      // A connection that is kept alive would hold up the stop.
      api.addHook("onSend", async (_request, reply) => {
        if (stopping.signal.aborted) reply.header("connection", "close");
      });
      serveRoutes(api, routes, handlers(parts));
    },
  });
  const { url, port } = await server
    .listen({ port: config.port, host: config.host ?? "127.0.0.1", setting: "COORDINATOR_PORT" })
    .catch(async (error: unknown) => {
      await engine.stop();
      throw error;
    });
  logger.info({ port }, "coordinator open");
  return {
    url,
    port,
    metrics,
    async stop() {
      stopping.abort();
      await server.close();
      await engine.stop();
    },
  };
}
