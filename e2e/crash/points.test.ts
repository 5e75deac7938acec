// These tests kill a process with -9 right before and right after every write and every send of a
// key generation, its commit, a further epoch of a key, a renewal, a repair, an export, an import,
// a sealed backup and a signature (scenarios.ts), on PostgreSQL, RabbitMQ and Redis. Afterwards
// every request has its result or an error that says so, every active account signs, nothing is
// half there, and the system works again within 10 s. Four of the lists and five points drawn by a
// seed (SEED repeats it) run always. `npm run crashes` runs all, and leaves the dated table
// docs/verification/crashes.md. CRASH_ONLY takes texts with | between, and runs the points whose
// name has one of them, with their lists.
import { schemeNames } from "@covault/trust";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { withServer } from "../../packages/service-kit/test/real-servers.ts";
import { bodyOf, ended, holdersFor } from "./continued.ts";
import { crashAt, loseParty, signsWithEveryKey } from "./crash-at.ts";
import { leftovers } from "./leftovers.ts";
import { besides, type Point, points, stepsOf } from "./points.ts";
import { type Asks, type ScenarioName, scenarios } from "./scenarios.ts";
import { asking, loseBackups } from "./sealed.ts";
import { type Account, type CrashSystem, pause, type Servers, startCrashSystem } from "./system.ts";
import { type Row, writeTable } from "./table.ts";
import { bodyWithin, loseShare } from "./within.ts";

const whole = process.env.COVAULT_CRASHES === "whole";
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e6));
/** At which passing of the point in one process it is killed, at least. */
const nth = Number(process.env.CRASH_NTH ?? 1);
const sampleSize = 5;
/**
 * An intent lives for two minutes, and parties allow for a skew of one minute. Then even what was
 * given up has ended.
 */
const emptyWithinMs = 200_000;
/**
 * The scenarios whose list is compared every time. The steps of the others are among theirs, but
 * for a few of the account service.
 */
const everyTime: readonly ScenarioName[] = ["keygen of three schemes", "sign", "sign of bip340 by a path with Taproot", "refresh"];

const all = shuffled(
  points.flatMap((point) => (["before", "after"] as const).map((when) => ({ ...point, when, nth: Math.max(nth, point.nth) }))),
);
const only = process.env.CRASH_ONLY?.split("|");
const cases =
  only !== undefined
    ? all.filter((each) => only.some((text) => nameOf(each).includes(text)))
    : whole
      ? all
      : all.filter((each) => each.in !== "abandoned").slice(0, sampleSize);

const compared = (Object.keys(scenarios) as ScenarioName[]).filter(
  (name) => whole || (only === undefined ? everyTime.includes(name) : cases.some((each) => each.in === name)),
);

await withServer("PostgreSQL", (postgres) =>
  withServer("RabbitMQ", (rabbitmq) =>
    withServer("Redis", (redis) => {
      describe(`crashes, seed ${seed}`, () => crashes({ postgres: at(postgres, "/postgres"), rabbitmq, redis: at(redis, "/8") }));
    }),
  ),
);

function crashes(servers: Servers): void {
  let system: CrashSystem;
  /**
   * The account that signs by every scheme. It is a new one every so often, since each signature
   * that is cut off counts against its pair of parties.
   */
  let account: Account | undefined;
  const made: Account[] = [];
  const rows: Row[] = [];
  const startedAt = Date.now();

  beforeAll(async () => {
    system = await startCrashSystem(servers);
  }, 150_000);
  afterAll(async () => {
    expect(await system?.end()).toEqual([]);
  }, 60_000);

  async function created(how: object): Promise<Account> {
    const { status, body } = await system.ask(system.creating("honest", 0, how));
    expect(status, JSON.stringify(body)).toBe(201);
    return body;
  }
  async function signer(): Promise<Account> {
    account ??= await created({ schemes: schemeNames });
    return account;
  }
  /** The account that a scenario asks something of. */
  async function subjectOf(asks: Asks): Promise<Account | undefined> {
    if (asks.kind === "key") return created({});
    if (asks.kind === "continue" && asks.act === "reshare") return created(holdersFor.reshare);
    if (asks.kind === "within") {
      const account = await created({});
      // What follows its answer is none of this list.
      await pause(2_000);
      if (asks.act === "repair") await loseShare(system, account);
      return account;
    }
    if (asks.kind === "sealed" && asks.act !== "import") {
      const account = await created({});
      await pause(2_000);
      if (asks.act === "backup") await loseBackups(system, account);
      return account;
    }
    return asks.kind === "sign" || asks.kind === "continue" ? signer() : undefined;
  }
  /** Does once what a scenario asks for. `of`: of that account. */
  async function act(asks: Asks, of: Account | undefined): Promise<void> {
    if (asks.kind === "abandoned") {
      const { making, lost } = await loseParty(system, () => system.ask(system.creating("abandoned", 0)));
      expect((await making).status).toBe(503);
      await system.cluster.restart(lost.name);
    } else if (asks.kind === "account") {
      const made = await created(asks.body);
      if (made.keys.length === schemeNames.length) account = made;
    } else if (asks.kind === "key") expect((await system.ask(system.adding(of as Account, 0, asks.scheme))).status).toBe(201);
    else if (asks.kind === "continue") {
      const account = of as Account;
      const answer = await ended(system, await system.ask(system.continuing(account, 0, asks.act, bodyOf(asks.act, account))));
      expect(answer.body.status, JSON.stringify(answer.body)).toBe("completed");
    } else if (asks.kind === "within") {
      const account = of as Account;
      const answer = await ended(system, await system.ask(system.continuing(account, 0, asks.act, bodyWithin(asks.act))));
      expect(answer.body.status, JSON.stringify(answer.body)).toBe("completed");
    } else if (asks.kind === "sealed") {
      const answer = await ended(system, await system.ask(await asking(system, asks.act, of, "sealed", 0)));
      expect([200, 201], JSON.stringify(answer.body)).toContain(answer.status);
    } else {
      const { asked, isBy } = system.signing(of as Account, 1, asks.body);
      const signed = await system.ask(asked);
      expect(await isBy(signed), JSON.stringify(signed.body)).toBe(true);
    }
    // The last acknowledgements come after the answer.
    await pause(500);
  }

  it.each(compared)(
    "knows every point that is passed by: %s, and passes every point that it knows",
    async (scenario) => {
      const lines = (list: readonly Point[]) => list.map(({ role, point }) => `${role}\t${point}`);
      const { asks }: { readonly asks: Asks } = scenarios[scenario];
      const known = lines(stepsOf(scenario));
      // What is abandoned has begun.
      const allowed = scenario === "abandoned" ? [...known, ...lines(stepsOf("keygen"))] : known;
      let passed = new Set<string>();
      // Who commits by whose word is a race: a few runs pass everything.
      for (let run = 0; run < 5 && !known.every((point) => passed.has(point)); run++) {
        const of = await subjectOf(asks);
        system.record();
        await act(asks, of);
        passed = new Set([...passed, ...system.recorded()]);
        system.endRecord();
      }
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

  it.each(cases.map((armed) => [nameOf(armed), armed] as const))(
    "survives a kill of the %s",
    async (_, armed) => {
      const turn = rows.length;
      const by = await signer();
      try {
        const survived = await crashAt(system, armed, by, turn);
        rows.push({ ...armed, outcome: survived.outcome });
        if (survived.made === undefined) return;
        made.push(survived.made);
        if (survived.made.keys.length === by.keys.length) account = survived.made;
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
    for (const [turn, each] of made.entries()) await signsWithEveryKey(system, each, [turn % 2]);
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

function nameOf({ in: scenario, role, when, point }: (typeof all)[number]): string {
  return `${scenario}: ${role} ${when} ${point}`;
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
