import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import type { KeyShare } from "../src/dkls23/index.ts";
import { round1Layout, round2Layout } from "../src/dkls23/sign/index.ts";
import type { Machine, ShareIndex } from "../src/protocol/index.ts";
import { bytesFrom, errorOf, hex, idx, keygenMachines, makeKey, outputOf, runSession, signMachines, type Tamper } from "./simulation.ts";

const [one, two, three] = [idx(1), idx(2), idx(3)];
const all = [one, two, three];
const seed = "attacks";
const digest = bytesFrom("a message");
let shares: ReadonlyMap<ShareIndex, KeyShare>;
beforeAll(() => {
  shares = makeKey(all, 3, seed);
});

const sign = (tamper?: Tamper, of = seed) =>
  runSession(signMachines(shares, { signers: all, digest, seed: of }), { seed: of, ...(tamper && { tamper }) });
const codesOf = (outcomes: ReturnType<typeof sign>): (string | undefined)[] => all.map((party) => errorOf(outcomes, party)?.code);

describe("equivocation", () => {
  it("in a signature's round 1 is an echo mismatch at both victims and burns nobody", () => {
    // The liar runs two honest first rounds and shows each victim another one.
    const second = signMachines(shares, { signers: all, digest, seed }).get(two) as Machine<unknown>;
    const turn = second.start(bytesFrom("another entropy"));
    if (turn.kind !== "exchange") throw new Error("expected an exchange");
    const outcomes = sign(({ round, from, to }, body) => (round === 1 && from === two && to === three ? turn.outbox.get(three) : body));
    for (const victim of [one, three]) {
      expect(errorOf(outcomes, victim)?.code).toBe("mpc/echo-mismatch");
      expect(errorOf(outcomes, victim)?.culprits).toEqual([]);
      expect(errorOf(outcomes, victim)?.consequence).toBeUndefined();
    }
  });

  it("in a key generation's round 1 is an echo mismatch at both victims", () => {
    const outcomes = runSession(keygenMachines(all, 2, "equivocation"), {
      seed: "equivocation",
      tamper: ({ round, from, to }, body) => {
        if (round === 1 && from === two && to === three) body[0] = (body[0] as number) ^ 1;
        return body;
      },
    });
    for (const victim of [one, three]) expect(errorOf(outcomes, victim)?.code).toBe("mpc/echo-mismatch");
  });
});

describe("a failed check of one signer beside the failure of another", () => {
  const mixed: Tamper = ({ round, from, to }, body) => {
    // Party 2 lies about h1 to hide the bet of party 3 on the multiplication.
    if (round === 2 && from === two && to === one) body[0] = (body[0] as number) ^ 1;
    if (round === 2 && from === three && to === one) body[body.length - 1] = (body[body.length - 1] as number) ^ 1;
    return body;
  };
  it("still burns who failed: a burn outranks an echo mismatch", () => {
    const error = errorOf(sign(mixed), one);
    expect([error?.code, error?.culprits, error?.consequence]).toEqual(["mpc/mul-check-failed", [3], "burn"]);
  });

  it("names every culprit of the OT-extension check, and the verdict has them before anything is thrown", () => {
    const verdicts: unknown[] = [];
    const outcomes = runSession(signMachines(shares, { signers: all, digest, seed }), {
      seed,
      tamper: ({ round, to }, body) => {
        if (round === 1 && to === one) body[40] = (body[40] as number) ^ 1;
        return body;
      },
      onVerdict: (party, verdict) => party === one && verdicts.push(verdict),
    });
    expect(verdicts).toEqual([{ cleared: [], failed: [2, 3] }]);
    expect(errorOf(outcomes, one)?.culprits).toEqual([2, 3]);
    expect(errorOf(outcomes, one)?.consequence).toBe("burn");
  });
});

describe("replay under the same session id", () => {
  const recorded = new Map<string, Uint8Array>();
  const name = (round: number, from: ShareIndex, to: ShareIndex): string => `${round}/${from}/${to}`;
  beforeAll(() => {
    runSession(signMachines(shares, { signers: all, digest, seed }), {
      seed: `${seed}/old`,
      observe: ({ round, from, to }, body) => recorded.set(name(round, from, to), body),
    });
  });
  for (const rounds of [[1], [2], [1, 2]])
    it(`of round ${rounds.join(" and ")} is an echo mismatch and burns nobody`, () => {
      const outcomes = sign(({ round, from, to }, body) =>
        from === two && rounds.includes(round) ? recorded.get(name(round, from, to)) : body,
      );
      for (const victim of [one, three]) {
        expect(errorOf(outcomes, victim)?.code).toBe("mpc/echo-mismatch");
        expect(errorOf(outcomes, victim)?.consequence).toBeUndefined();
      }
    });

  it("(e) two runs of one session id mask with unrelated pads", () => {
    const fresh = new Map<string, Uint8Array>();
    runSession(signMachines(shares, { signers: all, digest, seed }), {
      seed: `${seed}/new`,
      observe: ({ round, from, to }, body) => fresh.set(name(round, from, to), body),
    });
    const at = 32 + 64 + 32 + 64 * 3 + 32;
    const entries = (bodies: ReadonlyMap<string, Uint8Array>): string[] => {
      const body = (bodies.get(name(2, one, two)) as Uint8Array).subarray(at, at + round2Layout.at);
      return Array.from({ length: body.length / 32 }, (_, k) => hex(body.subarray(32 * k, 32 * k + 32)));
    };
    const old = new Set(entries(recorded));
    const now = entries(fresh);
    expect(now.filter((entry) => old.has(entry))).toEqual([]);
    // If the masks were the same, all rows of a column would differ by the same amount, A - A'.
    const oldList = entries(recorded);
    const difference = (k: number): bigint => BigInt(`0x${now[k]}`) - BigInt(`0x${oldList[k]}`);
    expect(new Set([0, 3, 6, 9].map((k) => difference(k))).size).toBe(4);
  });
});

describe("(h) a third party", () => {
  it("cannot make two honest signers burn each other, whatever it sends", () => {
    const bodyBytes = [0, Object.values(round1Layout).reduce((a, b) => a + b), Object.values(round2Layout).reduce((a, b) => a + b), 64];
    const change = fc.record({
      round: fc.integer({ min: 1, max: 3 }),
      victims: fc.subarray([one, three], { minLength: 1 }),
      at: fc.nat(),
      mask: fc.integer({ min: 1, max: 255 }),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const outcomes = sign(({ round, from, to }, body) => {
          if (from !== two) return body;
          for (const each of changes)
            if (each.round === round && each.victims.includes(to)) {
              const at = each.at % (bodyBytes[round] as number);
              body[at] = (body[at] as number) ^ each.mask;
            }
          return body;
        });
        for (const victim of [one, three]) {
          const error = errorOf(outcomes, victim);
          if (error !== undefined) expect(error.culprits.filter((culprit) => culprit !== two)).toEqual([]);
        }
      }),
      { numRuns: 15 },
    );
  });
});

it("an honest run of the same fixtures signs", () => {
  const outcomes = sign();
  expect(codesOf(outcomes)).toEqual([undefined, undefined, undefined]);
  expect(outputOf(outcomes, one)).toEqual(outputOf(outcomes, three));
});
