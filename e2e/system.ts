// This file starts the whole system as a user does: `covault start` in a process of its own, on
// free ports, in a folder of its own.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { accountApi } from "@covault/api/account";
import { checkAnswer } from "../packages/api/test/check-answer.ts";
import { layDatabase } from "../packages/service-kit/test/embedded.ts";

export const covault = join(import.meta.dirname, "../apps/cli/bin/covault.js");

export interface System {
  readonly accountUrl: string;
  readonly coordinatorUrl: string;
  readonly dataDir: string;
  /** Gives everything that was printed so far, from both streams. */
  output(): string;
  /** Gives the API key that the system was given, or that it made. */
  apiKey(): string;
  /** Calls the account API with the key, and holds the answer to the contract. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Sends a signal that ends nothing. */
  signal(signal: NodeJS.Signals): void;
  /** Sends the signal and waits for the exit. Gives the exit code, or the signal's name. */
  end(signal: NodeJS.Signals): Promise<number | string>;
  /** Resolves with the exit code when the process ends by itself. */
  exited(): Promise<number | string>;
}
export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads the answer as an untyped caller would.
  readonly body: any;
}

const dataDirs: string[] = [];
const running = new Set<ChildProcess>();

export function newDataDir(): string {
  const folder = mkdtempSync(join(tmpdir(), "covault-e2e-"));
  dataDirs.push(folder);
  return folder;
}

/**
 * Gives a data folder with an empty database in it, which a first start takes seconds to make. It
 * is for tests that show something else.
 */
export async function preparedDataDir(): Promise<string> {
  const folder = newDataDir();
  await layDatabase(folder);
  return folder;
}

/** Ends what a failed test left behind. It must be called in `afterAll`. */
export function cleanUp(): void {
  for (const child of running) child.kill("SIGKILL");
  for (const folder of dataDirs) rmSync(folder, { recursive: true, force: true });
}

export async function freePorts(count: number): Promise<number[]> {
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

/**
 * Starts `covault start` with `args`. It resolves when the system says that it is up, or when it
 * has ended.
 */
export async function startSystem(options: {
  readonly dataDir: string;
  readonly env?: Record<string, string>;
  readonly args?: readonly string[];
}): Promise<System> {
  const [account, coordinator, router, api] = await freePorts(4);
  const child = spawn(process.execPath, [covault, "start", ...(options.args ?? [])], {
    cwd: options.dataDir,
    env: {
      PATH: process.env.PATH ?? "",
      DATA_DIR: options.dataDir,
      ACCOUNT_PORT: String(account),
      COORDINATOR_PORT: String(coordinator),
      ROUTER_PORT: String(router),
      SERVER_PARTY_API_PORT: String(api),
      ...options.env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  let text = "";
  const ended = new Promise<number | string>((resolve) =>
    child.once("exit", (code, signal) => {
      running.delete(child);
      resolve(code ?? signal ?? "unknown");
    }),
  );
  const up = new Promise<void>((resolve) => {
    const read = (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes("Covault is up")) resolve();
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
  });
  await Promise.race([up, ended]);
  const accountUrl = `http://127.0.0.1:${account}`;
  const apiKey = () => options.env?.MPC_API_KEY ?? readFileSync(join(options.dataDir, "secrets/mpc_api_key"), "utf8").trim();
  return {
    accountUrl,
    coordinatorUrl: `http://127.0.0.1:${coordinator}`,
    dataDir: options.dataDir,
    output: () => text,
    apiKey,
    exited: () => ended,
    async call(method, path, body, headers = {}) {
      const response = await fetch(`${accountUrl}${path}`, {
        method,
        headers: { "x-api-key": apiKey(), ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      });
      const { status } = response;
      const answer = JSON.parse(await response.text());
      checkAnswer(accountApi, { method, url: path, status, contentType: response.headers.get("content-type"), body: answer });
      return { status, body: answer };
    },
    signal: (signal) => void child.kill(signal),
    end(signal) {
      child.kill(signal);
      return ended;
    },
  };
}
