// `covault cluster` is a production-shaped system on one machine, on the PostgreSQL, RabbitMQ and
// Redis that run there. It makes keys, signs, shows what runs where, and stays up until Ctrl-C.
import { createHash } from "node:crypto";
import { join, resolve } from "node:path";
import { CovaultError } from "@covault/errors";
import { type Account, CovaultClient } from "@covault/sdk";
import { type Env, environment, readConfig, urlForms, urlVariable } from "@covault/service-kit/run";
import { z } from "zod";
import { failed } from "../explain.ts";
import { doItAgain, keyFileInShell, verifiedByOpenssl } from "../first-light.ts";
import { allowExportVariable, allowImportVariable, backupVariables, exportVariables, importVariables } from "../settings/role-settings.ts";
import { makeScreen, type Screen } from "../terminal/index.ts";
import { type Cluster, startCluster } from "./start-cluster.ts";

/** What the processes get as it was given. Every party gets its own folder in BACKUP_DIR. */
const passedOn = {
  ALLOW_EXPORT: allowExportVariable(),
  ALLOW_IMPORT: allowImportVariable(),
  ...exportVariables(),
  ...importVariables(),
  ...backupVariables(),
};

/** Gives the settings of the environment that the cluster's processes get. */
export function settingsPassedOn(env: Env): Record<string, string> {
  const given = Object.keys(passedOn).flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]));
  // A process of the cluster runs in a folder of its own.
  return Object.fromEntries(given.map(([name, value]) => [name, name === "BACKUP_DIR" ? resolve(value) : value]));
}

/** The settings, which are read from the environment and `.env`. */
export const clusterSettings = z.object({
  DATA_DIR: z.string().default("./data"),
  CLUSTER_POSTGRES_URL: urlVariable(urlForms.postgres).default("postgres://postgres@127.0.0.1:5432/postgres"),
  RABBITMQ_URL: urlVariable(urlForms.rabbitmq).default("amqp://guest:guest@127.0.0.1:5672"),
  REDIS_URL: urlVariable(urlForms.redis).default("redis://127.0.0.1:6379/4"),
  /** What the names of databases, queues and keys in Redis begin with. */
  CLUSTER_PREFIX: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,31}$/, "expected up to 32 lower case letters, digits and _, a letter first")
    .default("covault_cluster"),
  ...passedOn,
});
const shape = { accounts: 2, coordinators: 2, routers: 2, parties: [1, 1, 1, 1, 2] };

export interface ClusterCommand {
  /** Exits after the first signatures. */
  readonly once?: boolean;
  /** Drops the databases of earlier runs first. */
  readonly fresh?: boolean;
}

/** Runs the cluster. Resolves with the exit code. */
export async function cluster({ once = false, fresh = false }: ClusterCommand): Promise<number> {
  const screen = makeScreen(process.stdout, process.env);
  const { print } = screen;
  let running: Cluster | undefined;
  let code = 0;
  const interrupt = new AbortController();
  const interrupted = new Promise<void>((wake) => interrupt.signal.addEventListener("abort", () => wake()));
  // The handlers stay, because under npm Ctrl-C arrives twice. Parts that do not stop are killed
  // after their time.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => interrupt.abort());
  try {
    const env = environment(".env");
    const settings = readConfig(clusterSettings, env);
    const dataDir = join(resolve(settings.DATA_DIR), "cluster");
    print("Covault cluster: every service and party a process of its own.");
    print("All on one machine: a trial, not custody.");
    const started = performance.now();
    const starting = startCluster({
      shape,
      servers: { postgres: settings.CLUSTER_POSTGRES_URL, rabbitmq: settings.RABBITMQ_URL, redis: settings.REDIS_URL },
      prefix: settings.CLUSTER_PREFIX,
      dataDir,
      fresh,
      env: settingsPassedOn(env),
      command: [process.execPath, ...process.execArgv, process.argv[1] ?? ""],
      signal: interrupt.signal,
      onReady: ({ name }, ready, all) => print(`  ${String(ready).padStart(String(all).length)} of ${all} ready: ${name}`),
      onDeath({ name, pid }, how) {
        const log = join(dataDir, "logs", `${name}.log`);
        process.stderr.write(`${name} (pid ${pid}) has died: ${typeof how === "number" ? `exit code ${how}` : how}. Its log: ${log}\n`);
      },
    });
    running = await screen.during("Starting", starting);
    print(`Started in ${Math.round(performance.now() - started)} ms.`);
    table(running, screen);
    print(`  databases  ${settings.CLUSTER_PREFIX}_*`);
    print(`  logs       ${join(dataDir, "logs")}`);
    print("");
    const account = await firstSignatures(running, screen);
    if (!once) {
      const digest = `0x${createHash("sha256").update("Covault cluster").digest("hex")}`;
      const accountUrl = accountServices(running.children)[0]?.url ?? "";
      doItAgain({ accountUrl, keyInShell: keyFileInShell(dataDir), accountId: account.id, digest }, print);
      print("");
      print("The cluster is up. Ctrl-C stops it.");
      await interrupted;
    }
  } catch (error) {
    if (interrupt.signal.aborted) {
      process.stderr.write("Interrupted.\n");
      code = 1;
    } else code = failed(error);
  }
  if (running !== undefined) {
    screen.stopping();
    const wrong = await running.stop();
    screen.stopped(wrong);
    if (wrong.length > 0) code = 1;
  }
  return code;
}

function table({ children }: Cluster, { print, palette }: Screen): void {
  const rows = [...children.values()].map(({ name, pid, url }) => [name, String(pid), url] as const);
  const [nameWidth, pidWidth] = [0, 1].map((at) => Math.max(...rows.map((row) => (row[at] ?? "").length), 4));
  print(palette.bold(`  ${"what".padEnd(nameWidth ?? 0)}  ${"pid".padStart(pidWidth ?? 0)}  where`));
  for (const [name, pid, url] of rows) print(`  ${name.padEnd(nameWidth ?? 0)}  ${pid.padStart(pidWidth ?? 0)}  ${url}`);
}

/** Makes a key of each shape through one account service, and signs with it through the other. */
async function firstSignatures({ apiKey, children }: Cluster, { print, during, palette }: Screen): Promise<Account> {
  const services = accountServices(children);
  let last: Account | undefined;
  const clients = services.map(({ url }) => new CovaultClient({ baseUrl: url, apiKey }));
  const client = (at: number): CovaultClient => clients[at % clients.length] as CovaultClient;
  for (const [threshold, parties] of [
    [2, 3],
    [3, 5],
  ] as const) {
    const asked = performance.now();
    const creating = client(0).createAccount({ user_id: "cluster", threshold_t: threshold, threshold_n: parties });
    const account = await during(`Making a ${threshold}-of-${parties} key`, creating);
    print(`${threshold}-of-${parties} key in ${Math.round(performance.now() - asked)} ms: account ${account.id}`);
    print(`  EVM address ${account.addresses.evm}`);
    last = account;
    for (const at of [0, 1]) {
      const message = `Covault cluster, signature ${at + 1}`;
      const digest = `0x${createHash("sha256").update(message).digest("hex")}`;
      const began = performance.now();
      const { signature } = await client(at + 1).sign(account.id, { digest });
      const ms = Math.round(performance.now() - began);
      if (!verifiedByOpenssl(account.public_key ?? "", message, signature.r, signature.s))
        throw new CovaultError("http/internal", `OpenSSL does not accept the signature ${signature.hex}.`);
      print(`  signed in ${ms} ms through ${services[(at + 1) % services.length]?.name}, ${palette.green("verified by OpenSSL")}`);
    }
  }
  return last as Account;
}

const accountServices = (children: Cluster["children"]) => [...children.values()].filter((child) => child.role === "account");
