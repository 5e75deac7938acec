// Members that keep messages back, against `decide` alone. This is a model of a protocol in three
// rounds. Honest members do what packages/party does: they send, go on, and say which members they
// wait for. Liars keep back what they like and report what they like.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { signPlan, t0, world } from "../../test/given.ts";
import type { Command } from "./commands.ts";
import { decide } from "./decide.ts";
import { dueInMs } from "./due.ts";
import type { Pair, SessionEvent } from "./events.ts";
import { fold } from "./evolve.ts";
import type { Plan } from "./plan.ts";
import type { Attempt, SessionState } from "./state.ts";

const rounds = 3;
/** What a liar does in one attempt. `to` is the other member, by its place. */
interface Lie {
  readonly kind: "none" | "all" | "round 1" | "one partner" | "mute" | "absent" | "waits itself" | "reports late" | "accuses" | "drips";
  readonly to: number;
}
/** The lie of a liar in an attempt. */
type Lies = (index: number, attempt: number) => Lie;
type Timed = readonly [atMs: number, command: Command];

const keepsBack = ({ kind, to }: Lie, partners: readonly number[], receiver: number, round: number): boolean => {
  if (kind === "all" || kind === "mute" || kind === "waits itself" || kind === "drips") return true;
  if (kind === "round 1") return round === 1;
  return kind === "one partner" && receiver === partners[to % partners.length];
};

/** What members say in an attempt that starts at `atMs`. Nothing else is heard. */
function said({ attempt, members }: Attempt, atMs: number, lies: Lies): Timed[] {
  const indices = members.map((seat) => seat.shareIndex);
  const partnersOf = (index: number) => indices.filter((other) => other !== index);
  const lieOf = (index: number) => lies(index, attempt);
  const by = (index: number) => ({ partyId: `p${index}`, attempt });
  const joins = indices
    .filter((index) => lieOf(index).kind !== "absent")
    .map((index): Timed => {
      const data = { ...by(index), instanceId: "a", join: `${attempt}-${index}`, fresh: "f" };
      return [atMs, { type: "Join", data }];
    });
  if (joins.length < indices.length) return joins;
  // How far each member gets: into round r + 1 with the messages of round r of all others.
  const reached = new Map(indices.map((index) => [index, 1]));
  const missing = (index: number) =>
    partnersOf(index).filter((other) => {
      const round = reached.get(index)!;
      return reached.get(other)! < round || keepsBack(lieOf(other), partnersOf(other), index, round);
    });
  for (let turn = 0; turn < rounds * indices.length; turn++)
    for (const index of indices) if (missing(index).length === 0) reached.set(index, Math.min(rounds + 1, reached.get(index)! + 1));
  const reports = indices.flatMap((index): Timed[] => {
    const lie = lieOf(index);
    if (lie.kind === "mute") return [];
    const round = reached.get(index)!;
    const progress = (after: number, to: number): Timed => [atMs + after, { type: "Progress", data: { ...by(index), round: to } }];
    const wait = (after: number, to: number, whom: readonly number[]): Timed => [
      atMs + after,
      { type: "Wait", data: { ...by(index), round: to, missing: whom } },
    ];
    const victim = partnersOf(index)[lie.to % partnersOf(index).length]!;
    if (lie.kind === "waits itself") return [progress(0, 1), wait(1_500, 1, [victim])];
    if (lie.kind === "drips") return [1, 2, 3, 4, 5, 6].map((step) => progress(step * 4_900 - 4_900, step));
    if (lie.kind === "accuses") {
      const accusation = { round: 1, code: "mpc/bad-message", culprits: [victim], consequence: "retry" } as const;
      return [[atMs, { type: "Abort", data: { ...by(index), ...accusation } }]];
    }
    const after = lie.kind === "reports late" ? 4_000 : 0;
    const goes = Array.from({ length: Math.min(round, rounds) }, (_, at) => progress(after, at + 1));
    if (round <= rounds) return lie.kind === "none" ? [...goes, wait(1_500 + 500 * (index % 4), round, missing(index))] : goes;
    const done: Timed = [atMs + 10, { type: "Report", data: { ...by(index), signature: "ab", verified: true } }];
    return lie.kind === "none" ? [...goes, done] : goes;
  });
  return [...joins, ...reports];
}

/** Runs a signing session to its end. */
function run(plan: Plan, lies: Lies) {
  const seats = plan.seats.map(({ partyId }) => ({ partyId, instanceId: "a", load: 0 }));
  let state: SessionState = fold([]);
  const events: SessionEvent[] = [];
  let queue: Timed[] = [[t0, { type: "Open", data: { plan, intent: "eA==" } }]];
  let nowMs = t0;
  while (state.status !== "completed" && state.status !== "failed") {
    queue.sort(([a], [b]) => a - b);
    const limits = world().limits;
    const dueMs = nowMs + (dueInMs(state, nowMs, limits) ?? Number.POSITIVE_INFINITY);
    const next = queue[0] !== undefined && queue[0][0] <= dueMs ? queue.shift() : undefined;
    nowMs = next?.[0] ?? dueMs;
    const decided = decide(next?.[1] ?? { type: "Tick", data: {} }, state, world({ after: nowMs - t0, present: seats }));
    state = fold(
      decided.map((event) => ({ ...event, atMs: nowMs })),
      state,
    );
    events.push(...decided);
    if (decided.some(({ type }) => type === "AttemptStarted")) queue = said(state.attempt!, nowMs, lies);
  }
  const failures = events.flatMap((event) => (event.type === "AttemptFailed" ? [event.data] : []));
  const quorums = events.flatMap((event) => (event.type === "AttemptStarted" ? [event.data.members.map((seat) => seat.shareIndex)] : []));
  return { state, failures, quorums, tookMs: nowMs - t0 };
}

const planOf = (n: number, threshold: number): Plan => ({
  ...signPlan,
  threshold,
  holders: n,
  seats: Array.from({ length: n }, (_, at) => ({ partyId: `p${at + 1}`, shareIndex: at + 1, idpk: "" })),
});
const always =
  (liar: number, kind: Lie["kind"], to = 0): Lies =>
  (index) => ({ kind: index === liar ? kind : "none", to });

describe("a member that keeps its messages back", () => {
  it.each(["all", "round 1", "one partner", "mute", "absent", "waits itself"] as const)(
    "[CO12] (%s) costs a 2-of-3 signature two quorums and 11 s, whichever of the three it is",
    (kind) => {
      for (const liar of [1, 2, 3]) {
        const { state, failures, quorums, tookMs } = run(planOf(3, 2), always(liar, kind));
        expect({ status: state.status, last: quorums.at(-1) }).toEqual({
          status: "completed",
          last: [1, 2, 3].filter((index) => (liar === 3 ? index < 3 : index !== liar)),
        });
        expect(quorums.length).toBeLessThanOrEqual(3);
        expect(tookMs).toBeLessThan(11_000);
        for (const { silent, disputes } of failures) {
          expect(silent.filter((id) => id !== `p${liar}`)).toEqual([]);
          expect(disputes.every((pair) => pair.includes(liar))).toBe(true);
        }
      }
    },
  );

  it("[CO12] and reports progress to the end of all rounds costs two quorums of 12 s", () => {
    const { state, quorums, tookMs } = run(planOf(3, 2), always(1, "drips"));
    expect([state.status, quorums.at(-1)]).toEqual(["completed", [2, 3]]);
    expect(tookMs).toBeLessThan(25_000);
  });

  it("[CO12] is no reason to keep honest members apart: one that is stuck on it is excused by those that wait further on", () => {
    const { failures } = run(planOf(5, 3), always(1, "one partner"));
    expect(failures[0]?.disputes).toEqual([[1, 2]]);
  });

  const kinds = ["none", "all", "round 1", "one partner", "mute", "absent", "waits itself", "reports late", "accuses"] as const;
  it.each([
    [2, 3, 1],
    [2, 5, 2],
    [3, 5, 2],
    [4, 7, 1],
  ])("[CO12] %d of %d sign within 8 attempts whatever %d liars do, and nobody honest is called silent or set apart", (t, n, liarsMax) => {
    const lie = fc.record({ kind: fc.constantFrom(...kinds), to: fc.nat(n) });
    const cases = fc.record({
      liars: fc.uniqueArray(fc.integer({ min: 1, max: n }), { maxLength: liarsMax }),
      lies: fc.array(lie, { minLength: 16, maxLength: 16 }),
    });
    fc.assert(
      fc.property(cases, ({ liars, lies }) => {
        const none: Lie = { kind: "none", to: 0 };
        const { state, failures } = run(planOf(n, t), (index, attempt) => {
          const at = liars.indexOf(index);
          return at < 0 ? none : (lies[(attempt - 1) * 2 + at] ?? none);
        });
        expect(state.status).toBe("completed");
        expect(failures.flatMap(({ silent }) => silent).filter((id) => !liars.includes(Number(id.slice(1))))).toEqual([]);
        const isHonest = ([a, b]: Pair) => !liars.includes(a) && !liars.includes(b);
        expect(failures.flatMap(({ disputes }) => disputes).filter(isHonest)).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });
});
