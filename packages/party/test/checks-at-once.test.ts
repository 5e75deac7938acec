// Many checks of one pair that are open at once. A cheater bets on another bit of the pair's
// long-term secret in each of them. It must not see more than which one failed first (dkls23-spec
// 9, rule 3).
import { type CheckEnd, type Protocols, protocols, type Store } from "@covault/party";
import { CrashPoint, lyingProtocols } from "@covault/testkit";
import { beforeAll, describe, expect, it } from "vitest";
import { digest, type Fixture, makeFixture, worldOf } from "./fixture.ts";
import { burnedOf, strikesOf } from "./standing.ts";

const seed = "checks at once";
const count = 6;
let fixture: Fixture;
beforeAll(async () => {
  fixture = await makeFixture({ seed }, 2);
});

/** Party 2 lies in every second of its signatures, so that those checks fail. */
function everySecond(index: number): Protocols {
  let signatures = 0;
  const lie = (body: Uint8Array, round: number): Uint8Array => (round === 1 && ++signatures % 2 === 0 ? body.fill(1, 40, 60) : body);
  return index === 2 ? lyingProtocols(protocols, lie) : protocols;
}

/**
 * No check runs before all are noted. The store refuses the first of their ends, `refusals` in all.
 */
function atOnce(store: Store, refusals: number) {
  const noted: (() => void)[] = [];
  const ends: { readonly answer: unknown; readonly failed: boolean }[] = [];
  let left = refusals;
  const inner = new Proxy(store, {
    get: (target, property) => {
      const method = Reflect.get(target, property) as (...args: unknown[]) => Promise<unknown>;
      if (property !== "beginCheck" && property !== "endCheck") return typeof method === "function" ? method.bind(target) : method;
      return async (...args: unknown[]) => {
        if (property === "endCheck" && left-- > 0) throw new Error("no database");
        const answer = await method.apply(target, args);
        if (property === "endCheck") ends.push({ answer, failed: (args[0] as CheckEnd).burns.length > 0 });
        if (property === "beginCheck") {
          const all = new Promise<void>((resolve) => noted.push(resolve));
          if (noted.length === count) for (const run of noted) run();
          await all;
        }
        return answer;
      };
    },
  });
  return { store: inner, ends, stands: () => noted.length === count && left <= 0 };
}

async function manyChecks(name: string, refusals: number) {
  const world = await worldOf(fixture, { seed: `${seed} ${name}`, protocolsOf: everySecond });
  const { store, ends, stands } = atOnce(world.actor(1).store, refusals);
  await world.boot(1, new CrashPoint(0, "before"), { store });
  const sessions = Array.from({ length: count }, (_, k) => world.coordinator.open(world.signIntent(fixture.key, digest(1 + k)), [1, 2]));
  // Waiting for the party to be idle would wait for all of them, and for the store.
  await world.hub.deliverUntil(stands);
  world.clock.advance(200);
  await world.hub.settle();
  const outcomes = sessions.map(({ aborts, signatures }) => (signatures.length > 0 ? "signed" : (aborts[0]?.code ?? "nothing")));
  return { world, outcomes, ends };
}

describe("checks of one pair that are open at once", () => {
  it.each([
    ["end one after the other", 0],
    ["end while the store fails", count],
  ])("show which one failed first, and nothing of those after it: they %s", async (name, refusals) => {
    const { world, outcomes, ends } = await manyChecks(name, refusals);
    expect(outcomes.filter((outcome) => outcome === "mpc/ot-check-failed")).toHaveLength(1);
    // Passed and failed checks are shown alike, in the order in which they were written.
    const later = ends.slice(ends.findIndex(({ failed }) => failed) + 1);
    expect(later.map(({ failed }) => failed)).toContain(true);
    expect(later.map(({ answer }) => answer)).toEqual(later.map(() => ({ kind: "burned", partners: [2] })));
    const shown = outcomes.filter((outcome) => outcome !== "mpc/pair-burned" && outcome !== "party/pair-burned");
    expect(shown.length).toBeLessThanOrEqual(ends.length - later.length);
    expect(await burnedOf(world.actor(1).store, fixture.key)).toEqual([2]);
    expect(await strikesOf(world.actor(1).store, fixture.key)).toEqual(new Map());
  });
});
