// This file starts the account service. It migrates its schema, opens its port, and reconciles what
// an earlier life left open.
import { randomBytes } from "node:crypto";
import { accountApi, routes } from "@covault/api/account";
import { ed25519Signer } from "@covault/crypto";
import { buildServer, limitedGuard, serveRoutes } from "@covault/service-kit/http";
import type { RateLimit } from "@covault/service-kit/messages";
import { type Logger, type Metrics, makeMetrics, noTracing, type OnStep, type Tracing, watched } from "@covault/service-kit/run";
import { type Database, migrate, rosterTable } from "@covault/service-kit/sql";
import type { LiveRoster } from "@covault/trust";
import { newId } from "@covault/wire";
import { watchRoster } from "./accounts/roster-watch.ts";
import { askByItself, backupLookEveryMs } from "./backups/ask-backups.ts";
import { chore } from "./chores.ts";
import { type AccountContext, defaultTiming, type Timing } from "./context.ts";
import { connectCoordinator } from "./coordinator/client.ts";
import { makeCheckpoints } from "./events/checkpoints.ts";
import { deniedAccess } from "./events/denied.ts";
import { tenantGuard } from "./guard.ts";
import { checkSpeaks, keysReadBy, makeInitiator } from "./intent/initiator.ts";
import { openedKeys } from "./keys/opened-keys.ts";
import { type ByItself, refreshByItself, refreshLookEveryMs } from "./operations/by-itself.ts";
import { pairRenewals } from "./operations/pair-renewals.ts";
import { reconcile } from "./operations/reconcile.ts";
import { handlers } from "./routes/handlers.ts";
import { accountStore } from "./store/account-store.ts";
import { checkRowKeys } from "./store/row-keys.ts";
import { type AccountTables, schemaName } from "./store/tables.ts";

export interface AccountConfig {
  /** The port, which is 4000 by custom. 0 takes any free one. */
  readonly port: number;
  /** The address to listen on. Default 127.0.0.1. */
  readonly host?: string;
  /** The key MPC_API_KEY of callers of this service, for the tenant `default`. */
  readonly apiKey: string;
  /**
   * The URL of the coordinator, for example http://127.0.0.1:8081. Several of them are replicas, of
   * which one that answers is asked.
   */
  readonly coordinatorUrl: string | readonly string[];
  /** The key for the coordinator. Default: `apiKey`. */
  readonly coordinatorApiKey?: string;
  /** The CIDR blocks of callers. An empty list allows every address. */
  readonly allowedIps?: readonly string[];
  readonly trustedProxies?: readonly string[];
  /**
   * The key METRICS_API_KEY, which readers of /metrics send. When it is absent, nobody can read
   * them.
   */
  readonly metricsKey?: string | undefined;
  readonly timing?: Partial<Timing>;
  /** The setting ALLOW_EXPORT. Default: no export is asked for. */
  readonly allowExport?: boolean;
  /** The setting ALLOW_IMPORT. Default: no import is asked for. */
  readonly allowImport?: boolean;
  /** What the service refreshes by itself. When it is absent, people ask for every refresh. */
  readonly byItself?: ByItself;
  /** How long a stop waits for requests that are under way, in milliseconds. Default 0. */
  readonly drainMs?: number;
}

export interface AccountServiceOptions {
  readonly config: AccountConfig;
  readonly database: Database;
  /** The roster, which may change while the service runs. */
  readonly roster: LiveRoster;
  /**
   * The initiator's id in the roster, and INITIATOR_KEY, 32 secret bytes. `keysAlso` is
   * INITIATOR_KEYS_ALSO: public keys that still open what they signed.
   */
  readonly initiator: { readonly id: string; readonly seed: Uint8Array; readonly keysAlso?: readonly Uint8Array[] };
  /** The keys ROW_KEY and ROW_KEYS_ALSO, 32 secret bytes each. */
  readonly rowKeys: { readonly current: Uint8Array; readonly also?: readonly Uint8Array[] };
  /**
   * The key AUDIT_KEY, 32 secret bytes, which signs checkpoints of the event log. `keysAlso` is
   * AUDIT_KEYS_ALSO: public keys of other checkpoints that the service believes.
   */
  readonly auditKeys: { readonly seed: Uint8Array; readonly keysAlso?: readonly Uint8Array[] };
  readonly logger: Logger;
  readonly metrics?: Metrics;
  readonly tracing?: Tracing;
  /**
   * Limits calls per API key and refused keys per address. When it is absent, there are no limits.
   */
  readonly rate?: { readonly store: RateLimit; readonly callsPerMinute: number };
  /** Gets each step of the service. A test gives it, and nothing that runs in production does. */
  readonly onStep?: OnStep | undefined;
  /** Gives the time in milliseconds since 1970. Default: the system's clock. */
  readonly nowMs?: () => number;
}

export interface AccountService {
  readonly url: string;
  readonly port: number;
  /** Resolves when the first look at what an earlier life left open is over. */
  readonly reconciled: Promise<void>;
  /** Resolves when no renewal that this service has begun by itself is under way. */
  readonly renewed: () => Promise<void>;
  /**
   * Looks once for keys that want a refresh, as if it were this time. With `byItself` the service
   * does so every ten minutes.
   */
  readonly lookAtKeys: (nowMs: number) => Promise<void>;
  /**
   * Asks once for backups of the epochs that have come. With `byItself` the service does so every
   * minute.
   */
  readonly lookAtBackups: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** A checkpoint of an event log that grows fast is signed after so many entries. */
const checkpointEntries = 1_000;

export async function startAccount(options: AccountServiceOptions): Promise<AccountService> {
  const { config, database, logger, rate, onStep } = options;
  const nowMs = options.nowMs ?? Date.now;
  const timing = { ...defaultTiming, ...config.timing };
  const initiator = makeInitiator(options.initiator.id, options.initiator.seed);
  const { roster } = options;
  const keysOf = keysReadBy(roster.held, initiator, options.initiator.keysAlso ?? []);
  checkSpeaks(roster.current(), initiator, nowMs());
  await migrate(database, schemaName, new URL("../migrations/", import.meta.url));
  const db = database.schema<AccountTables>(schemaName);
  const secretRowKeys = { also: [], ...options.rowKeys };
  await checkRowKeys(db, secretRowKeys);
  await roster.keepIn(watched("roster", rosterTable(database, schemaName), onStep));
  const store = watched("store", accountStore(db, secretRowKeys, keysOf), onStep);

  const stopping = new AbortController();
  const client = connectCoordinator({
    urls: [config.coordinatorUrl].flat().map((url) => url.replace(/\/+$/, "")),
    apiKey: config.coordinatorApiKey ?? config.apiKey,
    timeoutMs: timing.answerMs,
    signal: stopping.signal,
    onKeyRefused: (url, status) =>
      logger.error({ url, status }, "the coordinator refuses COORDINATOR_API_KEY, or the address of this service"),
  });
  const coordinator = watched("coordinator", client, onStep);
  const signer = ed25519Signer(options.auditKeys.seed);
  const audit = { signer, keys: [signer.publicKey, ...(options.auditKeys.keysAlso ?? [])] };
  const checkpoints = makeCheckpoints({ store, audit, initiatorId: initiator.id, nowMs, logger });
  const context: AccountContext = {
    allows: { exports: config.allowExport === true, imports: config.allowImport === true },
    store,
    checkpoints,
    openedKeys: openedKeys(keysOf, roster.held),
    initiator,
    keysOf,
    roster: roster.current,
    coordinator,
    renewals: pairRenewals(() => context),
    logger,
    tracing: options.tracing ?? noTracing,
    timing,
    nowMs,
    newId: (prefix) => newId(prefix, randomBytes(10), nowMs()),
    signal: stopping.signal,
  };
  const metrics = options.metrics ?? makeMetrics("account");
  const { allowedIps = [], trustedProxies = [], metricsKey, byItself } = config;
  const denied = deniedAccess(store, nowMs, logger);
  const guard = tenantGuard({
    apiKey: config.apiKey,
    allowedIps,
    trustedProxies,
    store,
    nowMs,
    onDenied: denied.count,
  });
  const server = await buildServer({
    name: "account",
    logger,
    metrics,
    onStep,
    guard:
      rate === undefined
        ? guard
        : limitedGuard({
            guard,
            rate: rate.store,
            service: "account",
            calls: { limit: rate.callsPerMinute, windowMs: 60_000 },
            trustedProxies,
          }),
    roster,
    metricsAccess: metricsKey === undefined ? undefined : { key: metricsKey, allowedIps, trustedProxies },
    bodyBytesMax: 16_384,
    checks: { database: () => database.writes(schemaName), coordinator: coordinator.ping },
    contract: accountApi,
    routes: (api) => serveRoutes(api, routes, handlers(context)),
  });
  const { url, port } = await server.listen({ port: config.port, host: config.host ?? "127.0.0.1", setting: "ACCOUNT_PORT" });

  const watch = watchRoster(context, roster);
  const lookAtKeys = (at: number) => refreshByItself(context, { everyDays: 0, ...byItself }, at);
  const reconciling = chore(timing.reconcileEveryMs, () => reconcile(context));
  const chores = [
    reconciling,
    chore(timing.deniedEveryMs, denied.flush),
    chore(timing.checkpointEveryMs, () => checkpoints.look(1)),
    chore(timing.reconcileEveryMs, () => checkpoints.look(checkpointEntries)),
    ...(byItself === undefined ? [] : [chore(backupLookEveryMs, () => askByItself(context), "later")]),
    ...(byItself === undefined ? [] : [chore(refreshLookEveryMs, () => lookAtKeys(nowMs()), "later")]),
  ];
  return {
    url,
    port,
    reconciled: reconciling.first,
    renewed: context.renewals.idle,
    lookAtKeys,
    lookAtBackups: () => askByItself(context),
    stop: async () => {
      await server.drain(config.drainMs ?? 0);
      const stopped = chores.map(({ stop }) => stop());
      stopping.abort();
      await server.close();
      await Promise.all([...stopped, watch.stop(), context.renewals.idle()]);
      await denied.flush();
    },
  };
}
