// `covault serve <role>` runs one role in one process, on PostgreSQL, RabbitMQ and Redis.
// Everything is checked before anything starts.
import { CovaultError } from "@covault/errors";
import { type Env, environment, type OnStep } from "@covault/service-kit/run";
import type { LiveRoster } from "@covault/trust";
import { basics, connectDatabase, connectGenerations, connectMessages, connectRate, connectTracing, type Stage } from "./connect.ts";
import { failed } from "./explain.ts";
import { runAccount } from "./roles/account.ts";
import { runCoordinator } from "./roles/coordinator.ts";
import type { Running } from "./roles/parts.ts";
import { runRouter } from "./roles/router.ts";
import { backupsOf, runServerParty } from "./roles/server-party.ts";
import { runServerPartyApi } from "./roles/server-party-api.ts";
import { followRoster } from "./roster-file.ts";
import { readSettings, readTrustedSettings } from "./settings/read-settings.ts";
import { type RoleName, type RoleSettings, roleNames } from "./settings/role-settings.ts";

export interface ServeOptions {
  readonly role: string;
  /** The path of a YAML file. The environment wins over it. */
  readonly configFile?: string;
  /** Gets each step of the role. A test gives it, and nothing that runs in production does. */
  readonly onStep?: OnStep | undefined;
}

/**
 * Resolves with an exit code when the role cannot start. Otherwise it runs until a signal ends the
 * process.
 */
export async function serve({ role, configFile, onStep }: ServeOptions): Promise<number> {
  let starting: Prepared;
  try {
    if (!isRole(role))
      throw new CovaultError("config/bad-value", `There is no role ${JSON.stringify(role)}: expected ${roleNames.join(", ")}.`, {
        hint: `Name one of them: covault serve ${roleNames[0]}.`,
      });
    starting = prepare[role](environment(".env"), configFile, onStep);
  } catch (error) {
    return failed(error);
  }
  const { shutdown, logger, roster, run } = starting;
  shutdown.onSignals();
  // A cluster on one machine holds a channel to its parts, so that they do not outlive it.
  process.once("disconnect", () => void shutdown.run("parent gone").finally(() => process.exit(1)));
  // The listener would otherwise keep a process alive that has failed to start.
  process.channel?.unref();
  try {
    const { url } = await run();
    if (roster !== undefined) shutdown.add("roster", followRoster(roster.file, roster.live, { logger }));
    serving(role, url);
  } catch (error) {
    const code = failed(error);
    await shutdown.run("failed");
    return code;
  }
  return new Promise(() => {});
}

/**
 * Says that the role serves, at every LOG_LEVEL, because the program that started it waits for
 * this.
 */
function serving(role: RoleName, url: string): void {
  if (process.stdout.isTTY) process.stdout.write(`${role} serves at ${url}. Ctrl-C stops it.\n`);
  else process.stdout.write(`${JSON.stringify({ level: "info", time: new Date().toISOString(), name: role, url, msg: "serving" })}\n`);
}

interface Prepared extends Stage {
  /** The roster's file is followed once the role runs. */
  readonly roster?: { readonly file: string; readonly live: LiveRoster };
  readonly run: () => Promise<Running>;
}
type Prepare = (env: Env, configFile?: string, onStep?: OnStep) => Prepared;

/**
 * The preparation of each role. It checks all settings and files now, and connects and starts in
 * `run`.
 */
const prepare: { readonly [R in RoleName]: Prepare } = {
  account(env, configFile, onStep) {
    const { settings, roster } = readTrustedSettings("account", env, configFile);
    const stage = basics("account", settings, onStep);
    return {
      ...stage,
      roster: { file: settings.ROSTER_FILE, live: roster },
      async run() {
        const tracing = await connectTracing("account", env, stage);
        const database = await connectDatabase("account", settings, stage);
        const rate = await connectRate(settings, stage);
        const { COORDINATOR_API_KEY: coordinatorApiKey } = settings;
        const role = {
          ...edgeOf(settings, settings.ACCOUNT_PORT),
          coordinatorUrls: settings.COORDINATOR_URLS,
          ...(coordinatorApiKey === undefined ? {} : { coordinatorApiKey }),
          initiator: { id: settings.INITIATOR_ID, seed: settings.INITIATOR_KEY, keysAlso: settings.INITIATOR_KEYS_ALSO },
          rowKeys: { current: settings.ROW_KEY, also: settings.ROW_KEYS_ALSO },
          auditKeys: { seed: settings.AUDIT_KEY, keysAlso: settings.AUDIT_KEYS_ALSO },
          refreshEveryDays: settings.REFRESH_EVERY_DAYS,
          allowExport: settings.ALLOW_EXPORT,
          allowImport: settings.ALLOW_IMPORT,
        };
        return runAccount(role, { ...stage, tracing, roster, database, rate });
      },
    };
  },
  coordinator(env, configFile, onStep) {
    const { settings, roster } = readTrustedSettings("coordinator", env, configFile);
    const stage = basics("coordinator", settings, onStep);
    return {
      ...stage,
      roster: { file: settings.ROSTER_FILE, live: roster },
      async run() {
        const tracing = await connectTracing("coordinator", env, stage);
        const database = await connectDatabase("coordinator", settings, stage);
        const messages = await connectMessages(settings, stage);
        const rate = await connectRate(settings, stage);
        const role = { ...edgeOf(settings, settings.COORDINATOR_PORT), jwtSecret: settings.JWT_SECRET_KEY };
        // The callers of this role are services, which make several calls for each of their
        // callers' one.
        const callsPerMinute = rate.callsPerMinute * 10;
        return runCoordinator(role, { ...stage, tracing, roster, database, ...messages, rate: { ...rate, callsPerMinute } });
      },
    };
  },
  router(env, configFile, onStep) {
    const { settings, roster } = readTrustedSettings("router", env, configFile);
    const stage = basics("router", settings, onStep);
    return {
      ...stage,
      roster: { file: settings.ROSTER_FILE, live: roster },
      async run() {
        const messages = await connectMessages(settings, stage);
        const { TRUSTED_PROXIES: trustedProxies, DEVICES_MAX: devicesMax } = settings;
        const role = { ...openEdgeOf(settings, settings.ROUTER_PORT), trustedProxies, devicesMax };
        return runRouter(role, { ...stage, roster, ...messages });
      },
    };
  },
  "server-party"(env, configFile, onStep) {
    const { settings, roster } = readTrustedSettings("server-party", env, configFile);
    const stage = basics(settings.PARTY_ID, settings, onStep);
    return {
      ...stage,
      roster: { file: settings.ROSTER_FILE, live: roster },
      async run() {
        const tracing = await connectTracing(settings.PARTY_ID, env, stage);
        const database = await connectDatabase("server-party", settings, stage, settings.PARTY_ID);
        const { PARTY_INSTANCE_ID: instanceId, GENERATION_FILE: file, GENERATION_DATABASE_URL: url, PARTY_WORKERS: workers } = settings;
        const generation = url === undefined ? file && { file } : { database: await connectGenerations(url, stage) };
        const party = await runServerParty(
          {
            partyId: settings.PARTY_ID,
            identitySeed: settings.PARTY_IDENTITY_KEY,
            routerUrls: settings.ROUTER_URLS,
            masterKey: settings.CRYPTO_MASTER_KEY,
            formerMasterKeys: settings.CRYPTO_MASTER_KEY_FORMER,
            drainMs: settings.DRAIN_MS,
            exportRecipients: settings.EXPORT_RECIPIENTS,
            importAllowed: settings.IMPORT_ALLOWED,
            backups: backupsOf(settings),
            health: openEdgeOf(settings, settings.PARTY_HEALTH_PORT),
            ...(instanceId === undefined ? {} : { instanceId }),
            ...(generation ? { generation } : {}),
            ...(workers === 0 ? {} : { workers }),
          },
          { ...stage, tracing, roster, database },
        );
        return { url: party.url ?? "" };
      },
    };
  },
  "server-party-api"(env, configFile, onStep) {
    const settings = readSettings("server-party-api", env, configFile);
    const stage = basics("server-party-api", settings, onStep);
    const checks = Object.fromEntries(settings.PARTY_HEALTH_URLS.map(({ name, url }) => [name, () => isReady(url)]));
    return {
      ...stage,
      run: () => runServerPartyApi({ ...openEdgeOf(settings, settings.SERVER_PARTY_API_PORT), checks }, stage),
    };
  },
};

function isRole(text: string): text is RoleName {
  return (roleNames as readonly string[]).includes(text);
}

function edgeOf(settings: RoleSettings<"account" | "coordinator">, port: number) {
  return {
    port,
    host: settings.BIND_ADDRESS,
    apiKey: settings.MPC_API_KEY,
    metricsKey: settings.METRICS_API_KEY,
    allowedIps: settings.ALLOWED_IPS,
    trustedProxies: settings.TRUSTED_PROXIES,
    drainMs: settings.DRAIN_MS,
  };
}

/** Gives the edge of a role that serves only health and metrics. */
function openEdgeOf(settings: RoleSettings<"router" | "server-party" | "server-party-api">, port: number) {
  const { BIND_ADDRESS: host, METRICS_API_KEY: key, ALLOWED_IPS: allowedIps, TRUSTED_PROXIES: trustedProxies } = settings;
  return { port, host, metricsAccess: key === undefined ? undefined : { key, allowedIps, trustedProxies } };
}

async function isReady(url: string): Promise<void> {
  const response = await fetch(`${url.replace(/\/+$/, "")}/health/ready`, { signal: AbortSignal.timeout(1_500) });
  await response.arrayBuffer();
  if (!response.ok) throw new CovaultError("http/unavailable", `${url} is not ready.`);
}
