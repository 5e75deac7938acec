import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { CovaultApiError, CovaultClient } from "./index.ts";

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
    await client.sign("acc/1", { message: "ab".repeat(32) });
    await client.sign("acc/1", { message: "ab".repeat(32) });
    expect(seen[0]).toMatchObject({
      method: "POST",
      url: "/api/v1/accounts/acc%2F1/sign",
      body: JSON.stringify({ message: "ab".repeat(32) }),
    });
    expect(seen[0]?.headers["x-api-key"]).toBe("key-of-the-caller");
    expect(seen[0]?.headers["idempotency-key"]).toMatch(/^[0-9a-f-]{36}$/);
    expect(seen[1]?.headers["idempotency-key"]).not.toBe(seen[0]?.headers["idempotency-key"]);
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

  it("says sdk/bad-answer when something else answers", async () => {
    const { client } = await serve(502, "<html>bad gateway</html>");
    expect(await failure(client.getSession("s"))).toMatchObject({ status: 502, code: "sdk/bad-answer" });
  });

  it("says sdk/unreachable, without the URL's password, when nobody answers", async () => {
    const client = new CovaultClient({
      baseUrl: "http://user:hunter2@localhost:4000",
      apiKey: "k",
      fetch: async () => {
        throw new TypeError("fetch failed");
      },
    });
    const error = await failure(client.getAccount("x"));
    expect(error).toMatchObject({ status: 0, code: "sdk/unreachable" });
    expect(error.message).not.toContain("hunter2");
  });
});
