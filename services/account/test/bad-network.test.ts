// These tests let the network between this service and its parts fail. When the database is lost at
// any query, the answer is "ask again" and never "the row was altered". A request that is asked
// again under its key has one result. A coordinator whose connections die in silence is asked again
// over new ones.
import { randomBytes, randomUUID } from "node:crypto";
import { openDatabase, unhurried } from "@covault/service-kit/sql";
import { type TcpProxy, tcpProxy } from "@covault/testkit/network";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { withServer } from "../../../packages/service-kit/test/real-servers.ts";
import { defaultTiming } from "../src/context.ts";
import { digest, testSystem } from "./system.ts";

await withServer("PostgreSQL", async (given) => {
  const name = `covault_account_test_${randomBytes(6).toString("hex")}`;
  const url = (database: string) => Object.assign(new URL(given), { pathname: `/${database}` }).href;
  const proxy = await tcpProxy(given);
  const cutting = cutsAtQuery(proxy);
  const system = await testSystem({ timing: { claimMs: 60 } }, async () => {
    const admin = await openDatabase({ kind: "postgres", url: url("postgres"), poolMax: 1, times: unhurried });
    await admin.pool.query(`CREATE DATABASE ${name}`);
    const database = await openDatabase({ kind: "postgres", url: proxy.through(url(name)) });
    cutting.watch(database.pool);
    return {
      ...database,
      async close() {
        await database.close();
        await admin.pool.query(`DROP DATABASE ${name} WITH (FORCE)`);
        await admin.close();
        await proxy.close();
      },
    };
  });
  const account = (await system.createAccount({ user_id: "held" })).body;
  const signed = (await system.call("POST", `/api/v1/accounts/${account.id}/sign`, { message: digest })).body;

  describe("a database that is lost at any query of a request", () => {
    const signing = (key: string) =>
      system.call("POST", `/api/v1/accounts/${account.id}/sign`, { message: digest }, { "idempotency-key": key });
    const requests: [string, (key: string) => ReturnType<typeof system.call>, number][] = [
      ["an account is read", () => system.call("GET", `/api/v1/accounts/${account.id}`), 200],
      ["accounts are listed", () => system.call("GET", "/api/v1/accounts?user_id=held"), 200],
      ["a session is read", () => system.call("GET", `/api/v1/sessions/${signed.session_id}`), 200],
      [
        "who signs is changed",
        () => system.call("PUT", `/api/v1/accounts/${account.id}/signing-configuration`, { parties: ["server-party-1", "server-party-2"] }),
        200,
      ],
      ["an account is made", (key) => system.createAccount({ user_id: key }, { "idempotency-key": key }), 201],
      ["a digest is signed", signing, 200],
    ];
    const ways = requests.flatMap(([name, ask, status]) =>
      (["is not sent", "loses its answer"] as const).map((how) => [name, how, ask, status] as const),
    );
    it.each(ways)("%s, and a query %s: ask again, and then it is done, once", async (_name, how, ask, status) => {
      for (let query = 1; ; query++) {
        const key = randomUUID();
        cutting.at(query, how);
        const first = await ask(key);
        if (!cutting.happened()) {
          expect(first.status, JSON.stringify(first.body)).toBe(status);
          expect(query, "queries of the request").toBeGreaterThan(1);
          return;
        }
        // Work that nobody waits for, such as a renewal, may have met the cut.
        if (first.status !== status) expect([first.status, first.body.code], `query ${query}`).toEqual([503, "database/unavailable"]);
        const again = await ask(key);
        expect(again.status, `query ${query}: ${JSON.stringify(again.body)}`).toBe(status);
        if (first.status === status && status !== 200) expect({ ...again.body, instance: "" }).toEqual({ ...first.body, instance: "" });
        if (status === 201) {
          const made = await system.call("GET", `/api/v1/accounts?user_id=${key}`);
          expect(made.body.accounts.map(({ id }: { id: string }) => id)).toEqual([again.body.id]);
        }
      }
    });
  });
});

type How = "is not sent" | "loses its answer";
/** This is long enough for the server to do what a query asks. */
const doneMs = 20;

/** Cuts every connection at the nth query from now on. */
function cutsAtQuery(proxy: TcpProxy) {
  let left = 0;
  let done = false;
  let way: How = "is not sent";
  const cut = (): void => {
    done = true;
    if (way === "is not sent") proxy.cut();
    else {
      proxy.silence("down");
      setTimeout(() => proxy.cut(), doneMs);
    }
  };
  return {
    at(query: number, how: How): void {
      left = query;
      way = how;
      done = false;
    },
    happened: () => done,
    watch(pool: { on(event: "connect", act: (client: { query: unknown }) => void): unknown }): void {
      pool.on("connect", (client) => {
        const query = client.query as (...all: unknown[]) => unknown;
        client.query = (...all: unknown[]) => {
          if (left > 0 && --left === 0) cut();
          return query.apply(client, all);
        };
      });
    },
  };
}

describe("a coordinator over a bad network", () => {
  const ends: (() => unknown)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
  });
  const timing = { pollWaitMs: 200, answerMs: 300, unreachableMs: 600, pauseMs: 20 };
  const nowhere = { host: "127.0.0.1", port: 1 };
  let proxy: TcpProxy;
  const ready = (async () => {
    proxy = await tcpProxy(nowhere);
    const system = await testSystem({ coordinatorUrl: `http://127.0.0.1:${proxy.port}`, timing });
    const { hostname, port } = new URL(system.coordinator.url);
    proxy.moveTo({ host: hostname, port: Number(port) });
    const account = (await system.createAccount()).body;
    return {
      system,
      sign: (key?: string) =>
        system.call("POST", `/api/v1/accounts/${account.id}/sign`, { message: digest }, key ? { "idempotency-key": key } : {}),
    };
  })();
  afterAll(async () => proxy.close());
  const endsWithin = (timing.pollWaitMs + 2 * timing.answerMs) * 1.125 + timing.pauseMs + 1_500;

  it("a connection that died while it rested costs a moment, and no request", async () => {
    const { sign } = await ready;
    expect((await sign()).status).toBe(200);
    proxy.silence();
    const beganAt = performance.now();
    expect((await sign()).status).toBe(200);
    expect(performance.now() - beganAt).toBeLessThan(endsWithin);
  });

  it("a half-open one, which hears and whose answers are lost, costs a moment, and a slow one nothing", async () => {
    const { sign } = await ready;
    expect((await sign()).status).toBe(200);
    proxy.silence("down");
    const beganAt = performance.now();
    expect((await sign("half-open")).status).toBe(200);
    expect(performance.now() - beganAt).toBeLessThan(endsWithin);
    proxy.slow(20);
    ends.push(() => proxy.slow(0));
    expect((await sign()).status).toBe(200);
  });

  it("one that is gone: ask again, and the key gets its signature when it is back, be it elsewhere", async () => {
    const { system, sign } = await ready;
    const { hostname, port } = new URL(system.coordinator.url);
    const elsewhere = await tcpProxy({ host: hostname, port: Number(port) });
    ends.push(() => {
      proxy.moveTo({ host: hostname, port: Number(port) });
      proxy.cut();
      return elsewhere.close();
    });
    await proxy.refuse();
    proxy.silence();
    const beganAt = performance.now();
    const { status, body } = await sign("gone");
    expect([status, body.code]).toEqual([503, "account/coordinator-unreachable"]);
    expect(performance.now() - beganAt).toBeLessThan(endsWithin);
    proxy.moveTo({ host: "127.0.0.1", port: elsewhere.port });
    await proxy.accept();
    expect((await sign("gone")).status).toBe(200);
    expect(elsewhere.taken).toBeGreaterThan(0);
  });

  it("a frozen one: the caller is told in time, readiness names it, and the key gets its signature after the thaw", async () => {
    const { system, sign } = await ready;
    proxy.freeze();
    ends.push(() => proxy.thaw());
    const beganAt = performance.now();
    const { status, body } = await sign("frozen");
    expect([status, body.code]).toEqual([503, "account/coordinator-unreachable"]);
    expect(performance.now() - beganAt).toBeLessThan(endsWithin);
    expect((await system.call("GET", "/health/ready")).body.checks).toMatchObject({ coordinator: "failed", database: "ok" });
    proxy.thaw();
    expect((await sign("frozen")).status).toBe(200);
  });

  it("the times of production: a caller whose coordinator is frozen is told within 10 s", () => {
    const { pollWaitMs, answerMs, unreachableMs, pauseMs } = defaultTiming;
    // A silence is noticed up to an eighth late. The second question ends it.
    expect((pollWaitMs + answerMs) * 1.125 + pauseMs + answerMs).toBeGreaterThanOrEqual(unreachableMs);
    expect((pollWaitMs + 2 * answerMs) * 1.125 + pauseMs).toBeLessThan(10_000);
    // An opening waits for nothing. So there is time for two answers of one replica, or for one
    // answer of each of two.
    expect(2 * answerMs).toBeGreaterThanOrEqual(unreachableMs);
  });
});
