// kill -9 right before and right after every write and every send of a key generation, its commit and a signature (points.ts), at its first passing in
// a process (CRASH_NTH=2: its second), on PostgreSQL, RabbitMQ and Redis. Afterwards every request has its result or an error that says so, every
// active account signs, nothing is half there, and the system works again within 10 s. Always: the list, and eight points drawn by a seed (SEED
// repeats it). `npm run crashes`: all of them, and the dated table docs/verification/crashes.md.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { withServer } from "../../packages/service-kit/test/real-servers.ts";
import { crashAt, loseParty } from "./crash-at.ts";
import { leftovers } from "./leftovers.ts";
import { besides, points, type Scenario } from "./points.ts";
import { type Account, type CrashSystem, pause, type Servers, startCrashSystem } from "./system.ts";
import { type Row, writeTable } from "./table.ts";

const whole = process.env.COVAULT_CRASHES === "whole";
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e6));
/** At which passing of the point in one process it is killed. */
const nth = Number(process.env.CRASH_NTH ?? 1);
const sampleSize = 8;
/** An intent of two minutes and the skew of one minute that parties allow for; then even what was given up has ended. */
const emptyWithinMs = 200_000;

const all = shuffled(points.flatMap((point) => (["before", "after"] as const).map((when) => ({ ...point, when, nth }))));
const only = process.env.CRASH_ONLY;
const cases =
  only !== undefined
    ? all.filter(({ role, point, when }) => `${role} ${when} ${point}`.includes(only))
    : whole
      ? all
      : all.filter((each) => each.in !== "abandoned").slice(0, sampleSize);

await withServer("PostgreSQL", (postgres) =>
  withServer("RabbitMQ", (rabbitmq) =>
    withServer("Redis", (redis) => {
      describe(`crashes, seed ${seed}`, () => crashes({ postgres: at(postgres, "/postgres"), rabbitmq, redis: at(redis, "/8") }));
    }),
  ),
);

function crashes(servers: Servers): void {
  let system: CrashSystem;
  /** Signs; a new one every so often, as each signature that is cut off counts against its pair of parties. */
  let account: Account;
  const made: Account[] = [];
  const rows: Row[] = [];
  const startedAt = Date.now();

  beforeAll(async () => {
    system = await startCrashSystem(servers);
  }, 150_000);
  afterAll(async () => {
    expect(await system?.end()).toEqual([]);
  }, 60_000);

  async function pass(scenario: Scenario): Promise<Set<string>> {
    if (scenario === "abandoned") {
      const { creation, lost } = await loseParty(system, () => system.ask(system.creating(scenario, 0)));
      expect((await creation).status).toBe(503);
      await system.cluster.restart(lost.name);
    } else if (scenario === "keygen") {
      const created = await system.ask(system.creating("honest", 0));
      expect(created.status, JSON.stringify(created.body)).toBe(201);
      account = created.body;
    } else {
      const { asked, isBy } = system.signing(account, 1);
      const signed = await system.ask(asked);
      expect(await isBy(signed), JSON.stringify(signed.body)).toBe(true);
    }
    // The last acknowledgements come after the answer.
    await pause(500);
    return system.recorded();
  }

  it.each(["keygen", "sign", ...(whole ? (["abandoned"] as const) : [])] as const)(
    "knows every point that a %s passes, and passes every point that it knows",
    async (scenario) => {
      const lines = (list: typeof points) => list.map(({ role, point }) => `${role}\t${point}`);
      const known = lines(points.filter((point) => point.in === scenario || (point.in === "both" && scenario !== "abandoned")));
      // What is abandoned has begun.
      const allowed = scenario === "abandoned" ? lines(points.filter((point) => point.in !== "sign")) : known;
      system.record();
      let passed = await pass(scenario);
      // Who commits by whose word is a race: a few runs pass everything.
      for (let run = 1; run < 5 && !known.every((point) => passed.has(point)); run++) passed = await pass(scenario);
      system.endRecord();
      const unknown = [...passed].filter(
        (line) => !allowed.includes(line) && !besides.some(({ point }) => point.test(line.split("\t")[1] ?? "")),
      );
      expect(unknown, "new steps: add them to points.ts").toEqual([]);
      expect(
        known.filter((point) => !passed.has(point)),
        "no longer passed: take them out of points.ts",
      ).toEqual([]);
    },
    150_000,
  );

  it.each(cases.map((armed) => [`${armed.role} ${armed.when} ${armed.point}`, armed] as const))(
    "survives a kill of the %s",
    async (_, armed) => {
      const turn = rows.length;
      try {
        const survived = await crashAt(system, armed, account, turn);
        rows.push({ ...armed, outcome: survived.outcome });
        if (survived.made === undefined) return;
        account = survived.made;
        made.push(account);
      } catch (error) {
        rows.push({ ...armed, outcome: undefined });
        (error as Error).message += `\n${JSON.stringify(armed)}, seed ${seed}\n${system.lastLines()}`;
        throw error;
      }
    },
    180_000,
  );

  it("makes a key after all that, and signs with every account that was made meanwhile", async () => {
    const created = await system.ask(system.creating("after all", 0));
    expect(created.status, JSON.stringify(created.body)).toBe(201);
    made.push(created.body);
    for (const [turn, each] of made.entries()) {
      const { asked, isBy } = system.signing(each, turn);
      const signed = await system.ask(asked);
      expect(await isBy(signed), `${each.id}: ${JSON.stringify(signed.body)}, seed ${seed}`).toBe(true);
    }
  }, 180_000);

  it(
    "leaves nothing behind",
    async () => {
      const deadline = performance.now() + emptyWithinMs;
      let left = await leftovers(servers.postgres, system.prefix);
      while (Object.keys(left).length > 0 && performance.now() < deadline) {
        await pause(1_000);
        left = await leftovers(servers.postgres, system.prefix);
      }
      expect(left).toEqual({});
      if (whole) writeTable(rows, { seed, nth, seconds: Math.round((Date.now() - startedAt) / 1_000) });
    },
    emptyWithinMs + 30_000,
  );
}

/** Fisher and Yates, with a small generator of its own (mulberry32). */
function shuffled<T>(list: readonly T[]): T[] {
  const mixed = [...list];
  let state = seed;
  for (let last = mixed.length - 1; last > 0; last--) {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    const pick = ((bits ^ (bits >>> 14)) >>> 0) % (last + 1);
    [mixed[last], mixed[pick]] = [mixed[pick] as T, mixed[last] as T];
  }
  return mixed;
}

function at(url: string, path: string): string {
  const other = new URL(url);
  other.pathname = path;
  return other.href;
}
