// This file is the cluster under chaos: two of each service and three parties, one of them twice,
// with a proxy on every way between them.
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { type Cluster, startCluster } from "@covault/server";
import type { Seeded } from "@covault/testkit";
import type { Chances } from "@covault/testkit/network";
import { recipient } from "../crash/recipient.ts";
import type { Servers } from "../crash/system.ts";
import { type OpenCheck, openChecks } from "./held-against.ts";
import { type Line, type Network, openNetwork } from "./network.ts";

export const covault = join(import.meta.dirname, "../../apps/cli/bin/covault.js");
export const accountServices = ["account-1", "account-2"];
/** A request that has no answer by then hangs. */
export const answerWithinMs = 70_000;

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads the answer as an untyped caller would.
  readonly body: any;
}

/** The processes that a fault of a process can meet. */
export type Target = "account service" | "coordinator" | "router" | "party" | "party replica";
const names: Readonly<Record<Target, readonly string[]>> = {
  "account service": accountServices,
  coordinator: ["coordinator-1", "coordinator-2"],
  router: ["router-1", "router-2"],
  party: ["server-party-1", "server-party-2"],
  "party replica": ["server-party-3", "server-party-3-replica-2"],
};
export const targets = Object.keys(names) as readonly Target[];

/**
 * For each way, the process whose readiness looks at it, and what that process calls the other end.
 */
const namedBy: Readonly<Record<Line, readonly [string, string]>> = {
  PostgreSQL: ["coordinator-1", "database"],
  RabbitMQ: ["coordinator-1", "broker"],
  Redis: ["router-1", "presence"],
  HTTP: ["account-1", "coordinator"],
  router: ["server-party-1", "router"],
};

export interface ChaosSystem {
  readonly cluster: Cluster;
  readonly network: Network;
  readonly prefix: string;
  /** The folder with a folder of sealed backups for each party. */
  readonly backups: string;
  /** The checks that were open in a party's process when it was killed. */
  readonly cutOff: OpenCheck[];
  /**
   * Notes the checks that are open in a process. It must be called when the process has been
   * killed, and before it is there again.
   */
  rememberOpenChecks(name: string): Promise<void>;
  /** Gives one of the processes that the fault may meet, by chance. */
  oneOf(target: Target, random: Seeded): string;
  /** Resolves to false when readiness has not named the other end of this way in time. */
  named(line: Line, withinMs: number): Promise<boolean>;
  /** Sets what becomes of messages to RabbitMQ from now on. */
  disturbBroker(chances: Chances): void;
  /** Gives the numbers of messages to RabbitMQ that were disturbed, by what was done to them. */
  brokerFates(): Readonly<Record<string, number>>;
  /** Makes a request at an account service. Throws when the connection is lost. */
  ask(service: string, method: string, path: string, body?: object, key?: string): Promise<Answer>;
  lastLines(): string;
  /** Ends the cluster. Gives the names of the processes that did not end with 0. */
  end(): Promise<readonly string[]>;
  remove(): Promise<void>;
}

export async function startChaosSystem(servers: Servers, random: Seeded): Promise<ChaosSystem> {
  const dataDir = mkdtempSync(join(tmpdir(), "covault-chaos-"));
  const chance = random.fork("frames");
  const network = await openNetwork(servers, () => chance.below(10_000) / 10_000);
  const prefix = `covault_chaos_${randomBytes(4).toString("hex")}`;
  const brokerFile = join(dataDir, "broker.json");
  const backups = join(dataDir, "backups");
  const cutOff: OpenCheck[] = [];
  const cluster = await startCluster({
    shape: { accounts: 2, coordinators: 2, routers: 2, parties: [1, 1, 2] },
    servers: network.servers,
    prefix,
    dataDir,
    command: [process.execPath, covault],
    readyMs: 120_000,
    // These ports are of this cluster alone. While a process is down, its port must stay free.
    portOffset: 20_000,
    through: network.through,
    // What the test leaves behind in RabbitMQ goes by itself.
    env: {
      RABBITMQ_QUEUE_IDLE_MS: "120000",
      // Each party has a folder in it.
      BACKUP_DIR: backups,
      BACKUP_RECIPIENTS: recipient.env.BACKUP_RECIPIENTS,
      CHAOS_BROKER_FILE: brokerFile,
      CHAOS_BROKER_SEED: Buffer.from(random.fork("broker").bytes(16)).toString("hex"),
      NODE_OPTIONS: `--import=${pathToFileURL(join(import.meta.dirname, "unsteady-broker.js"))}`,
    },
  });
  return {
    cluster,
    network,
    prefix,
    backups,
    cutOff,
    async rememberOpenChecks(name) {
      const { PARTY_ID: partyId } = cluster.children.get(name)?.env ?? {};
      if (partyId === undefined) return;
      const open = await openChecks(servers.postgres, prefix, partyId);
      cutOff.push(...open.filter(({ lease }) => lease === `instance/${name}`));
    },
    oneOf: (target, by) => names[target][by.below(names[target].length)] as string,
    async named(line, withinMs) {
      const [name, part] = namedBy[line];
      const untilMs = performance.now() + withinMs;
      while (performance.now() < untilMs) {
        const answer = await fetch(`${cluster.children.get(name)?.url}/health/ready`, { signal: AbortSignal.timeout(withinMs) });
        const { checks } = (await answer.json()) as { checks: Record<string, string> };
        if (answer.status === 503 && checks[part] === "failed") return true;
        await pause(200);
      }
      return false;
    },
    disturbBroker: (chances) => writeFileSync(brokerFile, JSON.stringify(chances)),
    brokerFates() {
      const counts: Record<string, number> = { drop: 0, twice: 0, late: 0, swap: 0 };
      const lines = existsSync(`${brokerFile}.fates`) ? readFileSync(`${brokerFile}.fates`, "utf8").trim().split("\n") : [];
      for (const act of lines) counts[act] = (counts[act] ?? 0) + 1;
      return counts;
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
