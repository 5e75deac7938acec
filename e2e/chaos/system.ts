// The cluster under chaos: two of each service and three parties, one of them twice, with a proxy on every way between them.
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cluster, startCluster } from "@covault/server";
import type { Seeded } from "@covault/testkit";
import type { Servers } from "../crash/system.ts";
import { type Network, openNetwork } from "./network.ts";

const covault = join(import.meta.dirname, "../../apps/cli/bin/covault.js");
export const accountServices = ["account-1", "account-2"];
/** A request without an answer by then hangs. */
export const answerWithinMs = 70_000;

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads the answer as a caller without types would.
  readonly body: any;
}

export interface ChaosSystem {
  readonly cluster: Cluster;
  readonly network: Network;
  readonly prefix: string;
  /** Processes that were killed, or lost their database, in the middle of something: these may leave the note of a check open. */
  readonly cutOff: Set<string>;
  /** A running process of the role, by chance. */
  oneOf(role: string, random: Seeded): string;
  /** At an account service. Throws when the connection is lost. */
  ask(service: string, method: string, path: string, body?: object, key?: string): Promise<Answer>;
  lastLines(): string;
  /** Names of the processes that did not end with 0. */
  end(): Promise<readonly string[]>;
  remove(): Promise<void>;
}

export async function startChaosSystem(servers: Servers, random: Seeded): Promise<ChaosSystem> {
  const dataDir = mkdtempSync(join(tmpdir(), "covault-chaos-"));
  const chance = random.fork("frames");
  const network = await openNetwork(servers, () => chance.below(10_000) / 10_000);
  const prefix = `covault_chaos_${randomBytes(4).toString("hex")}`;
  const cluster = await startCluster({
    shape: { accounts: 2, coordinators: 2, routers: 2, parties: [1, 1, 2] },
    servers: network.servers,
    prefix,
    dataDir,
    command: [process.execPath, covault],
    readyMs: 120_000,
    // Nobody else's: while a process is down, its port must stay free.
    portOffset: 20_000,
    through: network.through,
    // What the test leaves behind in RabbitMQ goes by itself.
    env: { RABBITMQ_QUEUE_IDLE_MS: "120000" },
  });
  return {
    cluster,
    network,
    prefix,
    cutOff: new Set(),
    oneOf(role, by) {
      const names = [...cluster.children.values()].filter((child) => child.role === role).map((child) => child.name);
      return names.sort()[by.below(names.length)] as string;
    },
    async ask(service, method, path, body, key) {
      const url = cluster.children.get(service)?.url;
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
    },
    lastLines: () =>
      [...cluster.children.values()]
        .map((child) => `${child.name}:\n${child.lastLines().trim().split("\n").slice(-5).join("\n")}`)
        .join("\n"),
    end: () => cluster.stop(),
    async remove() {
      await cluster.drop();
      await network.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
