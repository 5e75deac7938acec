import { expect, it } from "vitest";
import { apiKey, otherTenantKey, testSystem } from "../../test/system.ts";

const metricsKey = "metrics-key-of-the-tests";
const system = await testSystem({ metricsKey });

it("the figures of all tenants are for the key of metrics alone: no caller's key reads them", async () => {
  const status = async (path: string, key: string) =>
    (await fetch(`${system.service().url}${path}`, { headers: { "x-api-key": key } })).status;
  expect(await status("/metrics", metricsKey)).toBe(200);
  expect([await status("/metrics", apiKey), await status("/metrics", otherTenantKey), await status("/metrics", "")]).toEqual([
    401, 401, 401,
  ]);
  expect(await status("/api/v1/accounts", metricsKey)).toBe(401);
});
