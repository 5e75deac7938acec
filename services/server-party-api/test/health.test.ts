import { makeLogger } from "@covault/service-kit/run";
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
  api = await startServerPartyApi({ config: { port: 0 }, logger, checks });
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

it("serves its metrics to their key, and nothing else", async () => {
  const key = "a-key-for-metrics";
  api = await startServerPartyApi({ config: { port: 0, metricsAccess: { key } }, logger });
  const status = async (path: string, headers = {}) => (await fetch(`${api?.url}${path}`, { headers })).status;
  expect(await Promise.all(["/metrics", "/api/v1/shares/ses_1/confirm", "/"].map((path) => status(path)))).toEqual([401, 404, 404]);
  expect(await status("/metrics", { "x-api-key": key })).toBe(200);
});
