// Keeps what a system of this build leaves behind after a life of its own: an embedded one, and a
// cluster.
import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startCluster } from "@covault/server";
import { covault, newDataDir, preparedDataDir, startSystem } from "../system.ts";
import { keepDatabases, type Servers } from "./databases.ts";
import { keepFiles, keepFolder } from "./folder.ts";
import { type Call, type Life, live } from "./life.ts";

const lifeFile = "life.json";

/** Writes an embedded system's data folder, and what it has lived through, into a folder. */
export async function keepEmbedded(kept: string): Promise<void> {
  const dataDir = await preparedDataDir();
  const system = await startSystem({ dataDir });
  const life = await live(system.call);
  await system.end("SIGTERM");
  await keepFolder(dataDir, kept);
  writeLife(kept, life);
}

/** Writes a cluster's databases and secrets, and what it has lived through, into a folder. */
export async function keepCluster(kept: string, servers: Servers): Promise<void> {
  const dataDir = newDataDir();
  const prefix = newPrefix();
  await onCluster(servers, { dataDir, prefix }, async (call, stop) => {
    const life = await live(call);
    await stop();
    keepFiles(dataDir, kept);
    await keepDatabases(servers.postgres, prefix, kept);
    writeLife(kept, life);
  });
}

function writeLife(kept: string, life: Life): void {
  mkdirSync(kept, { recursive: true });
  writeFileSync(join(kept, lifeFile), `${JSON.stringify(life, undefined, 2)}\n`);
}

export const newPrefix = (): string => `covault_test_${randomBytes(4).toString("hex")}`;

/** Starts a cluster of one process each, and drops its databases after the work. */
export async function onCluster(
  servers: Servers,
  { dataDir, prefix }: { readonly dataDir: string; readonly prefix: string },
  work: (call: Call, stop: () => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const cluster = await startCluster({
    shape: { accounts: 1, coordinators: 1, routers: 1, parties: [1, 1, 1] },
    servers,
    prefix,
    dataDir,
    command: [process.execPath, covault],
    readyMs: 120_000,
    // What the test leaves behind in RabbitMQ goes by itself.
    env: { RABBITMQ_QUEUE_IDLE_MS: "120000" },
  });
  const call: Call = async (method, path, body, headers = {}) => {
    const response = await fetch(`${cluster.children.get("account-1")?.url}${path}`, {
      method,
      headers: { "x-api-key": cluster.apiKey, "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json() };
  };
  try {
    await work(call, () => cluster.stop());
  } finally {
    await cluster.stop();
    await cluster.drop();
  }
}
