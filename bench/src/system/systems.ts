// The two systems as users start them: `covault start` and `covault cluster`, each a process of its
// own with a data folder of its own.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import pg from "pg";
import type { SystemName } from "./figures.ts";
import type { Target } from "./requests.ts";

export interface System {
  readonly pid: number;
  readonly target: Target;
  readonly routerUrls: readonly string[];
  /** The key of /metrics. */
  readonly metricsKey: string;
  /** The milliseconds from the start of the process to its line "Started". */
  readonly startedMs: number;
  /** Ends the system in order, or at once when that takes longer than a minute. */
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly folder: string;
  /** Arguments of Node before the program. */
  readonly nodeArguments?: readonly string[];
  /** The processes that have to end with the bench. */
  readonly running: Set<ChildProcess>;
}

const covault = join(import.meta.dirname, "../../../apps/cli/bin/covault.js");
/** What the databases and queues of the cluster are called by, so that no other cluster is met. */
export const prefix = "covault_bench";
const serverVariables = ["CLUSTER_POSTGRES_URL", "RABBITMQ_URL", "REDIS_URL"];
const startsWithinMs = 180_000;
const endsWithinMs = 60_000;

export const start: Readonly<Record<SystemName, (options: StartOptions) => Promise<System>>> = {
  async embedded(options) {
    const dataDir = join(options.folder, "embedded");
    const names = ["ACCOUNT_PORT", "COORDINATOR_PORT", "ROUTER_PORT", "SERVER_PARTY_API_PORT"] as const;
    const ports = await freePorts(names.length);
    const portOf = (name: (typeof names)[number]): number => ports[names.indexOf(name)] as number;
    const environment = { DATA_DIR: dataDir, RATE_LIMIT_PER_MINUTE: "10000000" };
    const settings = { ...environment, ...Object.fromEntries(names.map((name) => [name, String(portOf(name))])) };
    const { process: child, startedMs, stop } = await launch(["start"], dataDir, settings, "Covault is up. Ctrl-C", options);
    return {
      pid: child.pid as number,
      target: { accountUrls: [`http://127.0.0.1:${portOf("ACCOUNT_PORT")}`], apiKey: secretOf(dataDir, "mpc_api_key") },
      routerUrls: [`http://127.0.0.1:${portOf("ROUTER_PORT")}`],
      metricsKey: secretOf(dataDir, "metrics_api_key"),
      startedMs,
      stop,
    };
  },
  async cluster(options) {
    const dataDir = join(options.folder, "cluster");
    const servers = serverVariables.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]] as const]));
    const settings = { DATA_DIR: dataDir, CLUSTER_PREFIX: prefix, ...Object.fromEntries(servers) };
    const { process: child, startedMs, output, stop } = await launch(["cluster"], dataDir, settings, "The cluster is up.", options);
    // Each process has a line with its name, its pid and its URL.
    const urlsOf = (role: string): string[] =>
      [...output().matchAll(new RegExp(`"${role}-\\d+ +\\d+ +(http://[\\d.:]+)"`, "g"))].map(([, url]) => url as string);
    if (urlsOf("account").length === 0 || urlsOf("router").length === 0)
      throw new Error(`covault cluster does not say where its services are:\n${output()}`);
    return {
      pid: child.pid as number,
      target: { accountUrls: urlsOf("account"), apiKey: secretOf(join(dataDir, "cluster"), "mpc_api_key") },
      routerUrls: urlsOf("router"),
      metricsKey: secretOf(join(dataDir, "cluster"), "metrics_api_key"),
      startedMs,
      stop,
    };
  },
};

const secretOf = (dataDir: string, name: string): string => readFileSync(join(dataDir, "secrets", name), "utf8").trim();

/**
 * Drops the databases of the cluster, which must have ended. A run that was cut off has left some,
 * which other keys have sealed.
 */
export async function dropDatabases(): Promise<void> {
  const client = new pg.Client(process.env.CLUSTER_POSTGRES_URL ?? "postgres://postgres@127.0.0.1:5432/postgres");
  await client.connect();
  try {
    const { rows } = await client.query<{ datname: string }>("SELECT datname FROM pg_database WHERE starts_with(datname, $1)", [
      `${prefix}_`,
    ]);
    for (const { datname } of rows) await client.query(`DROP DATABASE "${datname}" WITH (FORCE)`);
  } finally {
    await client.end();
  }
}

interface Launched {
  readonly process: ChildProcess;
  readonly startedMs: number;
  output(): string;
  stop(): Promise<void>;
}

/** Starts the program and waits until it says `isUp`. Throws what it said when it ends before. */
async function launch(
  command: readonly string[],
  dataDir: string,
  settings: Readonly<Record<string, string>>,
  isUp: string,
  { nodeArguments = [], running }: StartOptions,
): Promise<Launched> {
  mkdirSync(dataDir, { recursive: true });
  const spawned = performance.now();
  const child = spawn(process.execPath, [...nodeArguments, covault, ...command], {
    // No .env of the folder that the bench was started in is read.
    cwd: dataDir,
    env: { PATH: process.env.PATH ?? "", ...settings },
    stdio: ["ignore", "pipe", "pipe"],
    // Ctrl-C reaches the bench alone, which ends the system in order.
    detached: true,
  });
  running.add(child);
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => {
      running.delete(child);
      resolve();
    });
  });
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    const patience = setTimeout(() => child.kill("SIGKILL"), endsWithinMs);
    await ended;
    clearTimeout(patience);
  };
  let text = "";
  let startedMs: number | undefined;
  const up = new Promise<void>((resolve) => {
    const read = (chunk: Buffer): void => {
      text += chunk.toString();
      if (startedMs === undefined && text.includes("Started in")) startedMs = performance.now() - spawned;
      if (text.includes(isUp)) resolve();
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
  });
  let late: NodeJS.Timeout | undefined;
  const tooLate = new Promise<void>((resolve) => {
    late = setTimeout(resolve, startsWithinMs);
  });
  await Promise.race([up, ended, tooLate]);
  clearTimeout(late);
  if (!text.includes(isUp) || startedMs === undefined) {
    await stop();
    throw new Error(`covault ${command.join(" ")} is not up. It said:\n${text.trim().split("\n").slice(-12).join("\n")}`);
  }
  return { process: child, startedMs, output: () => text, stop };
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port))),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
