// A signature and a party that dies in it, at every write and every send. The attempt is lost,
// nothing of it is stored, and the next attempt signs.
import { CrashPoint } from "@covault/testkit";
import { beforeAll, describe, expect, it } from "vitest";
import { digest, type Fixture, makeFixture, worldOf } from "./fixture.ts";
import { burnedOf } from "./standing.ts";

const seed = "sign-crash";
let fixture: Fixture;
beforeAll(async () => {
  fixture = await makeFixture({ seed }, 2);
});

describe("signing with a crash", () => {
  for (const when of ["before", "after"] as const)
    it(`loses the attempt and nothing else, wherever a party dies ${when} the effect of a step`, async () => {
      let steps = 0;
      for (let at = 2; ; at++) {
        const world = await worldOf(fixture, { seed: `${seed}-${at}-${when}` });
        const crash = new CrashPoint(at, when);
        await world.boot(2, crash);
        const session = world.coordinator.open(world.signIntent(fixture.key, digest(1)), [1, 2]);
        await world.hub.settle();
        if (!crash.crashed) break;
        steps += 1;
        await world.boot(2);
        const { store, party } = world.actor(2);
        expect(await store.runningSessions()).toEqual([]);
        expect(party.running).toBe(0);
        if (session.signatures.length === 0) {
          world.coordinator.attempt(session, [1, 2]);
          await world.hub.settle();
        }
        expect(session.signatures.length, `step ${at} (${crash.where})`).toBeGreaterThan(0);
        expect(await burnedOf(store, fixture.key)).toEqual([]);
      }
      expect(steps).toBeGreaterThan(10);
    });
});
