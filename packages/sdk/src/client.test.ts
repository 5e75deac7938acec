import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type CheckAddresses, CovaultApiError, CovaultClient } from "./index.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

async function serve(status: number, answer: string): Promise<{ client: CovaultClient; seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    seen.push({ method: request.method, url: request.url, headers: request.headers, body });
    response.writeHead(status, { "content-type": "application/json" }).end(answer);
  });
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  return { client: new CovaultClient({ baseUrl: `http://127.0.0.1:${port}/`, apiKey: "key-of-the-caller" }), seen };
}

async function failure(work: Promise<unknown>): Promise<CovaultApiError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof CovaultApiError)) throw new Error(`expected a CovaultApiError, got ${error}`);
  return error;
}

describe("CovaultClient", () => {
  it("sends the key, the body and a fresh idempotency key with every sign", async () => {
    const { client, seen } = await serve(200, "{}");
    await client.sign("acc/1", { digest: "ab".repeat(32) });
    await client.sign("acc/1", { digest: "ab".repeat(32) });
    expect(seen[0]).toMatchObject({
      method: "POST",
      url: "/api/v1/accounts/acc%2F1/sign",
      body: JSON.stringify({ digest: "ab".repeat(32) }),
    });
    expect(seen[0]?.headers["x-api-key"]).toBe("key-of-the-caller");
    expect(seen[0]?.headers["idempotency-key"]).toMatch(/^[0-9a-f-]{36}$/);
    expect(seen[1]?.headers["idempotency-key"]).not.toBe(seen[0]?.headers["idempotency-key"]);
  });

  it("refresh, reshare, recover and export send what was said, with an idempotency key of their own", async () => {
    const { client, seen } = await serve(202, "{}");
    await client.refresh("acc_1");
    await client.reshare("acc_1", { threshold_t: 2, threshold_n: 4, leave_out: ["p3"] }, { idempotencyKey: "key-1" });
    await client.recover("acc_1", { party_id: "p2" });
    await client.exportKey("acc_1", { recipient: "5a", reason: "leaving" }, { idempotencyKey: "key-2" });
    expect(seen.map(({ url, body }) => [url, JSON.parse(body)])).toEqual([
      ["/api/v1/accounts/acc_1/refresh", {}],
      ["/api/v1/accounts/acc_1/reshare", { threshold_t: 2, threshold_n: 4, leave_out: ["p3"] }],
      ["/api/v1/accounts/acc_1/recover", { party_id: "p2" }],
      ["/api/v1/accounts/acc_1/export", { recipient: "5a", reason: "leaving" }],
    ]);
    expect(seen.map(({ headers }) => headers["idempotency-key"])).toEqual([
      expect.stringMatching(/^[0-9a-f-]{36}$/),
      "key-1",
      expect.stringMatching(/^[0-9a-f-]{36}$/),
      "key-2",
    ]);
    // @ts-expect-error A caller of plain JavaScript.
    expect((await failure(client.reshare("acc_1", { parties: "p1" }))).code).toBe("sdk/bad-argument");
  });

  it("renew and repair send what was said, and abort asks for nothing but the end", async () => {
    const { client, seen } = await serve(202, "{}");
    await client.renew("acc_1", { parties: ["p1", "p2"] });
    await client.repair("acc_1", { party_id: "p2", key: "eddsa-ed25519" }, { idempotencyKey: "key-1" });
    await client.sessions.abort("ses/1");
    expect(seen.map(({ url, body }) => [url, body])).toEqual([
      ["/api/v1/accounts/acc_1/renew", '{"parties":["p1","p2"]}'],
      ["/api/v1/accounts/acc_1/repair", '{"party_id":"p2","key":"eddsa-ed25519"}'],
      ["/api/v1/sessions/ses%2F1/abort", ""],
    ]);
    expect(seen.map(({ headers }) => headers["idempotency-key"])).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/), "key-1", undefined]);
    // @ts-expect-error A caller of plain JavaScript.
    expect((await failure(client.renew("acc_1", { parties: "p1,p2" }))).code).toBe("sdk/bad-argument");
  });

  it("backups asks with a key or without, and sends no idempotency key: nothing is sealed twice", async () => {
    const { client, seen } = await serve(200, '{"keys":[]}');
    expect(await client.backups.list("acc_1")).toEqual({ keys: [] });
    await client.backups.create("acc_1");
    await client.backups.create("acc_1", { key: "eddsa-ed25519" });
    expect(seen.map(({ method, url, body }) => [method, url, body])).toEqual([
      ["GET", "/api/v1/accounts/acc_1/backups", ""],
      ["POST", "/api/v1/accounts/acc_1/backups", "{}"],
      ["POST", "/api/v1/accounts/acc_1/backups", '{"key":"eddsa-ed25519"}'],
    ]);
    expect(seen.map(({ headers }) => headers["idempotency-key"])).toEqual([undefined, undefined, undefined]);
    // @ts-expect-error A caller of plain JavaScript.
    expect((await failure(client.backups.create("acc_1", { key: 1 }))).code).toBe("sdk/bad-argument");
    expect((await failure(client.backups.list(""))).code).toBe("sdk/bad-argument");
  });

  describe("sessions.wait", () => {
    /** Answers with these sessions, one after the other. A number is the status of a refusal. */
    function answering(...answers: readonly (object | number)[]): CovaultClient {
      let at = 0;
      const answer = async () => {
        const next = answers[Math.min(at++, answers.length - 1)];
        return typeof next === "number"
          ? new Response(JSON.stringify({ code: "http/unavailable", message: "away" }), { status: next })
          : new Response(JSON.stringify(next));
      };
      return new CovaultClient({ baseUrl: "http://localhost:4000", apiKey: "k", fetch: answer as typeof fetch });
    }
    const at = (status: string, awaited: readonly string[] = []) => ({ session_id: "ses_1", status, awaited, attempt: 1 });

    it("gives the session when it has ended, completed or failed, and tells each change once", async () => {
      const told: string[] = [];
      const client = answering(at("open", ["p3"]), at("open", ["p3"]), 503, at("running"), at("staged", ["p2"]), at("completed"));
      const ended = await client.sessions.wait("ses_1", {
        everyMs: 1,
        onProgress: ({ status, awaited }) => told.push([status, ...awaited].join(" ")),
      });
      expect([ended.status, told]).toEqual(["completed", ["open p3", "running", "staged p2", "completed"]]);
      expect((await answering(at("failed")).sessions.wait("ses_1")).status).toBe("failed");
    });
    it("ends with its signal, with what is no passing fault, and with one that does not pass", async () => {
      const waiting = answering(at("open")).sessions.wait("ses_1", { everyMs: 10_000, signal: AbortSignal.timeout(20) });
      expect((await failure(waiting)).code).toBe("sdk/aborted");
      expect((await failure(answering(404).sessions.wait("ses_1", { everyMs: 1 }))).status).toBe(404);
      expect((await failure(answering(503).sessions.wait("ses_1", { everyMs: 1 }))).status).toBe(503);
    });
  });

  it("asks for keys, for addresses of a range, and for signatures by a child, as they are given", async () => {
    const { client, seen } = await serve(200, "{}");
    await client.addKey("acc_1", { scheme: "schnorr-bip340" }, { idempotencyKey: "key-1" });
    await client.listKeys("acc_1");
    await client.getAddresses("acc_1", { path: "m/0", from: 5, count: 3, network: "signet" });
    await client.getAddresses("acc_1");
    const raw = { message: "0x01", scheme: "schnorr-bip340", derivation_path: "m/0/5", taproot: {} } as const;
    await client.sign("acc_1", raw);
    await client.sign("acc_1", { transaction: { type: "evm_personal_message", text: "a" } });
    expect(seen.map(({ method, url }) => `${method} ${url?.replace("/api/v1/accounts/acc_1", "")}`)).toEqual([
      "POST /keys",
      "GET /keys",
      "GET /addresses?path=m%2F0&from=5&count=3&network=signet",
      "GET /addresses",
      "POST /sign",
      "POST /sign",
    ]);
    expect(seen[0]?.headers["idempotency-key"]).toBe("key-1");
    expect([seen[0]?.body, seen[4]?.body]).toEqual(['{"scheme":"schnorr-bip340"}', JSON.stringify(raw)]);
    // @ts-expect-error a caller of plain JavaScript
    expect(await failure(client.sign("acc_1", { transaction: "0x01" }))).toMatchObject({ code: "sdk/bad-argument" });
  });

  it("keeps the caller's idempotency key", async () => {
    const { client, seen } = await serve(201, "{}");
    await client.createAccount({ user_id: "u" }, { idempotencyKey: "order-7" });
    expect(seen[0]?.headers["idempotency-key"]).toBe("order-7");
  });

  it("leaves out query values that were not given", async () => {
    const { client, seen } = await serve(200, "{}");
    await client.listAccounts({ user_id: "a b", limit: 5 });
    await client.listAccounts();
    expect(seen.map(({ url }) => url)).toEqual(["/api/v1/accounts?user_id=a+b&limit=5", "/api/v1/accounts"]);
  });

  it("turns an answer's code, message and hint into a CovaultApiError", async () => {
    const { client } = await serve(404, JSON.stringify({ code: "account/not-found", message: "No account x.", hint: "Check the id." }));
    expect(await failure(client.getAccount("x"))).toMatchObject({
      status: 404,
      code: "account/not-found",
      message: "No account x.",
      hint: "Check the id.",
    });
  });

  it("tells what the service said beside them: the request, the session that failed, and the places in the body", async () => {
    const errors = [{ pointer: "/digest", message: "it is not hex." }];
    const said = { code: "account/bad-digest", message: "No.", hint: "", instance: "req_1", session_id: "ses_1", errors };
    const { client } = await serve(400, JSON.stringify(said));
    expect(await failure(client.getAccount("x"))).toMatchObject({ requestId: "req_1", sessionId: "ses_1", errors });
    const { client: older } = await serve(404, JSON.stringify({ code: "account/not-found", message: "No.", hint: "" }));
    expect(await failure(older.getAccount("x"))).toMatchObject({ requestId: undefined, sessionId: undefined, errors: [] });
  });

  it("says sdk/bad-answer when something else answers", async () => {
    const { client } = await serve(502, "<html>bad gateway</html>");
    expect(await failure(client.getSession("s"))).toMatchObject({ status: 502, code: "sdk/bad-answer" });
  });

  it("says sdk/unreachable, and where nobody answers", async () => {
    const client = new CovaultClient({ baseUrl: "http://127.0.0.1:1/covault", apiKey: "k" });
    const error = await failure(client.getAccount("x"));
    expect(error).toMatchObject({ status: 0, code: "sdk/unreachable", message: "No answer from http://127.0.0.1:1." });
    expect(error.cause).toBeInstanceOf(TypeError);
  });

  it("an idempotency key that cannot be a header is told, not a lost server", async () => {
    const { client, seen } = await serve(200, "{}");
    expect(await failure(client.sign("a", { digest: "" }, { idempotencyKey: "a\nb" }))).toMatchObject({ code: "sdk/bad-idempotency-key" });
    expect(seen).toEqual([]);
  });
});

describe("the event log", () => {
  const eventOf = (seq: number) => ({ seq: String(seq), at: "", actor: {}, act: "session.opened", object: {}, data: {} });
  /** Answers each request with what `answer` says of its URL. */
  async function log(answer: (url: URL, response: ServerResponse) => void): Promise<{ client: CovaultClient; asked: string[] }> {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? "");
      answer(new URL(request.url ?? "", "http://log"), response);
    });
    servers.push(server);
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const { port } = server.address() as AddressInfo;
    return { client: new CovaultClient({ baseUrl: `http://127.0.0.1:${port}`, apiKey: "key" }), asked };
  }
  const collected = async <T>(all: AsyncIterable<T>): Promise<T[]> => {
    const list: T[] = [];
    for await (const one of all) list.push(one);
    return list;
  };

  it("gives every event after a number, over as many pages as there are, and loses none", async () => {
    const { client, asked } = await log((url, response) => {
      const after = Number(url.searchParams.get("after") ?? 0);
      const events = [after + 1, after + 2].filter((seq) => seq <= 5).map(eventOf);
      response.end(JSON.stringify({ events, last: events.at(-1)?.seq ?? String(after) }));
    });
    expect((await collected(client.events({ limit: 2 }))).map(({ seq }) => seq)).toEqual(["1", "2", "3", "4", "5"]);
    expect(asked[0]).toBe("/api/v1/events?limit=2");
    expect((await collected(client.events({ after: "4" }))).map(({ seq }) => seq)).toEqual(["5"]);
    expect(await collected(client.events({ after: "5" }))).toEqual([]);
  });

  it("asks no further page of events when its reader has enough", async () => {
    const { client, asked } = await log((_url, response) => response.end(JSON.stringify({ events: [1, 2].map(eventOf), last: "2" })));
    for await (const _event of client.events()) break;
    expect(asked).toHaveLength(1);
  });

  it("lists audit entries by what they are about", async () => {
    const { client, asked } = await log((_url, response) => response.end(JSON.stringify({ entries: [], last: "7" })));
    expect(await client.audit.list({ after: "7", act: "key.created", actor: "key_1", account_id: "acc_1" })).toEqual({
      entries: [],
      last: "7",
    });
    expect(asked).toEqual(["/api/v1/audit?after=7&act=key.created&actor=key_1&account_id=acc_1"]);
  });

  it("gives the lines of an export as they are, wherever the answer is cut into pieces", async () => {
    const { client, asked } = await log((_url, response) => {
      const bytes = Buffer.from('{"actor":"Zo\u00eb"}\n{"seq":"2"}\n');
      const cut = bytes.indexOf(0xc3) + 1;
      response.write(bytes.subarray(0, cut));
      setTimeout(() => response.end(bytes.subarray(cut)), 20);
    });
    const range = { from: "2026-11-30T00:00:00Z", to: "2026-12-01T00:00:00Z" };
    expect(await collected(client.audit.export(range))).toEqual(['{"actor":"Zo\u00eb"}', '{"seq":"2"}']);
    expect(asked).toEqual(["/api/v1/audit/export?from=2026-11-30T00%3A00%3A00Z&to=2026-12-01T00%3A00%3A00Z"]);
  });

  it("says that an export was cut off, and never passes a part of it for the whole", async () => {
    const { client } = await log((_url, response) => {
      response.write('{"seq":"1"}\n{"se');
      setTimeout(() => response.destroy(), 20);
    });
    expect(await failure(collected(client.audit.export()))).toMatchObject({
      code: "sdk/unreachable",
      message: expect.stringContaining("did not answer to the end"),
    });
  });

  it("says why an export was refused", async () => {
    const { client } = await log((_url, response) => {
      response.writeHead(401).end(JSON.stringify({ code: "http/unauthorized", message: "No.", hint: "" }));
    });
    expect(await failure(collected(client.audit.export()))).toMatchObject({ status: 401, code: "http/unauthorized" });
  });
});

describe("a client that verifies", () => {
  it("gives no addresses before they were looked at, with the account's keys and what was asked for", async () => {
    const key = { scheme: "ecdsa-secp256k1", public_key: "0x02aa", chain_code: "0x01" };
    const server = createServer(({ url }, response) => {
      response.end(
        JSON.stringify(url?.endsWith("/keys") ? { keys: [key] } : { network: "signet", addresses: [{ path: "m/0", evm: "0xaa" }] }),
      );
    });
    servers.push(server);
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const looks: unknown[] = [];
    const verify: CheckAddresses = (...given) => {
      looks.push(given);
      if (given[0].path !== "m/0") throw new Error("not what was asked for");
    };
    const client = new CovaultClient({ baseUrl, apiKey: "key", verify });
    const shown = { network: "signet", addresses: [{ path: "m/0", evm: "0xaa" }] };
    expect(await client.getAddresses("acc_1", { path: "m/0", network: "signet" })).toEqual(shown);
    expect(looks).toEqual([[{ path: "m/0", network: "signet" }, [key], shown]]);
    await expect(client.getAddresses("acc_1", { path: "m/1" })).rejects.toThrow("not what was asked for");
  });
});

describe("an aborted request", () => {
  /** A service that takes calls and answers none. */
  async function silent(): Promise<CovaultClient> {
    const server = createServer(() => {});
    servers.push(server);
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    return new CovaultClient({ baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, apiKey: "k" });
  }

  it("says sdk/aborted when the caller gave no reason, and what the limit was when a time ran out", async () => {
    const client = await silent();
    const controller = new AbortController();
    const call = client.getAccount("x", { signal: controller.signal });
    controller.abort();
    expect(await failure(call)).toMatchObject({ status: 0, code: "sdk/aborted", hint: expect.stringContaining("idempotency key") });
    const late = await failure(client.getAccount("x", { signal: AbortSignal.timeout(5) }));
    expect(late).toMatchObject({ code: "sdk/aborted", message: expect.stringContaining("longer than its signal allows") });
    expect((late.cause as Error).name).toBe("TimeoutError");
  });

  it("throws the caller's own reason as it is", async () => {
    const client = await silent();
    const reason = new Error("the user went away");
    const controller = new AbortController();
    const call = client.getAccount("x", { signal: controller.signal });
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
  });
});

describe("the constructor", () => {
  const made = (options: { baseUrl?: string; apiKey?: string }): CovaultApiError => {
    try {
      new CovaultClient({ baseUrl: "http://localhost:4000", apiKey: "hunter2", ...options } as ConstructorParameters<
        typeof CovaultClient
      >[0]);
    } catch (error) {
      if (error instanceof CovaultApiError) return error;
      throw error;
    }
    throw new Error("it took what it must refuse");
  };

  it.each([
    ["127.0.0.1:4000", "http://127.0.0.1:4000"],
    ["localhost:4000", "http://localhost:4000"],
    ["ftp://localhost", "http://localhost"],
    ["http://", "http://localhost:4000"],
    ["", "http://localhost:4000"],
    [undefined, "http://localhost:4000"],
    ["http://user:hunter2@localhost:4000", "API key"],
    ["user:hunter2@localhost:4000", "http://localhost:4000"],
    ["http://localhost:4000?x=1", "before the ?"],
  ])("refuses the base URL %s, and says how to write it without a password", (baseUrl, told) => {
    const error = made({ baseUrl } as { baseUrl: string });
    expect(error).toMatchObject({ status: 0, code: "sdk/bad-base-url", hint: expect.stringContaining(told) });
    expect(error.message + error.hint).not.toContain("hunter2");
  });

  it.each([[undefined], [""], [" \n"], ["hunter2\nx"], ["hunter2\u20ac"]])("refuses the API key %j and does not show it", (apiKey) => {
    const error = made({ apiKey } as { apiKey: string });
    expect(error).toMatchObject({ status: 0, code: "sdk/bad-api-key", hint: expect.stringContaining("MPC_API_KEY") });
    expect(error.message + error.hint).not.toContain("hunter2");
  });
});

describe("an argument that is none", () => {
  const options = { baseUrl: "http://localhost:4000", apiKey: "k" };
  it.each([
    [() => new CovaultClient(undefined as never), "options: expected an object, got undefined."],
    [() => new CovaultClient(null as never), "options: expected an object, got null."],
    [() => new CovaultClient("http://localhost:4000" as never), "options: expected an object, got a text of 21 characters."],
    [() => new CovaultClient({ ...options, fetch: "fetch" as never }), 'options.fetch: expected a function, got "fetch".'],
  ])("of the constructor is named: %#", (make, message) => {
    expect(make).toThrowError(expect.objectContaining({ name: "CovaultApiError", code: "sdk/bad-argument", message }));
  });

  const digest = "ab".repeat(32);
  const circle: { self?: unknown } = {};
  circle.self = circle;
  const calls: readonly (readonly [(client: CovaultClient) => Promise<unknown>, string])[] = [
    ...[undefined, null, "", ".", "..", 7].map(
      (id) => [(c: CovaultClient) => c.getAccount(id as never), "accountId: expected an id"] as const,
    ),
    [(c) => c.getAccount("\ud800"), "accountId: expected an id, which is whole Unicode"],
    [(c) => c.getAccount("a", null as never), "options: expected an object, got null"],
    [(c) => c.getAccount("a", { signal: 5000 as never }), "options.signal: expected an AbortSignal, got 5000"],
    [(c) => c.sign("..", { digest }), 'accountId: expected an id, got ".."'],
    [(c) => c.sign("a", digest as never), `request: expected an object, got a text of 64 characters`],
    [(c) => c.sign("a", { digest: new Uint8Array(32) as never }), "request.digest: expected a text, got a value of type object"],
    [(c) => c.sign("a", { digest }, { idempotencyKey: 7 as never }), "options.idempotencyKey: expected a text, got 7"],
    [(c) => c.createAccount(undefined as never), "request: expected an object, got undefined"],
    [(c) => c.createAccount({} as never), "request.user_id: expected a text, got undefined"],
    [(c) => c.createAccount({ user_id: "u", threshold_t: "2" as never }), 'request.threshold_t: expected an integer, got "2"'],
    [(c) => c.createAccount({ user_id: "u", threshold_n: Number.NaN }), "request.threshold_n: expected an integer, got NaN"],
    [(c) => c.createAccount({ user_id: "u", more: 1n } as never), "request: expected what JSON can hold"],
    [(c) => c.createAccount({ user_id: "u", more: circle } as never), "request: expected what JSON can hold"],
    [(c) => c.listAccounts({ limit: 1.5 }), "request.limit: expected an integer, got 1.5"],
    [(c) => c.listAccounts(null as never), "request: expected an object, got null"],
    [(c) => c.getSigningConfiguration(undefined as never), "accountId: expected an id, got undefined"],
    [
      (c) => c.setSigningConfiguration("a", { parties: "p" as never, required: [] }),
      'configuration.parties: expected an array of texts, got "p"',
    ],
    [(c) => c.setSigningConfiguration("a", { parties: [], required: [7 as never] }), "configuration.required: expected an array of texts"],
    [(c) => c.getSession("" as never), 'sessionId: expected an id, got ""'],
  ];
  it("shows no API key that stands in the wrong place", () => {
    const error = (() => {
      try {
        return new CovaultClient("mpc_hunter2" as never);
      } catch (refused) {
        return refused;
      }
    })();
    expect(error).toMatchObject({ code: "sdk/bad-argument", message: expect.not.stringContaining("hunter2") });
  });

  it("of a method is named, and nothing is sent", async () => {
    const { client, seen } = await serve(200, "{}");
    for (const [call, message] of calls)
      expect(await failure(call(client))).toMatchObject({ status: 0, code: "sdk/bad-argument", message: expect.stringContaining(message) });
    expect(seen).toEqual([]);
  });
});
