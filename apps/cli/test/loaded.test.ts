// What a role in production loads. V8's coverage names every script of a process. `npm test` has
// built the scripts before.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newKey, signRosterFile } from "@covault/server";
import { afterAll, expect, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "covault-loaded-"));
afterAll(() => rmSync(folder, { recursive: true }));

const hex = (bytes: number): string => randomBytes(bytes).toString("hex");
const [root, initiator, identity] = [newKey("root"), newKey("initiator"), newKey("identity")];

function rosterFile(): string {
  const list = join(folder, "parties.yaml");
  const parties = `[{ id: server-party-1, identity_key: "${identity.public?.key}" }]`;
  writeFileSync(list, `parties: ${parties}\ninitiators: [{ id: account, key: "${initiator.public?.key}" }]\n`);
  const file = join(folder, "roster");
  writeFileSync(file, signRosterFile(list, root.secret, 1n).text);
  return file;
}
const nobody = "127.0.0.1:1";
const production = {
  ENVIRONMENT: "production",
  ROSTER_FILE: rosterFile(),
  ROOT_PUBLIC_KEY: root.public?.key ?? "",
  MPC_API_KEY: hex(32),
  METRICS_API_KEY: hex(32),
  DATABASE_URL: `postgres://covault@${nobody}/covault`,
  REDIS_URL: `redis://${nobody}`,
  RABBITMQ_URL: `amqp://${nobody}`,
  ACCOUNT_PORT: "0",
  COORDINATOR_PORT: "0",
  COORDINATOR_URLS: `http://${nobody}`,
  INITIATOR_KEY: initiator.secret,
  ROW_KEY: hex(32),
  AUDIT_KEY: hex(32),
  JWT_SECRET_KEY: hex(32),
  PARTY_ID: "server-party-1",
  PARTY_IDENTITY_KEY: identity.secret,
  PARTY_HEALTH_PORT: "0",
  ROUTER_URLS: `ws://${nobody}`,
  CRYPTO_MASTER_KEY: hex(32),
  GENERATION_FILE: join(folder, "generation"),
};

/** Runs a role to its end. Gives what it said last, and the packages that it loaded. */
async function loadedBy(role: string) {
  const coverage = join(folder, `coverage of ${role}`);
  const covault = join(import.meta.dirname, "../bin/covault.js");
  const env = { PATH: process.env.PATH ?? "", ...production, NODE_V8_COVERAGE: coverage };
  const child = spawn(process.execPath, [covault, "serve", role], { cwd: folder, env, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  await new Promise((ended) => child.once("close", ended));
  const urls = readdirSync(coverage).flatMap((file) => {
    const { result } = JSON.parse(readFileSync(join(coverage, file), "utf8")) as { result: { url: string }[] };
    return result.map(({ url }) => url);
  });
  const packages = urls.map((url) => /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules)/.exec(url)?.[1]);
  return { said, packages: [...new Set(packages.filter((name) => name !== undefined))] };
}

it.each(["account", "coordinator", "server-party"])(
  "covault serve %s opens its PostgreSQL and loads no embedded one and no exporter",
  async (role) => {
    const { said, packages } = await loadedBy(role);
    expect(said).toContain("PostgreSQL at 127.0.0.1:1 (DATABASE_URL) does not answer");
    expect(packages).toContain("pg");
    // prom-client brings OpenTelemetry's interfaces, which are a few small files. The exporters and
    // the SDK are what weighs.
    const heavy = (name: string): boolean => /pglite|opentelemetry/.test(name) && name !== "@opentelemetry/api";
    expect(packages.filter(heavy)).toEqual([]);
  },
);
