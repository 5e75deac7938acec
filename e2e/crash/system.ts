// A small cluster whose processes can be killed at a named point (preload.js), and a caller that asks again when its connection is lost.
import { randomBytes, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Cluster, startCluster } from "@covault/server";
import { recoverAddress } from "viem";
import type { Child } from "../../apps/server/src/cluster/child.ts";
import type { Point } from "./points.ts";

const covault = join(import.meta.dirname, "../../apps/cli/bin/covault.js");
const preload = pathToFileURL(join(import.meta.dirname, "preload.js")).href;
/** A request that has no answer by then hangs. */
export const answerWithinMs = 60_000;
const accountServices = ["account-1", "account-2"];
export const pause = (ms: number): Promise<void> => new Promise((wake) => setTimeout(wake, ms));

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads the answer as a caller without types would.
  readonly body: any;
}
export interface Account {
  readonly id: string;
  readonly status: string;
  readonly addresses: { readonly evm: string };
}
/** A request under a key of its own, and the service that is asked first. */
export interface Asked {
  readonly path: string;
  readonly body: object;
  readonly key: string;
  readonly first: number;
}
export interface Armed extends Point {
  readonly when: "before" | "after";
  readonly nth: number;
  /** Only this instance of a party. */
  readonly instance?: string;
}
export interface Servers {
  readonly postgres: string;
  readonly rabbitmq: string;
  readonly redis: string;
}

export type CrashSystem = Awaited<ReturnType<typeof startCrashSystem>>;

export async function startCrashSystem(servers: Servers) {
  const dataDir = mkdtempSync(join(tmpdir(), "covault-crash-"));
  const folder = join(dataDir, "crash");
  mkdirSync(folder);
  const prefix = `covault_crash_${randomBytes(4).toString("hex")}`;
  const cluster: Cluster = await startCluster({
    shape: { accounts: 2, coordinators: 2, routers: 2, parties: [1, 1, 2] },
    servers,
    prefix,
    dataDir,
    command: [process.execPath, covault],
    readyMs: 120_000,
    // Nobody else's: while a process is down, its port must stay free.
    portOffset: 10_000,
    env: {
      // What the test leaves behind in RabbitMQ goes by itself.
      RABBITMQ_QUEUE_IDLE_MS: "120000",
      CRASH_DIR: folder,
      NODE_OPTIONS: `--import=${preload}`,
    },
  });
  const names = [...cluster.children.keys()];
  const armedFile = join(folder, "armed.json");
  const passedFile = join(folder, "passed");
  let arming = 0;

  async function askOnce(at: number, method: string, path: string, body?: object, key?: string): Promise<Answer> {
    const url = cluster.children.get(accountServices[at % accountServices.length] ?? "")?.url;
    if (url === undefined) throw new Error("not running");
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        "x-api-key": cluster.apiKey,
        ...(body && { "content-type": "application/json" }),
        ...(key && { "idempotency-key": key }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(answerWithinMs),
    });
    return { status: response.status, body: await response.json() };
  }
  /** As a caller should: a lost connection is asked again, at the other service, under the same key. */
  async function ask({ first, path, body, key }: Asked): Promise<Answer> {
    const deadline = performance.now() + answerWithinMs;
    for (let at = first; ; at++)
      try {
        return await askOnce(at, "POST", path, body, key);
      } catch (error) {
        if (performance.now() > deadline) throw new Error(`POST ${path}: no answer in ${answerWithinMs} ms`, { cause: error });
        await pause(100);
      }
  }
  const newHash = () => `0x${randomBytes(32).toString("hex")}` as const;
  const signing = (account: Account, first: number) => {
    const hash = newHash();
    const asked: Asked = { path: `/accounts/${account.id}/sign`, body: { message: hash }, key: randomUUID(), first };
    const isBy = async (answer: Answer) =>
      answer.status === 200 && (await recoverAddress({ hash, signature: answer.body.signature.hex })) === account.addresses.evm;
    return { asked, isBy };
  };

  return {
    cluster,
    prefix,
    names,
    ask,
    signing,
    creating: (userId: string, first: number): Asked => ({ path: "/accounts", body: { user_id: userId }, key: randomUUID(), first }),
    /** From an account service that runs. */
    async accountsOf(userId: string): Promise<Account[]> {
      for (let at = 0; ; at++)
        try {
          return (await askOnce(at, "GET", `/accounts?user_id=${userId}`)).body.accounts;
        } catch (error) {
          if (at > 50) throw error;
          await pause(100);
        }
    },
    arm(armed: Armed): void {
      writeFileSync(`${armedFile}.new`, JSON.stringify({ id: ++arming, ...armed }));
      renameSync(`${armedFile}.new`, armedFile);
    },
    /** False: it has fired, or was disarmed. */
    isArmed: () => existsSync(armedFile),
    disarm: () => rmSync(armedFile, { force: true }),
    /** Resolves with the first process of those that ends. */
    async death(before: ReadonlyMap<string, Child>, signal?: AbortSignal): Promise<Child | undefined> {
      while (signal?.aborted !== true) {
        const name = [...before.keys()].find((each) => !cluster.children.has(each));
        if (name !== undefined) return before.get(name);
        await pause(5);
      }
      return undefined;
    },
    running: (): ReadonlyMap<string, Child> => new Map(cluster.children),
    record(): void {
      writeFileSync(passedFile, "");
    },
    /** Points passed since `record`, as role and name with a tab between. */
    recorded(): Set<string> {
      return new Set(readFileSync(passedFile, "utf8").split("\n").filter(Boolean));
    },
    endRecord: () => rmSync(passedFile, { force: true }),
    lastLines: (): string =>
      [...cluster.children.values()]
        .map((child) => `${child.name}:\n${child.lastLines().trim().split("\n").slice(-5).join("\n")}`)
        .join("\n"),
    async end(): Promise<readonly string[]> {
      const wrong = await cluster.stop();
      await cluster.drop();
      rmSync(dataDir, { recursive: true, force: true });
      return wrong;
    },
  };
}
