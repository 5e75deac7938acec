import { createECDH } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asCovaultError } from "@covault/errors";
import { readConfig } from "@covault/service-kit/run";
import { afterAll, describe, expect, it } from "vitest";
import { clusterSettings } from "../cluster/main.ts";
import { serve } from "../serve.ts";
import { settingsSchema } from "../settings.ts";
import { readConfigFile } from "./config-file.ts";
import { databaseConfig, readSettings, readTrustedSettings } from "./read-settings.ts";
import { productionNeeds, type RoleName, roleNames, settingNames } from "./role-settings.ts";

const root = join(import.meta.dirname, "../../../..");
const folder = mkdtempSync(join(tmpdir(), "covault-settings-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (text: string): string => {
  const path = join(folder, `${Math.random()}.yaml`);
  writeFileSync(path, text);
  return path;
};
const hex = (bytes: string): string => bytes.repeat(32 / (bytes.length / 2));
const messageOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return asCovaultError(error)?.message ?? String(error);
  }
  return "accepted";
};

const trust = { ROSTER_FILE: "roster", ROOT_PUBLIC_KEY: hex("0102") };
const metrics = { METRICS_API_KEY: "a-metrics-key-of-a-test" };
const guard = { MPC_API_KEY: "an-api-key-of-a-test", ...metrics };
const servers = { RABBITMQ_URL: "amqp://u:hunter2@mq", REDIS_URL: "redis://cache" };
const complete: Record<RoleName, Record<string, string>> = {
  account: {
    ...trust,
    ...guard,
    DATABASE_URL: "postgres://u:hunter2@db/account",
    REDIS_URL: "redis://cache",
    COORDINATOR_URLS: "http://one:8081, http://two:8081/",
    INITIATOR_KEY: hex("1122"),
    ROW_KEY: hex("1155"),
    AUDIT_KEY: hex("1166"),
  },
  coordinator: { ...trust, ...guard, ...servers, DATABASE_URL: "postgres://db/coordinator", JWT_SECRET_KEY: "j".repeat(32) },
  router: { ...trust, ...metrics, ...servers },
  "server-party": {
    ...trust,
    ...metrics,
    DATABASE_URL: "postgres://db/party",
    PARTY_ID: "server-party-1",
    PARTY_IDENTITY_KEY: hex("1133"),
    ROUTER_URLS: "wss://one,wss://two/v1/stream",
    CRYPTO_MASTER_KEY: hex("1144"),
  },
  "server-party-api": { ...metrics },
};

function publicKeyOf(secret: number): string {
  const pair = createECDH("secp256k1");
  pair.setPrivateKey(Buffer.from([secret]));
  return pair.getPublicKey("hex", "compressed");
}
const recipient = publicKeyOf(7);

describe("a role's settings", () => {
  it("are asked for a role that there is", async () => {
    const { write } = process.stderr;
    let told = "";
    process.stderr.write = ((text: string) => {
      told += text;
      return true;
    }) as typeof write;
    const code = await serve({ role: "broker" }).finally(() => {
      process.stderr.write = write;
    });
    expect([code, roleNames.every((role) => told.includes(role))]).toEqual([2, true]);
    expect(told).toContain("covault serve account");
  });

  it("seal to nobody unless an operator lists a public key, which is a point", () => {
    const party = complete["server-party"];
    expect(readSettings("server-party", party)).toMatchObject({ BACKUP_RECIPIENTS: [], BACKUP_EVERY_DAYS: 0 });
    const listed = readSettings("server-party", { ...party, BACKUP_RECIPIENTS: ` ${recipient} , ${publicKeyOf(9)}` });
    expect(listed.BACKUP_RECIPIENTS.map((key) => Buffer.from(key).toString("hex"))).toEqual([recipient, publicKeyOf(9)]);
  });

  it("let no device in unless somebody says how many", () => {
    expect(readSettings("router", complete.router)).toMatchObject({ DEVICES_MAX: 0 });
    expect(readFileSync(join(root, ".env.example"), "utf8")).toMatch(/^DEVICES_MAX=0$/m);
  });

  it.each(roleNames)("%s starts from the complete ones in production", (role) => {
    expect(readSettings(role, { ...complete[role], ENVIRONMENT: "production" })).toMatchObject({ ENVIRONMENT: "production" });
  });

  it.each(roleNames.flatMap((role) => Object.keys(complete[role]).map((name) => [role, name] as const)))(
    "%s in production names %s when it is missing",
    (role, name) => {
      const message = messageOf(() => readSettings(role, { ...complete[role], ENVIRONMENT: "production", [name]: "" }));
      expect(message).toContain(name);
      expect(message).not.toContain("hunter2");
    },
  );

  it.each<[RoleName, string, string]>([
    ["account", "ACCOUNT_PORT", "70000"],
    ["account", "ALLOWED_IPS", "10.0.0.0/99"],
    ["account", "COORDINATOR_URLS", "coordinator:8081"],
    ["account", "COORDINATOR_URLS", "http://name:hunter2@coordinator"],
    ["account", "INITIATOR_KEY", "hunter2"],
    ["account", "INITIATOR_KEYS_ALSO", `${hex("33")},hunter2`],
    ["account", "ROW_KEY", "hunter2"],
    ["account", "AUDIT_KEY", "hunter2"],
    ["account", "AUDIT_KEYS_ALSO", `${hex("33")},hunter2`],
    ["account", "ROW_KEYS_ALSO", `${hex("33")} hunter2`],
    ["account", "DATABASE_URL", "mysql://u:hunter2@db"],
    ["account", "RATE_LIMIT_PER_MINUTE", "0"],
    ["coordinator", "JWT_SECRET_KEY", "hunter2"],
    ["coordinator", "RABBITMQ_URL", "http://mq"],
    ["coordinator", "DATABASE_POOL_MAX", "1"],
    ["server-party", "BACKUP_RECIPIENTS", "hunter2"],
    ["server-party", "BACKUP_RECIPIENTS", "02".padEnd(66, "0")],
    ["server-party", "BACKUP_RECIPIENTS", `02${"ff".repeat(32)}`],
    ["server-party", "BACKUP_RECIPIENTS", `${recipient},${recipient.toUpperCase()}`],
    ["server-party", "BACKUP_RECIPIENTS", Array.from({ length: 9 }, (_, at) => publicKeyOf(at + 1)).join()],
    ["server-party", "BACKUP_EVERY_DAYS", "-1"],
    ["router", "REDIS_URL", "memcached://u:hunter2@cache"],
    ["router", "LOG_LEVEL", "loud"],
    ["router", "ENVIRONMENT", "staging"],
    ["router", "DEVICES_MAX", "-1"],
    ["router", "TRUSTED_PROXIES", "10.0.0.0/99"],
    ["router", "DRAIN_MS", "-1"],
    ["server-party", "PARTY_ID", "Server 1"],
    ["server-party", "PARTY_IDENTITY_KEY", hex("11").slice(1)],
    ["server-party", "ROUTER_URLS", "ftp://router"],
    ["server-party", "CRYPTO_MASTER_KEY", "zz".repeat(32)],
    ["server-party", "CRYPTO_MASTER_KEY_FORMER", `${hex("33")},hunter2`],
    ["server-party", "PARTY_INSTANCE_ID", "a b"],
    ["server-party", "PARTY_WORKERS", "65"],
    ["server-party-api", "PARTY_HEALTH_URLS", "http://no-name"],
  ])("of %s: a wrong %s names itself, without its value where that may be a secret", (role, name, value) => {
    const message = messageOf(() => readSettings(role, { ...complete[role], [name]: value }));
    expect(message).toContain(name);
    expect(message).not.toContain("hunter2");
  });

  it.each(roleNames)("%s in development needs none of what production needs more", (role) => {
    const fewer = Object.fromEntries(Object.entries(complete[role]).filter(([name]) => !productionNeeds[role].includes(name)));
    expect(messageOf(() => readSettings(role, fewer))).toBe("accepted");
  });

  it.each(["router", "server-party", "server-party-api"] as const)("%s takes no list of addresses that would guard nothing", (role) => {
    const message = messageOf(() => readSettings(role, { ...complete[role], METRICS_API_KEY: "", ALLOWED_IPS: "10.0.0.0/8" }));
    expect(message).toContain("ALLOWED_IPS");
  });

  it.each(roleNames)("%s takes no key for metrics that callers have", (role) => {
    const message = messageOf(() => readSettings(role, { ...complete[role], ...guard, METRICS_API_KEY: guard.MPC_API_KEY }));
    expect(message).toContain("METRICS_API_KEY");
    expect(message).not.toContain(guard.MPC_API_KEY);
  });

  it.each(["router", "server-party", "server-party-api"] as const)("%s asks for no key of callers, in production either", (role) => {
    const set = { ...complete[role], ENVIRONMENT: "production" };
    expect([Object.keys(set).includes("MPC_API_KEY"), messageOf(() => readSettings(role, set))]).toEqual([false, "accepted"]);
  });

  it("are told in one go, a line each: the file's unknown names, wrong values, what production needs, and the roster", () => {
    const path = file("routr: { port: 1 }\nroster: { file: nowhere }\na: { b: { c: x } }\n");
    const { ROSTER_FILE: _, DATABASE_URL: __, ...rest } = complete.account;
    const wrong = {
      ...rest,
      ENVIRONMENT: "production",
      ACCOUNT_PORT: "70000",
      METRICS_API_KEY: "",
      REDIS_URL: "",
      INITIATOR_KEY: hex("00"),
    };
    const lines = messageOf(() => readTrustedSettings("account", wrong, path)).split("\n");
    expect(lines.slice(1)).toEqual([
      `  ${path} has routr: port, which no role knows`,
      `  ${path} has a: b: c, which no role knows`,
      '  ACCOUNT_PORT: expected a port 0..65535, got "70000"',
      expect.stringMatching(/^ {2}METRICS_API_KEY is not set: ENVIRONMENT=production/),
      expect.stringMatching(/^ {2}DATABASE_URL is not set: ENVIRONMENT=production/),
      expect.stringMatching(/^ {2}REDIS_URL is not set: ENVIRONMENT=production/),
      expect.stringMatching(/^ {2}INITIATOR_KEY is one byte repeated/),
      "  ROSTER_FILE: nowhere cannot be read (ENOENT).",
    ]);
  });
  it("that are right but for the roster say what is wrong with that", () => {
    const garbage = file("AAAA");
    const read = (ROSTER_FILE: string) => () => readTrustedSettings("router", { ...complete.router, ROSTER_FILE });
    expect(messageOf(read(join(folder, "none")))).toMatch(/^ROSTER_FILE: .*none cannot be read/);
    expect(read(garbage)).toThrow(expect.objectContaining({ code: "trust/bad-roster" }));
  });
  it("refuses made-up keys in production", () => {
    const made = { ...complete["server-party"], ENVIRONMENT: "production", CRYPTO_MASTER_KEY: hex("00") };
    expect(messageOf(() => readSettings("server-party", made))).toContain("CRYPTO_MASTER_KEY");
  });

  it("reads lists of replicas and of former keys", () => {
    expect(readSettings("account", complete.account).COORDINATOR_URLS).toEqual(["http://one:8081", "http://two:8081"]);
    const former = { ...complete["server-party"], CRYPTO_MASTER_KEY_FORMER: `${hex("33")}, ${hex("44")}` };
    expect(readSettings("server-party", former).CRYPTO_MASTER_KEY_FORMER.map((key) => key[0])).toEqual([0x33, 0x44]);
  });

  it("makes the database's URL from its parts, whatever is in the password", () => {
    const { DATABASE_URL: _, ...rest } = complete.coordinator;
    const parts = { POSTGRES_HOST: "db.example", POSTGRES_PORT: "5433", POSTGRES_USER: "covault", POSTGRES_PASSWORD: "p@ss/w:rd%" };
    const config = databaseConfig(readSettings("coordinator", { ...rest, ...parts }), "coordinator", "unused");
    const url = new URL(config.kind === "postgres" ? config.url : "none://");
    expect([url.host, url.username, decodeURIComponent(url.password), url.pathname]).toEqual([
      "db.example:5433",
      "covault",
      "p@ss/w:rd%",
      "/covault_coordinator",
    ]);
    // A database has one owner, and another's is refused.
    const given = databaseConfig(readSettings("coordinator", complete.coordinator), "coordinator", "unused");
    expect([config, given]).toMatchObject([{ exclusive: true }, { exclusive: true }]);
    expect(databaseConfig(readSettings("coordinator", rest), "coordinator", "folder")).toEqual({ kind: "pglite", dir: "folder" });
  });
});

describe("a YAML file", () => {
  it("gives what the environment does not, and leaves numbers as they are written", () => {
    const path = file("log_level: debug\nrouter: { port: 9000 }\nparty: { id: server-party-7 }\ndatabase:\n  url: postgres://db/x\n");
    const settings = readSettings("server-party", { ...complete["server-party"], PARTY_ID: "", DATABASE_URL: "" }, path);
    expect([settings.PARTY_ID, settings.DATABASE_URL, settings.LOG_LEVEL]).toEqual(["server-party-7", "postgres://db/x", "debug"]);
    expect(readSettings("router", { ...complete.router, ROUTER_PORT: "9001" }, path).ROUTER_PORT).toBe(9001);
    const digits = "12".repeat(32);
    expect(readConfigFile(file(`crypto_master_key: ${digits}`)).CRYPTO_MASTER_KEY).toBe(digits);
    expect(readConfigFile(file("allowed_ips: [10.0.0.0/8, '::1']\nredis:\n"))).toEqual({ ALLOWED_IPS: "10.0.0.0/8,::1" });
  });

  it.each([
    ["databse: { url: postgres://db }", "databse: url"],
    ["- a\n- b", "root"],
    ["allowed_ips: [[a]]", "allowed_ips"],
    ["a: [", "cannot be read"],
  ])("%j is refused and says where", (text, told) => {
    expect(messageOf(() => readConfigFile(file(text)))).toContain(told);
  });

  it("that is not there is refused", () => {
    const read = () => readConfigFile(join(folder, "none.yaml"));
    expect(messageOf(read)).toContain("none.yaml");
    expect(read).toThrow(expect.objectContaining({ hint: expect.stringContaining("--config") }));
  });
});

describe("what operators read", () => {
  it(".env.example offers no log level that is refused", () => {
    const text = readFileSync(join(root, ".env.example"), "utf8");
    const levels = /^# (.*)\nLOG_LEVEL=/m.exec(text)?.[1]?.split(" | ") ?? [];
    expect(levels).toContain("fatal");
    for (const LOG_LEVEL of levels) expect(messageOf(() => readSettings("router", { ...complete.router, LOG_LEVEL }))).toBe("accepted");
  });

  it(".env.example has every setting of an embedded system with its default, and no other", () => {
    const set = [...readFileSync(join(root, ".env.example"), "utf8").matchAll(/^(#?)([A-Z_]+)=(.*)$/gm)];
    expect(set.map(([, , name]) => name).sort()).toEqual(Object.keys(settingsSchema.shape).sort());
    const given = Object.fromEntries(set.filter(([, mark]) => mark === "").map(([, , name, value]) => [name, value]));
    expect(readConfig(settingsSchema, given)).toEqual(readConfig(settingsSchema, {}));
  });

  it("config.example.yaml has every setting, and no other", () => {
    const filled = readFileSync(join(root, "config.example.yaml"), "utf8").replaceAll(/: (""|\[\])/g, ": x");
    expect(Object.keys(readConfigFile(file(filled))).sort()).toEqual([...settingNames].sort());
  });

  it("a cluster's prefix is one that PostgreSQL and RabbitMQ take as it stands", () => {
    expect(clusterSettings.parse({}).CLUSTER_PREFIX).toBe("covault_cluster");
    expect(clusterSettings.parse({ CLUSTER_PREFIX: "second_1" }).CLUSTER_PREFIX).toBe("second_1");
    for (const wrong of ["", "Upper", "1st", "with-dash", "a".repeat(33), 'x"; DROP'])
      expect(clusterSettings.safeParse({ CLUSTER_PREFIX: wrong }).success, wrong).toBe(false);
  });

  it("docs/deployment.md explains every setting", () => {
    const text = readFileSync(join(root, "docs/deployment.md"), "utf8");
    const names = [...settingNames, ...Object.keys(clusterSettings.shape)];
    expect(names.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });
});
