// The wall clocks of routers are set while streams stand.
import { afterEach, describe, expect, it, vi } from "vitest";
import { bytes, connectParty, sendTo, text } from "./party.ts";
import { makeWorld, type World } from "./routers.ts";

const steps = [-3_600_000, -300_000, 300_000, 3_600_000];
let world: World;
afterEach(() => world.stop());

describe("a wall clock that is set", () => {
  it.each(steps)("[RT16] by %i ms stops no stream, however much it sends", async (stepMs) => {
    world = await makeWorld({ bounds: { framesPerSecond: 200 } });
    const [url = ""] = world.routers.map((router) => router.streamUrl);
    const alice = await connectParty(url, "alice");
    const bob = await connectParty(url, "bob");
    expect(await sendTo(alice, "bob", bytes("before"))).toBe("accepted");
    world.setClock(stepMs);
    const answers = await Promise.all(Array.from({ length: 20 }, (_, k) => sendTo(alice, "bob", bytes(`after ${k}`))));
    expect(new Set(answers)).toEqual(new Set(["accepted"]));
    await vi.waitFor(() => expect(bob.delivered.map((one) => text(one.payload))).toHaveLength(21), { timeout: 10_000, interval: 5 });
  });

  it.each(steps)("[RT19] by %i ms between two streams of one instance leaves the newer one", async (stepMs) => {
    world = await makeWorld({ replicas: 2 });
    const [first = "", second = ""] = world.routers.map((router) => router.streamUrl);
    const older = await connectParty(first, "alice", { instanceId: "a1" });
    world.setClock(stepMs);
    const newer = await connectParty(second, "alice", { instanceId: "a1" });
    world.beat();
    expect((await older.closed).code).toBe(4409);
    world.beat();
    const bob = await connectParty(first, "bob");
    await vi.waitFor(async () => expect(await sendTo(bob, "alice", bytes("still here"))).toBe("accepted"), { timeout: 10_000 });
    await vi.waitFor(() => expect(newer.delivered.map((one) => text(one.payload))).toContain("still here"), { timeout: 10_000 });
  });
});
