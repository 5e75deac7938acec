// These tests run the system as operators do: every service and party is a process of its own, with
// replicas, and with real PostgreSQL, RabbitMQ and Redis. Any of the processes is killed with -9
// while requests are under way. Each request ends in a result or an explicit error, and new ones
// work within 10 s.
import { spawn } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cluster, startCluster } from "@covault/server";
import { recoverAddress } from "viem";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { traceOf } from "../packages/service-kit/src/run/tracing/tracing.ts";
import { type Collector, openCollector } from "../packages/service-kit/test/collector.ts";
import { withServer } from "../packages/service-kit/test/real-servers.ts";
import { rosterTests } from "./roster-tests.ts";

const covault = join(import.meta.dirname, "../apps/cli/bin/covault.js");
const healsWithinMs = 10_000;

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads the answer as an untyped caller would.
  readonly body: any;
}
interface Account {
  readonly id: string;
  readonly addresses: { readonly evm: string };
}

describe("covault serve", () => {
  const serve = (role: string, env: Record<string, string>): Promise<{ code: number | null; text: string }> =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, [covault, "serve", role], { cwd: tmpdir(), env: { PATH: process.env.PATH ?? "", ...env } });
      let text = "";
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (text += chunk));
      child.once("exit", (code) => resolve({ code, text }));
    });

  it("names everything that is wrong with a role's settings, and starts nothing", async () => {
    const wrong: [string, Record<string, string>, string[]][] = [
      ["router", { ROUTER_PORT: "notaport" }, ["ROUTER_PORT", "RABBITMQ_URL", "REDIS_URL", "ROSTER_FILE", "ROOT_PUBLIC_KEY"]],
      [
        "server-party",
        { ENVIRONMENT: "production", PARTY_ID: "P" },
        ["PARTY_ID", "PARTY_IDENTITY_KEY", "CRYPTO_MASTER_KEY", "ROUTER_URLS"],
      ],
    ];
    const ends = await Promise.all(wrong.map(([role, env]) => serve(role, env)));
    for (const [index, { code, text }] of ends.entries()) {
      expect(code).toBe(2);
      for (const name of wrong[index]?.[2] ?? []) expect(text).toContain(name);
    }
  });
});

await withServer("PostgreSQL", (postgres) =>
  withServer("RabbitMQ", (rabbitmq) =>
    withServer("Redis", (redis) => {
      describe("a cluster", () => clusterTests({ postgres: at(postgres, "/postgres"), rabbitmq, redis: at(redis, "/9") }));
    }),
  ),
);

function at(url: string, path: string): string {
  const other = new URL(url);
  other.pathname = path;
  return other.href;
}

function clusterTests(servers: { postgres: string; rabbitmq: string; redis: string }): void {
  const dataDir = mkdtempSync(join(tmpdir(), "covault-cluster-"));
  let cluster: Cluster;
  let account: Account;
  let collector: Collector;
  const deaths: string[] = [];

  beforeAll(async () => {
    collector = await openCollector();
    cluster = await startCluster({
      shape: { accounts: 2, coordinators: 2, routers: 2, parties: [1, 1, 2], partiesToCome: 1 },
      servers,
      prefix: `covault_test_${randomBytes(4).toString("hex")}`,
      dataDir,
      command: [process.execPath, covault],
      readyMs: 120_000,
      onDeath: ({ name }, how) => deaths.push(`${name} ${how}`),
      env: {
        // What the test leaves behind in RabbitMQ goes by itself.
        RABBITMQ_QUEUE_IDLE_MS: "120000",
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
        OTEL_BSP_SCHEDULE_DELAY: "200",
      },
    });
  }, 150_000);
  afterAll(async () => {
    await cluster?.stop();
    await cluster?.drop();
    await collector?.close();
    rmSync(dataDir, { recursive: true, force: true });
  }, 60_000);

  async function post(service: string, path: string, body: object, key: string = randomUUID()): Promise<Answer> {
    const response = await fetch(`${cluster.children.get(service)?.url}${path}`, {
      method: "POST",
      headers: { "x-api-key": cluster.apiKey, "content-type": "application/json", "idempotency-key": key },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: await response.json() };
  }
  const digest = () => `0x${randomBytes(32).toString("hex")}` as const;
  const sign = (service: string, hash: string, key?: string) =>
    post(service, `/api/v1/accounts/${account.id}/sign`, { message: hash }, key);
  const isSignature = async (hash: `0x${string}`, answer: Answer) =>
    answer.status === 200 && (await recoverAddress({ hash, signature: answer.body.signature.hex })) === account.addresses.evm;

  /**
   * Signs through both account services while `harm` happens. It then goes on until a signature
   * works again, which must be soon.
   */
  async function survives(harm: () => Promise<unknown>): Promise<void> {
    const hashes = Array.from({ length: 6 }, digest);
    const underWay = Promise.all(hashes.map((hash, index) => sign(`account-${(index % 2) + 1}`, hash)));
    await new Promise((wake) => setTimeout(wake, 150));
    await harm();
    const harmedAt = performance.now();
    const recovered = (async () => {
      for (;;) {
        const hash = digest();
        if (await isSignature(hash, await sign("account-1", hash))) return performance.now() - harmedAt;
      }
    })();
    for (const [index, answer] of (await underWay).entries()) {
      if (answer.status === 200) expect(await isSignature(hashes[index] as `0x${string}`, answer)).toBe(true);
      else expect(answer.body).toMatchObject({ code: expect.any(String), message: expect.any(String), hint: expect.any(String) });
    }
    expect(await recovered).toBeLessThan(healsWithinMs);
  }

  it("makes a key through one account service that signs through the other", async () => {
    const created = await post("account-1", "/api/v1/accounts", { user_id: "cluster", threshold_t: 2, threshold_n: 3 });
    expect(created.status, JSON.stringify(created.body)).toBe(201);
    account = created.body;
    const hash = digest();
    expect(await isSignature(hash, await sign("account-2", hash))).toBe(true);
  });

  it("gives one signature for one idempotency key, whichever account services it is sent to", async () => {
    const [hash, key] = [digest(), randomUUID()];
    const answers = await Promise.all(["account-1", "account-2", "account-1", "account-2"].map((service) => sign(service, hash, key)));
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 200]);
    expect(new Set(answers.map((answer) => `${answer.body.session_id} ${answer.body.signature.hex}`)).size).toBe(1);
  });

  it("makes one trace of a session, across services and parties", async () => {
    const { body } = await sign("account-1", digest());
    const { traceId, spanId } = traceOf(body.session_id);
    const ofSession = () => collector.spans.filter((span) => span.traceId === traceId);
    await vi.waitFor(() => expect(ofSession().length).toBeGreaterThanOrEqual(5), { timeout: 10_000, interval: 50 });
    const spans = ofSession();
    expect(spans.filter((span) => span.spanId === spanId).map((span) => [span.service, span.name])).toEqual([
      ["coordinator", "sign session"],
    ]);
    const parts = spans.filter((span) => span.spanId !== spanId);
    expect(parts.every((span) => span.parentSpanId === spanId)).toBe(true);
    expect(parts.map((span) => span.service)).toEqual(expect.arrayContaining(["account", "coordinator"]));
    expect(parts.filter((span) => span.service.startsWith("server-party-"))).toHaveLength(2);
  });

  it("answers the same request at the other account service when the first one is killed during it", async () => {
    const [hash, key] = [digest(), randomUUID()];
    const cut = sign("account-1", hash, key).catch(() => "cut off");
    await new Promise((wake) => setTimeout(wake, 150));
    await cluster.end("account-1", "SIGKILL");
    expect(deaths).toEqual(["account-1 SIGKILL"]);
    await cut;
    expect(await isSignature(hash, await sign("account-2", hash, key))).toBe(true);
    await cluster.restart("account-1");
    expect(await isSignature(hash, await sign("account-1", hash, key))).toBe(true);
  });

  it.each(["coordinator-1", "router-1", "server-party-3", "server-party-3-replica-2"])("goes on when %s is killed", async (name) => {
    await survives(() => cluster.end(name, "SIGKILL"));
    await cluster.restart(name);
  });

  it("goes on while a replica of a party stands still beside a live one, and after it has come back: no pair burns", async () => {
    const pid = cluster.children.get("server-party-3-replica-2")?.pid ?? 0;
    try {
      await survives(async () => process.kill(pid, "SIGSTOP"));
    } finally {
      process.kill(pid, "SIGCONT");
    }
    await survives(async () => {});
    const answer = await fetch(`${cluster.children.get("coordinator-1")?.url}/api/v1/parties`, {
      headers: { "x-api-key": cluster.apiKey },
    });
    expect(await answer.json()).toMatchObject({ burns: [] });
  });

  /**
   * Begins a key generation whose `server-party-2` gets the signal when it has sent its first
   * messages.
   */
  async function cutKeygen(user: string, signal: "SIGKILL" | "SIGSTOP" = "SIGKILL") {
    const read = async (path: string) => {
      const answer = await fetch(`${cluster.children.get("account-2")?.url}/api/v1${path}`, { headers: { "x-api-key": cluster.apiKey } });
      // biome-ignore lint/suspicious/noExplicitAny: as a caller without types would.
      return (await answer.json()) as any;
    };
    const created = post("account-2", "/api/v1/accounts", { user_id: user, threshold_t: 2, threshold_n: 3 });
    await vi.waitFor(
      async () => {
        const { accounts } = await read(`/accounts?user_id=${user}`);
        const { events } = await read(`/sessions/${accounts[0].keygen_session_id}`);
        const sent = (event: { type: string; data: { party_id: string } }) =>
          event.type === "Progressed" && event.data.party_id === "server-party-2";
        expect(events.some(sent)).toBe(true);
      },
      { timeout: 30_000, interval: 20 },
    );
    if (signal === "SIGKILL") await cluster.end("server-party-2", signal);
    else process.kill(cluster.children.get("server-party-2")?.pid ?? 0, signal);
    return { created };
  }

  it("finishes a key generation whose party is killed between its rounds and comes back", async () => {
    const { created } = await cutKeygen("cut");
    await cluster.restart("server-party-2");
    const { status, body } = await created;
    expect(status, JSON.stringify(body)).toBe(201);
    const hash = digest();
    const signed = await post("account-1", `/api/v1/accounts/${body.id}/sign`, { message: hash });
    expect(await recoverAddress({ hash, signature: signed.body.signature.hex })).toBe(body.addresses.evm);
  });

  it.each([
    ["is killed", 10, "SIGKILL"],
    ["stands still, which its router has to find out,", 12, "SIGSTOP"],
  ] as const)(
    "ends a key generation whose party %s and never comes back, within %i s, and names the party",
    // The test is retried, since on a busy machine the others' last round alone may take seconds
    // after the kill.
    { retry: 2 },
    async (_how, seconds, signal) => {
      const { created } = await cutKeygen(`gone-${signal}-${Math.round(performance.now())}`, signal);
      const killedAt = performance.now();
      try {
        const { status, body } = await created;
        const end = [status, body.code, body.message];
        expect(end, JSON.stringify(body)).toEqual([503, "account/parties-missing", expect.stringContaining("server-party-2")]);
        expect(performance.now() - killedAt).toBeLessThan(1_000 * seconds);
      } finally {
        if (signal === "SIGSTOP") await cluster.end("server-party-2", "SIGKILL");
        await cluster.restart("server-party-2");
      }
    },
  );

  it("heals by itself when Redis loses everything", async () => {
    await survives(() => flush(servers.redis));
  });

  describe("whose roster changes", () => rosterTests(() => ({ cluster, dataDir, covault })));

  it("shows health by dependency, and metrics that docs/operations.md explains, on every process", async () => {
    const explained = readFileSync(join(import.meta.dirname, "../docs/operations.md"), "utf8");
    for (const child of cluster.children.values()) {
      const ready = await fetch(`${child.url}/health/ready`);
      const { checks } = (await ready.json()) as { checks: Record<string, string> };
      expect([ready.status, Object.keys(checks).length > 0], child.name).toEqual([200, true]);
      const read = (headers = {}) => fetch(`${child.url}/metrics`, { headers });
      for (const headers of [{}, { "x-api-key": cluster.apiKey }]) expect((await read(headers)).status, child.name).toBe(401);
      const metrics = await (await read({ "x-api-key": cluster.metricsKey })).text();
      expect(metrics, child.name).toContain("covault_http_requests_total{");
      expect(metrics, child.name).toContain("process_cpu_seconds_total");
      const names = [...metrics.matchAll(/^# HELP (covault_\S+)/gm)].map(([, name]) => name);
      expect(names.filter((name) => !explained.includes(`\`${name}\``))).toEqual([]);
    }
  });

  it("tells a session's events at one coordinator that another one leads", async () => {
    const { body } = await sign("account-1", digest());
    const follow = async (name: string, after: string) => {
      const url = `${cluster.children.get(name)?.url}/api/v1/sessions/${body.session_id}/stream`;
      const stream = await fetch(url, { headers: { "x-api-key": cluster.apiKey, "last-event-id": after } });
      return [...(await stream.text()).matchAll(/^id: (\d+)\nevent: (\S+)$/gm)].map(([, id, type]) => `${id} ${type}`);
    };
    const all = await follow("coordinator-1", "0");
    expect(all.at(0)).toBe("1 SessionOpened");
    expect(all.at(-1)).toMatch(/Completed$/);
    expect(await follow("coordinator-2", "0")).toEqual(all);
    expect(await follow("coordinator-2", "3")).toEqual(all.slice(3));
  });

  it("counts wrong API keys over all replicas: who guesses has to wait at each of them", async () => {
    const guess = async (service: string) => {
      const url = `${cluster.children.get(service)?.url}/api/v1/accounts`;
      return (await fetch(url, { headers: { "x-api-key": `guess-${randomUUID()}` } })).status;
    };
    const answers: number[] = [];
    while (answers.at(-1) !== 429 && answers.length < 30) answers.push(await guess("account-1"));
    expect(answers.slice(0, -1).every((status) => status === 401)).toBe(true);
    // A caller has 20 in a minute, and the tests before used some of them.
    expect(answers.length).toBeLessThanOrEqual(21);
    expect(await guess("account-2")).toBe(429);
  });

  it("stops in order: every process ends with 0", async () => {
    expect(await cluster.stop()).toEqual([]);
  });
}

/** Sends FLUSHDB for the database that the URL names, in RESP's inline form. */
function flush(url: string): Promise<void> {
  const { hostname, port, pathname } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(`SELECT ${pathname.slice(1)}\r\nFLUSHDB\r\n`));
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk.toString();
      if ((text.match(/\r\n/g)?.length ?? 0) < 2) return;
      socket.end();
      if (text === "+OK\r\n+OK\r\n") resolve();
      else reject(new Error(text));
    });
    socket.once("error", reject);
  });
}
