// What a repair shows to the receiver and to t - 2 helpers that lie (dkls23-spec 7.2 "Why it
// hides", 10.4 w): the receiver's own share, and nothing else, also if it asks twice with other
// helpers. And rows that are drawn with one entropy are never the same for two runs.
import { describe, expect, it } from "vitest";
import type { Share } from "../src/dkg/index.ts";
import type { Scalar } from "../src/group/group.ts";
import type { ShareIndex } from "../src/protocol/index.ts";
import { openRepair, type RepairContext, round1 } from "../src/repair/index.ts";
import { type Repairing, repairMachines, repairSetup } from "./repairs.ts";
import { int, intLe } from "./second.ts";
import { bytesFrom, hex, idx, runSession } from "./simulation.ts";
import { dkgSuites, familyOf, makeKeyOf } from "./suites.ts";

const [one, two, three, four, receiver] = [1, 2, 3, 4, 5].map(idx) as [ShareIndex, ShareIndex, ShareIndex, ShareIndex, ShareIndex];
const runs: readonly Repairing[] = [
  { helpers: [one, two, three], receiver, seed: "first" },
  { helpers: [one, two, four], receiver, seed: "again" },
];

/** A linear form in unknowns, by name. */
type Form = ReadonlyMap<string, bigint>;

describe.each(dkgSuites)("$scheme", (suite) => {
  const shares = makeKeyOf(suite, [1, 2, 3, 4, 5], 3, "attacks/repair");
  const { order } = suite.group;
  const mod = (x: bigint): bigint => ((x % order) + order) % order;
  const number = (bytes: Uint8Array): bigint => (suite.scheme === "eddsa-ed25519" ? intLe(bytes) : int(bytes));
  const power = (x: bigint, n: bigint): bigint => (n === 0n ? 1n : mod(power(mod(x * x), n >> 1n) * (n & 1n ? x : 1n)));
  const inverse = (x: bigint): bigint => power(mod(x), order - 2n);
  const plus = (a: Form, b: Form, k = 1n): Form =>
    new Map([...a, ...[...b].map(([name, n]) => [name, mod((a.get(name) ?? 0n) + k * n)] as const)]);
  const contextOf = (about: Repairing, self: ShareIndex): RepairContext =>
    openRepair(familyOf(suite), repairSetup(suite, shares, about, self)).context;
  const secretOf = (j: ShareIndex): Scalar => (shares.get(j) as Share).secret as Scalar;

  /** Whether `form` is a sum of multiples of `known`. */
  function spans(known: readonly Form[], form: Form): boolean {
    const basis: (readonly [string, Form])[] = [];
    const reduced = (given: Form): Form => basis.reduce((rest, [pivot, row]) => plus(rest, row, -(rest.get(pivot) ?? 0n)), given);
    for (const each of known) {
      const rest = reduced(each);
      const [pivot, n] = [...rest].find(([, value]) => value !== 0n) ?? [];
      if (pivot !== undefined) basis.push([pivot, plus(new Map(), rest, inverse(n as bigint))]);
    }
    return [...reduced(form).values()].every((n) => n === 0n);
  }

  it("the receiver and a helper see of two runs what follows from the receiver's share and their own, and no value of another", () => {
    // The polynomial's coefficients a0, a1, a2 are unknown, and so are all parts of an honest row
    // but the last one.
    const shareForm = (j: number): Form => new Map([0, 1, 2].map((m) => [`a${m}`, BigInt(j) ** BigInt(m)]));
    const known: Form[] = [shareForm(one)];
    for (const { helpers, seed } of runs) {
      const weight = (i: number): bigint =>
        helpers.reduce((product, j) => (j === i ? product : mod(product * BigInt(receiver - j) * inverse(BigInt(i - j)))), 1n);
      const weighted = (i: ShareIndex): Form => plus(new Map(), shareForm(i), weight(i));
      const [first, second, last] = helpers as [ShareIndex, ShareIndex, ShareIndex];
      const part = (i: ShareIndex, j: ShareIndex): Form =>
        j !== last ? new Map([[`${seed}/${i}/${j}`, 1n]]) : plus(plus(weighted(i), part(i, first), -1n), part(i, second), -1n);
      // What the code drew, to hold the forms against what was sent.
      const about = { helpers, receiver, seed };
      const values = new Map<string, bigint>([0, 1, 2].map((m) => [`a${m}`, 0n]));
      for (const i of helpers) {
        const { next, send } = round1(contextOf(about, i), secretOf(i), bytesFrom(`${seed}/${i}/1`));
        for (const j of helpers) values.set(`${seed}/${i}/${j}`, number(j === i ? next.take().delta : (send.get(j)?.delta as Uint8Array)));
      }
      const sent = (i: ShareIndex, j: ShareIndex): bigint => values.get(`${seed}/${i}/${j}`) as bigint;
      for (const i of helpers) expect(helpers.reduce((sum, j) => mod(sum + sent(i, j)), 0n)).toBe(mod(weight(i) * number(secretOf(i))));

      const row = 3 * suite.group.wireBytes;
      runSession(repairMachines(suite, shares, about), {
        seed,
        observe: ({ round, from, to }, body) => {
          // Beyond rows, which are public points, and digests of them.
          const scalar = round === 1 ? body.slice(row) : body.slice(0, 32);
          if (from === one || (to !== one && to !== receiver)) return;
          if (from === receiver) return expect(body.length).toBe(0);
          if (round === 1 && to === one) {
            expect(number(scalar)).toBe(sent(from, one));
            known.push(part(from, one));
          } else if (round === 2 && to === receiver) {
            expect(number(scalar)).toBe(helpers.reduce((sum, i) => mod(sum + sent(i, from)), 0n));
            // Without what the lying helper drew itself.
            known.push(helpers.filter((i) => i !== one).reduce((sum, i) => plus(sum, part(i, from)), new Map() as Form));
          } else expect(scalar.length).toBe(0);
        },
      });
    }
    expect(known.length).toBe(9);
    expect(spans(known, shareForm(receiver))).toBe(true);
    for (const other of [0, two, three, four]) expect(spans(known, shareForm(other))).toBe(false);
    // The attack is a real one: with the share of one more helper the key is there.
    expect(spans([...known, shareForm(two)], shareForm(0))).toBe(true);
  });

  it("no row of one entropy is another run's: other helpers, another receiver, another session, another helper", () => {
    const [base] = runs as [Repairing];
    const entropy = bytesFrom("one entropy");
    const context = contextOf(base, two);
    const rowOf = (change: Partial<RepairContext>): string => hex(round1({ ...context, ...change }, secretOf(two), entropy).next.take().D);
    // Under one session id, which never happens: each of them is bound by itself.
    const rows = [
      rowOf({}),
      rowOf({ helpers: [one, two, four], peers: [one, four, receiver] }),
      rowOf({ receiver: four, peers: [one, three, four] }),
      rowOf({ sid: bytesFrom("sid") }),
    ];
    expect(new Set(rows).size).toBe(rows.length);
    expect(rowOf({})).toBe(rows[0]);
    // Not only the part that makes the sum: no element of two rows is the same.
    const elements = rows.flatMap((row) => row.match(new RegExp(`.{${2 * suite.group.wireBytes}}`, "g")) as string[]);
    expect(new Set(elements).size).toBe(12);
    const [a, b] = [one, two].map((self) => round1(contextOf(base, self), secretOf(two), entropy).next.take().D);
    expect(hex(a as Uint8Array)).not.toBe(hex(b as Uint8Array));
  });

  it("a row is hedged with the share: a generator that repeats shows nothing of it", () => {
    const context = contextOf(runs[0] as Repairing, two);
    const [a, b] = [two, three].map((j) =>
      round1(context, secretOf(j), bytesFrom("repeats")).next.take().D.slice(0, suite.group.wireBytes),
    );
    expect(hex(a as Uint8Array)).not.toBe(hex(b as Uint8Array));
  });
});
