import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, expect, it } from "vitest";
import { settingsPassedOn } from "./main.ts";
import { planCluster } from "./plan.ts";

const dataDir = mkdtempSync(join(tmpdir(), "covault-plan-"));
afterAll(() => rmSync(dataDir, { recursive: true }));

it("passes the settings of backups, exports and imports on, and gives each party a folder of its own", async () => {
  const recipient = `02${"5a".repeat(32)}`;
  const env = settingsPassedOn({
    ...{ BACKUP_RECIPIENTS: recipient, BACKUP_DIR: "kept", BACKUP_EVERY_DAYS: "7", EXPORT_RECIPIENTS: recipient },
    ...{ IMPORT_ALLOWED: "true", ALLOW_IMPORT: "true", ALLOW_EXPORT: "true", MPC_API_KEY: "not passed on" },
  });
  expect(env).toEqual({
    ...{ BACKUP_RECIPIENTS: recipient, BACKUP_DIR: resolve("kept"), BACKUP_EVERY_DAYS: "7", EXPORT_RECIPIENTS: recipient },
    ...{ IMPORT_ALLOWED: "true", ALLOW_IMPORT: "true", ALLOW_EXPORT: "true" },
  });
  const { children } = await planCluster({
    shape: { accounts: 1, coordinators: 1, routers: 1, parties: [1, 2] },
    servers: { postgres: "postgres://localhost/postgres", rabbitmq: "amqp://localhost", redis: "redis://localhost" },
    ...{ prefix: "covault_plan", dataDir, env },
  });
  const folders = children.filter(({ role }) => role === "server-party").map(({ name, env }) => [name, env.BACKUP_DIR]);
  expect(folders).toEqual([
    ["server-party-1", resolve("kept/server-party-1")],
    ["server-party-2", resolve("kept/server-party-2")],
    ["server-party-2-replica-2", resolve("kept/server-party-2")],
  ]);
  expect(children.find(({ role }) => role === "account")?.env).toMatchObject({ ALLOW_EXPORT: "true", ALLOW_IMPORT: "true" });
});
