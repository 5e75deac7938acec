// These tests try what an operator may have meant by a setting that says where something is. It is
// taken as that, or refused with the setting's name.
import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asCovaultError } from "@covault/errors";
import { readConfig } from "@covault/service-kit/run";
import pgConnectionString from "pg-connection-string";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { withApiKeys } from "../operator/api-keys.ts";
import { openSecrets } from "../secrets.ts";
import { settingsSchema } from "../settings.ts";
import { readConfigFile } from "./config-file.ts";
import { databaseConfig, readSettings } from "./read-settings.ts";
import type { RoleName } from "./role-settings.ts";

const hex = "12ab".repeat(16);
const complete: Record<"account" | "coordinator" | "router" | "server-party" | "server-party-api", Record<string, string>> = {
  account: {
    ROSTER_FILE: "roster",
    ROOT_PUBLIC_KEY: hex,
    MPC_API_KEY: "an-api-key-of-a-test",
    COORDINATOR_URLS: "http://one:8081",
    INITIATOR_KEY: hex,
    ROW_KEY: hex,
    AUDIT_KEY: hex,
  },
  coordinator: {
    ROSTER_FILE: "roster",
    ROOT_PUBLIC_KEY: hex,
    MPC_API_KEY: "an-api-key-of-a-test",
    RABBITMQ_URL: "amqp://mq",
    REDIS_URL: "redis://cache",
    JWT_SECRET_KEY: "j".repeat(32),
  },
  router: { ROSTER_FILE: "roster", ROOT_PUBLIC_KEY: hex, RABBITMQ_URL: "amqp://mq", REDIS_URL: "redis://cache" },
  "server-party": {
    ROSTER_FILE: "roster",
    ROOT_PUBLIC_KEY: hex,
    PARTY_ID: "server-party-1",
    PARTY_IDENTITY_KEY: hex,
    ROUTER_URLS: "wss://one",
    CRYPTO_MASTER_KEY: hex,
  },
  "server-party-api": {},
};
const messageOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return asCovaultError(error)?.message ?? String(error);
  }
  return "accepted";
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "covault-places-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("POSTGRES_HOST", () => {
  /** Gives where the driver connects to. */
  function meant(parts: Record<string, string>) {
    const config = databaseConfig(readSettings("account", { ...complete.account, ...parts }), "account", "unused");
    if (config.kind !== "postgres") throw new Error("no server");
    const { host, port, user, password, database } = pgConnectionString.parse(config.url);
    return { host, port, user, password, database };
  }
  it.each([
    ["db", "db"],
    [" db ", "db"],
    ["db.example", "db.example"],
    ["10.0.0.7", "10.0.0.7"],
    ["::1", "::1"],
    ["[2001:db8::1]", "2001:db8::1"],
    ["/var/run/postgresql", "/var/run/postgresql"],
  ])("%j is the host %s", (POSTGRES_HOST, host) => {
    const parts = { POSTGRES_HOST, POSTGRES_PORT: "5433", POSTGRES_USER: "a b@c", POSTGRES_PASSWORD: "p@ss/w:rd%#?" };
    expect(meant(parts)).toEqual({ host, port: "5433", user: "a b@c", password: "p@ss/w:rd%#?", database: "covault_account" });
  });
  it.each([
    "db:5433",
    "[::1]:5433",
    "postgres://db",
    "user@db",
    "postgres://u:hunter2@db",
    "db/other",
    "127.1",
    "../run",
    "/run/x?y",
    "db db",
  ])("%j is refused", (POSTGRES_HOST) => {
    const message = messageOf(() => meant({ POSTGRES_HOST }));
    expect(message).toMatch(/^ {2}POSTGRES_HOST: expected a host name/m);
    expect(message).not.toContain("hunter2");
  });
  it("so is a database's name that PostgreSQL would cut or read otherwise", () => {
    for (const POSTGRES_DB of ["a/b", "a?b", "a#b", "x".repeat(64), "é"])
      expect(messageOf(() => meant({ POSTGRES_HOST: "db", POSTGRES_DB }))).toContain("POSTGRES_DB");
    expect(meant({ POSTGRES_HOST: "db", POSTGRES_DB: "my_db-1.x$" }).database).toBe("my_db-1.x$");
  });
});

describe("every other setting that says where something is", () => {
  it.each<[RoleName, string, string]>([
    ...["0.0.0.0:8081", "http://0.0.0.0", "[::1]:80", "*", "127.1", "a b"].map(
      (value) => ["router", "BIND_ADDRESS", value] as [RoleName, string, string],
    ),
    ["account", "DATABASE_URL", "postgres:///db"],
    ["account", "DATABASE_URL", "postgres://u:12#hunter2@db/x"],
    ["account", "REDIS_URL", "redis://"],
    ["account", "COORDINATOR_URLS", "http:one:8081"],
    ["account", "COORDINATOR_URLS", "http://one:8081, http://two:8081?x"],
    ["account", "COORDINATOR_URLS", ","],
    ["coordinator", "RABBITMQ_URL", "amqp://"],
    ["coordinator", "RABBITMQ_URL", "amqp://u:hunter2@mq/a/b"],
    ["router", "REDIS_URL", "redis://cache/main"],
    ["server-party", "ROUTER_URLS", "wss://u:hunter2@one"],
    ["server-party", "ROUTER_URLS", "wss:one"],
    ["server-party-api", "PARTY_HEALTH_URLS", "a=http:one"],
    ["server-party-api", "PARTY_HEALTH_URLS", "a=http://one:1,a=http://two:1"],
    ["account", "ALLOWED_IPS", ","],
    ["account", "TRUSTED_PROXIES", "lb.example"],
    ["account", "ACCOUNT_PORT", "4e3"],
    ["account", "ACCOUNT_PORT", "04000"],
    ["account", "RATE_LIMIT_PER_MINUTE", "0x10"],
    ["account", "COORDINATOR_API_KEY", "a key with spaces in it"],
  ])("of %s: %s=%j is refused with its name", (role, name, value) => {
    const message = messageOf(() => readSettings(role, { ...complete[role], METRICS_API_KEY: "a-metrics-key-of-a-test", [name]: value }));
    expect(message).toContain(`  ${name}: expected`);
    expect(message).not.toContain("hunter2");
  });

  it("BIND_ADDRESS is a host, of the embedded system too", () => {
    expect(
      ["127.0.0.1", "0.0.0.0", "::", "[::1]", "localhost", " host_1 "].map(
        (BIND_ADDRESS) => readConfig(settingsSchema, { BIND_ADDRESS }).BIND_ADDRESS,
      ),
    ).toEqual(["127.0.0.1", "0.0.0.0", "::", "::1", "localhost", "host_1"]);
    expect(messageOf(() => readConfig(settingsSchema, { BIND_ADDRESS: "0.0.0.0:8081" }))).toContain("BIND_ADDRESS: expected a host name");
  });

  it("the embedded system takes no key for metrics that callers have", () => {
    const key = "one-key-for-everything";
    expect(messageOf(() => readConfig(settingsSchema, { MPC_API_KEY: key, METRICS_API_KEY: key }))).toContain(
      "METRICS_API_KEY: expected another",
    );
  });

  it("the command line reads no other database than the one that is named, and says whose address is wrong", async () => {
    const env = { ROW_KEY: hex, DATA_DIR: folder };
    const list = (places: Record<string, string>) => withApiKeys({ env: { ...env, ...places } }, (keys) => keys.list());
    await expect(list({ POSTGRES_HOST: "db:5432" })).rejects.toThrow("POSTGRES_HOST");
    // Nobody listens at port 1.
    for (const [setting, places] of [
      ["POSTGRES_HOST", { POSTGRES_HOST: "127.0.0.1", POSTGRES_PORT: "1" }],
      ["DATABASE_URL", { DATABASE_URL: "postgres://u:hunter2@127.0.0.1:1/x" }],
    ] as const) {
      const failing = list(places);
      await expect(failing).rejects.toThrow(`PostgreSQL at 127.0.0.1:1 (${setting}) does not answer: connect ECONNREFUSED`);
      await expect(failing).rejects.toMatchObject({ code: "config/bad-value", message: expect.not.stringContaining("hunter2") });
    }
  });
});

describe("files that an editor wrote", () => {
  const file = (name: string, content: string | Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  it("a YAML file means the same with a byte order mark and Windows line ends, and in UTF-16 it is refused", () => {
    const text = "environment: production\r\nlog_level: debug\r\n";
    const expected = { ENVIRONMENT: "production", LOG_LEVEL: "debug" };
    expect([readConfigFile(file("plain.yaml", text)), readConfigFile(file("mark.yaml", `\ufeff${text}`))]).toEqual([expected, expected]);
    expect(messageOf(() => readConfigFile(file("wide.yaml", Buffer.from(`\ufeff${text}`, "utf16le"))))).toContain("wide.yaml");
  });

  it("a stored key means the same with a byte order mark, and anything but a key is refused with its path", () => {
    const secrets = openSecrets(folder);
    const key = secrets.key("key");
    const stored = secrets.secret("key", 32);
    const path = file("secrets/key", `\ufeff${stored}\r\n`);
    expect(secrets.key("key")).toEqual(key);
    for (const broken of [stored.slice(2), `${stored.slice(2)}zz`, "", Buffer.from(stored, "utf16le")]) {
      file("secrets/key", broken);
      expect(messageOf(() => secrets.key("key"))).toContain(path);
    }
  });
});
