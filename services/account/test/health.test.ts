// What /health/ready of the account service says about the parts that it stands on.
import { describe, expect, it } from "vitest";
import { fakeCoordinator } from "./fake-coordinator.ts";
import { testSystem } from "./system.ts";

const system = await testSystem();
const { behaviour } = system.coordinator;

async function ready(): Promise<readonly [number, object]> {
  const { status, body } = await system.call("GET", "/health/ready", undefined, { "x-api-key": "" });
  return [status, body.checks];
}

describe("readiness", () => {
  it("is there while database and coordinator answer", async () => {
    expect(await ready()).toEqual([200, { database: "ok", coordinator: "ok" }]);
  });
  it.each([401, 502, 503])("names a coordinator that answers %i, and is there again with it", async (status) => {
    behaviour.down = status;
    expect(await ready()).toEqual([503, { database: "ok", coordinator: "failed" }]);
    behaviour.down = undefined;
    expect((await ready())[0]).toBe(200);
  });
  it("needs one coordinator of several, and names it when none is there", async () => {
    const gone = await fakeCoordinator();
    await gone.stop();
    await system.restart({ coordinatorUrl: [gone.url, system.coordinator.url] });
    expect((await ready())[0]).toBe(200);
    await system.restart({ coordinatorUrl: gone.url });
    expect(await ready()).toEqual([503, { database: "ok", coordinator: "failed" }]);
    await system.restart();
  });
});
