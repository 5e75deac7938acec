// These tests ask /health/ready of the account service about the parts that it stands on.
import { describe, expect, it } from "vitest";
import { fakeCoordinator } from "./fake-coordinator.ts";
import { testSystem } from "./system.ts";

const system = await testSystem();
const { behaviour } = system.coordinator;

async function ready(): Promise<readonly [number, object]> {
  const { status, body } = await system.call("GET", "/health/ready", undefined, { "x-api-key": "" });
  return [status, body.checks];
}

/** Waits for an answer, within the time for which one look at the parts counts. */
const becomes = (answer: readonly [number, object]) => expect.poll(ready, { timeout: 5_000, interval: 200 }).toEqual(answer);

describe("readiness", () => {
  it("is there while database and coordinator answer", async () => {
    await becomes([200, { database: "ok", coordinator: "ok" }]);
  });
  it.each([401, 502, 503])("names a coordinator that answers %i, and is there again with it", async (status) => {
    behaviour.down = status;
    await becomes([503, { database: "ok", coordinator: "failed" }]);
    behaviour.down = undefined;
    await becomes([200, { database: "ok", coordinator: "ok" }]);
  });
  it("needs one coordinator of several, and names it when none is there", async () => {
    const gone = await fakeCoordinator();
    await gone.stop();
    await system.restart({ coordinatorUrl: [gone.url, system.coordinator.url] });
    await becomes([200, { database: "ok", coordinator: "ok" }]);
    await system.restart({ coordinatorUrl: gone.url });
    await becomes([503, { database: "ok", coordinator: "failed" }]);
    await system.restart();
  });
  it("asks the parts no more often for everybody who asks it", async () => {
    await becomes([200, { database: "ok", coordinator: "ok" }]);
    const before = system.coordinator.seen.length;
    for (let n = 0; n < 50; n++) await ready();
    expect(system.coordinator.seen.length - before).toBeLessThan(10);
  });
});
