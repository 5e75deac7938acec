// `covault start` is the whole system in one process, on embedded parts, with real HTTP and
// WebSocket between the services.
import { existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { CovaultError } from "@covault/errors";
import { workerPool } from "@covault/server-party";
import { type HealthCheck, requireFree } from "@covault/service-kit/http";
import { inProcessBroker, memoryPresence, memoryRateLimit } from "@covault/service-kit/messages";
import { environment, type Logger, makeLogger, makeShutdown, readConfig, type Shutdown } from "@covault/service-kit/run";
import { type KeptRoster, keptRosters, openDatabase } from "@covault/service-kit/sql";
import { keepAuditKey } from "./audit-key.ts";
import { failed } from "./explain.ts";
import { firstLight, keyFileInShell } from "./first-light.ts";
import { formerSecrets, partiesOf, requireFormer } from "./lost-secrets.ts";
import { runAccount } from "./roles/account.ts";
import { runCoordinator } from "./roles/coordinator.ts";
import { runRouter } from "./roles/router.ts";
import { backupsOf, runServerParty } from "./roles/server-party.ts";
import { runServerPartyApi } from "./roles/server-party-api.ts";
import { keptRoster, liveRoster, type SignedRoster } from "./roster.ts";
import { openSecrets, type SecretFolder } from "./secrets.ts";
import { rosterParties, type Settings, settingsSchema } from "./settings.ts";
import { makeScreen, type Screen } from "./terminal/index.ts";

export interface StartOptions {
  /** Exits after the first light. */
  readonly once?: boolean;
}

/**
 * Starts the system. Resolves with the process's exit code, or never when a signal ends the
 * process.
 */
export async function start({ once = false }: StartOptions): Promise<number> {
  let settings: Settings;
  try {
    settings = readConfig(settingsSchema, environment(".env"));
    if (settings.ENVIRONMENT === "production")
      throw new CovaultError(
        "config/bad-value",
        "ENVIRONMENT is production: this would hold all shares in one process with generated secrets.",
        {
          hint: "Run each role in its own process (docs/deployment.md), or set ENVIRONMENT=development for a trial.",
        },
      );
  } catch (error) {
    return failed(error);
  }
  const screen = makeScreen(process.stdout, process.env);
  const { print } = screen;
  const logger = makeLogger({ name: "covault", level: settings.LOG_LEVEL, destination: screen.log });
  let isStopping = false;
  const onStopping = (): void => {
    isStopping = true;
    screen.stopping();
  };
  const shutdown = makeShutdown({ logger, onStopping, onStopped: screen.stopped });
  shutdown.onSignals();
  try {
    print("Covault: all parties in one process. A trial, not custody: see SECURITY.md.");
    const account = await screen.during("Starting", compose(settings, { logger, shutdown, screen }));
    print("");
    const newKey = rosterParties.every((id) => settings.EMBEDDED_PARTIES.includes(id));
    await firstLight({ ...account, screen, newKey, staysUp: !once });
  } catch (error) {
    // What a stop cuts off has not failed.
    if (isStopping) return new Promise(() => {});
    const code = failed(error);
    // A system that is up stays up, so that a person can look at it. One that could not start, or
    // that was asked for once, ends.
    if (once || !isUp) {
      await shutdown.run("failed");
      return code;
    }
    print("Covault is up, but the first light failed. Ctrl-C stops it.");
    return new Promise(() => {});
  }
  if (once) return (await shutdown.run("once")).length === 0 ? 0 : 1;
  print("");
  print("Covault is up. Ctrl-C stops it.");
  return new Promise(() => {});
}

let isUp = false;

interface Stage {
  readonly logger: Logger;
  readonly shutdown: Shutdown;
  readonly screen: Screen;
}

async function compose(settings: Settings, { logger, shutdown, screen }: Stage) {
  const started = performance.now();
  const dataDir = resolve(settings.DATA_DIR);
  const database = await openDatabase({ kind: "pglite", dir: dataDir }, (error) => logger.error({ err: error }, "database"));
  shutdown.add("database", () => database.close());

  // The ports are checked before secrets are made, so that a system that cannot start leaves
  // nothing behind.
  for (const setting of ["ACCOUNT_PORT", "COORDINATOR_PORT", "ROUTER_PORT", "SERVER_PARTY_API_PORT"] as const)
    await requireFree({ setting, port: settings[setting], host: settings.BIND_ADDRESS });

  const folder = openSecrets(dataDir);
  const kept = await keptRosters(database);
  const rosterFile = join(dataDir, "roster");
  const hadRoster = existsSync(rosterFile);
  const worked = await partiesOf(database, kept.keys());
  const secrets = readSecrets(rosterFile, folder, settings, { kept, worked });
  if (kept.size > 0 && !hadRoster)
    screen.print(`The file ${rosterFile} was gone. It is signed anew, with a serial that the databases take.`);
  if (folder.made.length > 0) {
    const secretsDir = join(dataDir, "secrets");
    screen.print(`Generated, mode 0600, in ${secretsDir}:`);
    const names = folder.made.map((file) => relative(secretsDir, file));
    for (let at = 0; at < names.length; at += 3) screen.print(`  ${names.slice(at, at + 3).join(", ")}`);
  }

  const broker = inProcessBroker();
  const presence = memoryPresence();
  shutdown.add("broker", () => broker.close());
  const { BIND_ADDRESS: host, ALLOWED_IPS: allowedIps } = settings;
  const { apiKey, metricsKey } = secrets;
  const guard = { apiKey, metricsKey, allowedIps };
  const metricsAccess = { key: metricsKey, allowedIps };

  const named = (name: string) => ({ logger: logger.child({ service: name }), shutdown, roster: liveRoster(secrets.roster) });
  const rate = { store: memoryRateLimit(), callsPerMinute: settings.RATE_LIMIT_PER_MINUTE };

  const router = await runRouter(
    { port: settings.ROUTER_PORT, host, metricsAccess, devicesMax: settings.DEVICES_MAX },
    { ...named("router"), broker, presence },
  );
  const coordinator = await runCoordinator(
    { port: settings.COORDINATOR_PORT, host, ...guard, jwtSecret: secrets.jwtSecret },
    { ...named("coordinator"), database, broker, presence, rate: { ...rate, callsPerMinute: rate.callsPerMinute * 10 } },
  );
  const checks: Record<string, HealthCheck> = {};
  // There are as many threads as the machine has use for, whatever the number of parties. With one
  // for each party, the services would get no turn.
  const runner = workerPool();
  shutdown.add("party workers", () => runner.close());
  for (const partyId of settings.EMBEDDED_PARTIES) {
    const party = await runServerParty(
      {
        partyId,
        identitySeed: secrets.identities.get(partyId) as Uint8Array,
        routerUrls: [router.url],
        masterKey: secrets.masterKey,
        generation: { file: join(dataDir, "generations", partyId) },
        exportRecipients: settings.EXPORT_RECIPIENTS,
        importAllowed: settings.IMPORT_ALLOWED,
        backups: backupsOf(settings),
      },
      { ...named(partyId), database, runner },
    );
    checks[partyId] = party.check;
  }
  const api = await runServerPartyApi({ port: settings.SERVER_PARTY_API_PORT, host, metricsAccess, checks }, named("server-party-api"));
  const account = await runAccount(
    {
      port: settings.ACCOUNT_PORT,
      host,
      ...guard,
      coordinatorUrls: [coordinator.url],
      initiator: { id: "account", seed: secrets.initiatorSeed },
      rowKeys: { current: secrets.rowKey },
      auditKeys: { seed: secrets.auditSeed },
      refreshEveryDays: settings.REFRESH_EVERY_DAYS,
      allowExport: settings.ALLOW_EXPORT,
      allowImport: settings.ALLOW_IMPORT,
    },
    { ...named("account"), database, rate },
  );
  isUp = true;

  screen.print(`Started in ${Math.round(performance.now() - started)} ms:`);
  const rows = [
    ["account", account.url],
    ["API reference", `${account.url}/docs`],
    ["coordinator", coordinator.url],
    ["router", router.url],
    ["server-party-api", api.url],
    ["parties", settings.EMBEDDED_PARTIES.join(", ")],
    ["data", dataDir],
  ];
  for (const [what, where] of rows) screen.print(`  ${screen.palette.dim((what ?? "").padEnd(16))}  ${where}`);
  const keyInShell = settings.MPC_API_KEY === undefined ? keyFileInShell(dataDir) : "$MPC_API_KEY";
  return { accountUrl: account.url, apiKey: secrets.apiKey, keyInShell };
}

interface Secrets {
  readonly apiKey: string;
  readonly metricsKey: string;
  readonly jwtSecret: string;
  readonly masterKey: Uint8Array;
  readonly initiatorSeed: Uint8Array;
  readonly rowKey: Uint8Array;
  readonly auditSeed: Uint8Array;
  readonly identities: ReadonlyMap<string, Uint8Array>;
  readonly roster: SignedRoster;
}

/** What the database was used with. Nothing of it is there before the first start. */
interface Former {
  /** The rosters, by schema. */
  readonly kept: ReadonlyMap<string, KeptRoster>;
  readonly worked: readonly string[];
}

function readSecrets(rosterFile: string, folder: SecretFolder, settings: Settings, { kept, worked }: Former): Secrets {
  if (kept.size > 0) requireFormer(folder, formerSecrets(settings, worked));
  const known = folder.names("parties");
  const parties = [...new Set([...rosterParties, ...known, ...settings.EMBEDDED_PARTIES])].sort();
  const identities = new Map(parties.map((id) => [id, folder.key(join("parties", id))]));
  const initiatorSeed = folder.key("initiator_key", settings.INITIATOR_KEY);
  const auditSeed = folder.key("audit_key", settings.AUDIT_KEY);
  keepAuditKey(join(dirname(rosterFile), "audit-key"), auditSeed, kept.size > 0);
  return {
    apiKey: folder.secret("mpc_api_key", 32, settings.MPC_API_KEY),
    metricsKey: folder.secret("metrics_api_key", 32, settings.METRICS_API_KEY),
    jwtSecret: folder.secret("jwt_secret_key", 32, settings.JWT_SECRET_KEY),
    masterKey: folder.key("crypto_master_key", settings.CRYPTO_MASTER_KEY),
    initiatorSeed,
    rowKey: folder.key("row_key", settings.ROW_KEY),
    auditSeed,
    identities,
    roster: keptRoster(rosterFile, folder.key("root_key"), identities, initiatorSeed, [...kept.values()]),
  };
}
