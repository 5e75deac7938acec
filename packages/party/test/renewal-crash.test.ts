// One end of a pair dies at every write and at every send of a renewal, before or after its effect,
// and starts again on its store. Afterwards the pair is the new one at both ends, or the old one at
// both, or out of use until the next generation, which then goes. It is never half there.
import { CrashPoint } from "@covault/testkit";
import { beforeAll, describe, expect, it } from "vitest";
import { type Held, holdKey, Lifecycle } from "./lifecycle.ts";
import { askRenewal, type Ends, nth, openRenewal, pairOf, renew, standing } from "./renewing.ts";

let held: Held;
beforeAll(async () => {
  held = await holdKey("ecdsa-secp256k1");
}, 300_000);

const pair: Ends = [1, 2];

interface End {
  readonly crash: CrashPoint;
  readonly stands: string;
  readonly attempts: number;
}

/** A renewal in which party 2 dies at step `at`, with what the coordinator would do about it. */
async function run(at: number, when: "before" | "after"): Promise<End> {
  const life = await Lifecycle.of(held, `renewal-crash-${at}-${when}`);
  const { world } = life;
  const crash = new CrashPoint(at, when);
  await world.boot(2, crash);
  const session = openRenewal(life, await askRenewal(life, pair), pair);
  await world.hub.settle();
  if (!crash.crashed) return { crash, stands: "", attempts: 0 };
  await world.boot(2);
  await world.pass(20_000, 4_000);
  for (let attempt = 2; session.pairCertificate === undefined && attempt <= 3; attempt++) {
    world.coordinator.attempt(session, pair);
    await world.pass(6_000, 3_000);
  }
  const stands = (await standing(life, pair)).map(([generation, status]) => `${generation} ${status}`).join(", ");
  for (const index of pair) {
    const { store, events } = world.actor(index);
    expect(await store.runningSessions()).toEqual([]);
    expect(events.filter(({ kind }) => kind === "failed" || kind === "burned" || kind === "strikes")).toEqual([]);
    expect(await pairOf(life, index, 3 - index)).toMatchObject({ burn: undefined, strikes: 0 });
  }
  const where = `step ${at} (${crash.where}): ${stands}`;
  if (!["0 committed, 0 committed", "1 committed, 1 committed"].includes(stands)) {
    await renew(life, pair, nth(2));
    expect(await standing(life, pair), where).toEqual(pair.map(() => [2, "committed"]));
  }
  expect((await life.signs(pair)).signatures.length, where).toBe(2);
  return { crash, stands, attempts: session.attempt };
}

describe("a renewal with a crash", () => {
  for (const when of ["before", "after"] as const)
    it(`makes the pair all the same, in one attempt or the next, wherever an end dies ${when} the effect of a step`, async () => {
      const ends: string[] = [];
      for (let at = 1; ; at++) {
        const { crash, stands, attempts } = await run(at, when);
        if (!crash.crashed) break;
        ends.push(`step ${at} (${crash.where}): ${stands} in ${attempts}`);
      }
      expect(ends.length).toBeGreaterThan(15);
      for (const step of ["claimIntent", "openSession", "fixInputs", "saveRound", "stagePair", "commitPair"])
        expect(
          ends.some((end) => end.includes(step)),
          step,
        ).toBe(true);
      expect(ends.filter((end) => !end.includes("1 committed, 1 committed"))).toEqual([]);
    }, 300_000);

  it("is answered with the same bytes by the end that resumes it, and with no others", async () => {
    const life = await Lifecycle.of(held, "renewal-resumed");
    const { world } = life;
    const sent = new Map<string, Set<string>>();
    const late: (() => void)[] = [];
    world.hub.intercept = (flight, { body }) => {
      if (body.case !== "round" || body.value.header[1] !== 6) return [flight];
      const name = `${flight.from.partyId} ${body.value.header[2]}`;
      sent.set(name, (sent.get(name) ?? new Set()).add(Buffer.from(flight.bytes).toString("hex")));
      if (body.value.header[2] !== 2) return [flight];
      late.push(() => world.hub.inject(flight));
      return [];
    };
    const session = await renew(life, pair);
    for (let boots = 0; boots < 2; boots++) {
      for (const index of pair) await world.boot(index);
      await world.pass(4_000);
    }
    for (const each of late) each();
    await world.pass(6_000);
    expect(session.attempt).toBe(1);
    expect(await standing(life, pair)).toEqual(pair.map(() => [1, "committed"]));
    expect([...sent.values()].map((each) => each.size)).toEqual(Array(6).fill(1));
    for (const index of pair) expect(world.actor(index).events.filter(({ kind }) => kind === "resumed")).toHaveLength(2);
    expect((await life.signs(pair)).signatures).toHaveLength(2);
  });

  it("takes no other messages for a stored round than those with which a copy of the end had begun it: it ends, and the old pair stays", async () => {
    const life = await Lifecycle.of(held, "renewal-inputs");
    const { world } = life;
    let holds = true;
    world.hub.intercept = (flight, { body }) => (holds && body.case === "round" ? [] : [flight]);
    const session = await renew(life, pair);
    const { store } = world.actor(1);
    const [running] = await store.runningSessions();
    expect(await store.fixInputs(running?.rid as Uint8Array, 1, 1, new Uint8Array(32).fill(9))).toBe("fixed");
    holds = false;
    await world.pass(10_000);
    expect(session.aborts.map(({ code, culprits }) => [code, culprits])).toEqual([["party/inputs-changed", []]]);
    expect(await store.runningSessions()).toEqual([]);
    expect(await pairOf(life, 1, 2)).toMatchObject({ generation: 0, burn: undefined, strikes: 0 });
    world.coordinator.attempt(session, pair);
    await world.hub.settle();
    expect(await standing(life, pair)).toEqual(pair.map(() => [1, "committed"]));
  });

  it.each(["openSession", "fixInputs", "saveRound", "stagePair", "commitPair"] as const)(
    "goes on at once when an answer of the store to %s gets lost",
    async (method) => {
      const life = await Lifecycle.of(held, `renewal-lost-${method}`);
      const { world } = life;
      const { store } = world.actor(1);
      let lost = false;
      const lossy = new Proxy(store, {
        get: (_, name) => {
          const act = Reflect.get(store, name).bind(store);
          if (name !== method) return act;
          return async (...args: unknown[]) => {
            const answer = await act(...args);
            if (lost) return answer;
            lost = true;
            throw new Error("the answer is lost");
          };
        },
      });
      await world.boot(1, undefined, { store: lossy });
      const session = await renew(life, pair);
      await world.pass(6_000);
      expect([lost, session.aborts, session.attempt]).toEqual([true, [], 1]);
      expect(await standing(life, pair)).toEqual(pair.map(() => [1, "committed"]));
      expect(world.actor(1).events.filter(({ kind }) => kind === "failed")).toHaveLength(1);
      expect((await life.signs(pair)).signatures).toHaveLength(2);
    },
  );
});
