import { makeLogger } from "@covault/service-kit";
import { afterEach, expect, it } from "vitest";
import { type ServerPartyApi, startServerPartyApi } from "../src/index.ts";

const logger = makeLogger({ name: "test", level: "silent" });
let api: ServerPartyApi | undefined;
afterEach(() => api?.stop());

it("answers health without an API key, and says which party cannot work", async () => {
  let broken = false;
  const checks = {
    "server-party-1": () => {},
    "server-party-2": () => {
      if (broken) throw new Error("no stream");
    },
  };
  api = await startServerPartyApi({ config: { port: 0, apiKey: "a-key-of-an-operator" }, logger, checks });
  const get = async (path: string) => {
    const response = await fetch(`${api?.url}${path}`);
    return { status: response.status, body: (await response.json()) as { status: string; checks: Record<string, string> } };
  };
  expect(await get("/health")).toMatchObject({
    status: 200,
    body: { status: "ok", checks: { "server-party-1": "ok", "server-party-2": "ok" } },
  });
  broken = true;
  await expect
    .poll(() => get("/health/ready"), { timeout: 5_000, interval: 200 })
    .toMatchObject({ status: 503, body: { checks: { "server-party-1": "ok", "server-party-2": "failed" } } });
  expect((await get("/health/live")).status).toBe(200);
});

it("serves nothing else without the key", async () => {
  api = await startServerPartyApi({ config: { port: 0, apiKey: "a-key-of-an-operator" }, logger });
  const statuses = await Promise.all(
    ["/metrics", "/api/v1/shares/ses_1/confirm", "/"].map(async (path) => (await fetch(`${api?.url}${path}`)).status),
  );
  expect(statuses).toEqual([401, 401, 401]);
  const withKey = await fetch(`${api.url}/api/v1/nothing`, { headers: { "x-api-key": "a-key-of-an-operator" } });
  expect(withKey.status).toBe(404);
});
