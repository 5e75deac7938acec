// Lies in a repair (dkls23-spec 7.2, 9, 10.3): every field of every message, by one helper or by
// two whose errors cancel. A lie that has a name is named at whoever sees it, nothing burns, and no
// share comes out.
import { ed25519 } from "@noble/curves/ed25519.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { describe, expect, it } from "vitest";
import type { DkgSuite, Share } from "../src/dkg/index.ts";
import type { Element, Scalar } from "../src/group/group.ts";
import { collect, Once, type ShareIndex } from "../src/protocol/index.ts";
import { finish, openRepair, type ReceiverState, type RepairContext, receive } from "../src/repair/index.ts";
import { type Repairing, repairMachines, repairSetup } from "./repairs.ts";
import { bytesFrom, type Envelope, errorOf, hex, idx, type Outcomes, runSession, type Tamper } from "./simulation.ts";
import { dkgSuites, familyOf, makeKeyOf } from "./suites.ts";

const helpers = [1, 2, 4].map(idx);
const [one, two, four] = helpers as [ShareIndex, ShareIndex, ShareIndex];
const receiver = idx(5);
/** A point of Ed25519 of order 8. */
const order8 = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05";
const about: Repairing = { helpers, receiver, seed: "liars" };

/** What a lie makes of one field's bytes. */
type Change = (bytes: Uint8Array, suite: DkgSuite) => Uint8Array;
const outOfRange: Change = (bytes) => new Uint8Array(bytes.length).fill(255);
const plus =
  (n: bigint): Change =>
  (bytes, { group }) =>
    group.add(bytes as Scalar, group.public(n));
/** The elements of a row as they travel, one of them another. */
const rowWith =
  (at: number, change: Change): Change =>
  (row, suite) => {
    const { wireBytes } = suite.group;
    const lied = row.slice();
    lied.set(change(row.slice(at * wireBytes, (at + 1) * wireBytes), suite), at * wireBytes);
    return lied;
  };
/** D + n B as it travels. Of Ed25519 that is one eighth of it. */
const moved =
  (n: bigint): Change =>
  (wire, { group }) => {
    const by = group.publish([group.public(n)]).elements[0] as Element;
    return encode(group.plus(group.receive(wire) as Element, by), group);
  };
function encode(element: Element, group: DkgSuite["group"]): Uint8Array {
  if (group.wireBytes === 64) return decompressed(group.encode([element])[0] as Uint8Array);
  const eighth = group.wireBytes === 32 ? inverseOfEight(group) : group.public(1n);
  return group.encode([group.combine(undefined, [[eighth, element]])])[0] as Uint8Array;
}
function inverseOfEight(group: DkgSuite["group"]): Scalar {
  let inverse = group.public(1n);
  for (let bits = group.order - 2n, power = group.public(8n); bits > 0n; bits >>= 1n, power = group.mul(power, power))
    if (bits & 1n) inverse = group.mul(inverse, power);
  return inverse;
}
function decompressed(bytes: Uint8Array): Uint8Array {
  return secp256k1.Point.fromBytes(bytes).toBytes(false).slice(1);
}
const another: Change = (_, { group }) => group.publish([group.public(7n)]).wires[0] as Uint8Array;
/** The first two elements change places: their sum is the same. */
const swapped: Change = (row, { group }) => {
  const [first, second] = [row.slice(0, group.wireBytes), row.slice(group.wireBytes, 2 * group.wireBytes)];
  return Uint8Array.of(...second, ...first, ...row.slice(2 * group.wireBytes));
};

describe.each(dkgSuites)("$scheme", (suite) => {
  const shares = makeKeyOf(suite, [1, 2, 3, 4, 5], 3, "liars/repair");
  const row = 3 * suite.group.wireBytes;
  const fields = { D: [1, 0, row], delta: [1, row, row + 32], sigma: [2, 0, 32], e: [2, 32, 64] } as const;

  /** Runs a repair in which `field` of the messages that fit is another. */
  function run(lies: readonly [keyof typeof fields, (envelope: Envelope) => boolean, Change][]) {
    const tamper: Tamper = (envelope, body) => {
      for (const [name, told, change] of lies) {
        const [round, from, to] = fields[name];
        if (envelope.round === round && told(envelope) && body.length >= to) body.set(change(body.slice(from, to), suite), from);
      }
      return body;
    };
    return runSession(repairMachines(suite, shares, about), { seed: "liars", tamper });
  }
  const by =
    (...liars: readonly ShareIndex[]) =>
    ({ from }: Envelope): boolean =>
      liars.includes(from);
  const to =
    (liar: ShareIndex, victim: ShareIndex) =>
    ({ from, to }: Envelope): boolean =>
      from === liar && to === victim;
  const expectBlamed = (outcomes: Outcomes<unknown>, victim: ShareIndex, code: string, culprits: readonly ShareIndex[]): void => {
    const error = errorOf(outcomes, victim);
    expect([error?.code, error?.culprits, error?.consequence]).toEqual([code, culprits, culprits.length > 0 ? "retry" : undefined]);
  };
  /** The receiver never gets a share out of a lie. */
  const expectNoShare = (outcomes: Outcomes<unknown>): void => {
    const outcome = outcomes.get(receiver);
    expect(outcome === undefined || "error" in outcome).toBe(true);
  };

  const rows: Record<string, [Change, string]> = {
    "of another sum": [rowWith(1, another), "mpc/dealer-mismatch"],
    "moved by one": [rowWith(2, moved(1n)), "mpc/dealer-mismatch"],
    "with no element": [rowWith(0, outOfRange), "mpc/bad-message"],
    "with zeros": [rowWith(2, (bytes) => new Uint8Array(bytes.length)), "mpc/bad-message"],
  };
  if (suite.scheme === "eddsa-ed25519") {
    rows["with the identity"] = [rowWith(0, (bytes) => new Uint8Array(bytes.length).fill(1, 0, 1)), "mpc/bad-message"];
    rows["with an element of small order"] = [rowWith(1, () => ed25519.Point.fromHex(order8).toBytes()), "mpc/bad-message"];
  }
  for (const [name, [change, code]] of Object.entries(rows))
    it(`R1.D, a row ${name}: the other helpers blame its sender (${code})`, () => {
      const outcomes = run([["D", by(two), change]]);
      for (const victim of [one, four]) expectBlamed(outcomes, victim, code, [two]);
      expectNoShare(outcomes);
    });

  it("R1.D of two liars whose errors cancel: both are named", () => {
    const outcomes = run([
      ["D", by(one), rowWith(0, moved(1n))],
      ["D", by(two), rowWith(0, moved(-1n))],
    ]);
    expectBlamed(outcomes, four, "mpc/dealer-mismatch", [one, two]);
    expectNoShare(outcomes);
  });

  it("R1.D, two elements of a row in each other's place: the helpers whose part does not fit blame its sender", () => {
    const outcomes = run([["D", by(four), swapped]]);
    for (const victim of [one, two]) expectBlamed(outcomes, victim, "mpc/bad-share", [four]);
    expectNoShare(outcomes);
  });

  it.each([
    ["moved by one", plus(1n), "mpc/bad-share"],
    ["of zeros", (bytes: Uint8Array) => new Uint8Array(bytes.length), "mpc/bad-share"],
    ["above the order", outOfRange, "mpc/bad-message"],
  ] as const)("R1.delta, %s: its receiver blames the sender, and the others hear nothing more from it", (_, change, code) => {
    const outcomes = run([["delta", to(two, four), change]]);
    expectBlamed(outcomes, four, code, [two]);
    for (const other of [one, two, receiver]) expect(outcomes.get(other)).toBeUndefined();
  });

  it("R1.delta of two liars whose errors cancel: both are named", () => {
    const outcomes = run([
      ["delta", to(one, four), plus(1n)],
      ["delta", to(two, four), plus(-1n)],
    ]);
    expectBlamed(outcomes, four, "mpc/bad-share", [one, two]);
  });

  it.each([
    ["the receiver", receiver],
    ["a helper, in the places of others", one],
  ] as const)("R1.D, another row to %s than to the others: the echo differs, nobody is blamed", (_, victim) => {
    // The last two of three change places for helper 1, whose own part still fits.
    const change: Change = (row, of) => {
      const { wireBytes } = of.group;
      return Uint8Array.of(...row.slice(0, wireBytes), ...row.slice(2 * wireBytes), ...row.slice(wireBytes, 2 * wireBytes));
    };
    const outcomes = run([["D", to(two, victim), change]]);
    expectBlamed(outcomes, receiver, "mpc/echo-mismatch", []);
  });

  it("R2.e: the echo differs, nobody is blamed, also when the sum is wrong as well", () => {
    const flip: Change = (bytes) => bytes.with(31, (bytes[31] as number) ^ 1);
    expectBlamed(run([["e", by(one), flip]]), receiver, "mpc/echo-mismatch", []);
    const both = run([
      ["e", by(one), flip],
      ["sigma", by(two), plus(1n)],
    ]);
    expectBlamed(both, receiver, "mpc/echo-mismatch", []);
  });

  it.each([
    ["moved by one", plus(1n), "mpc/bad-share"],
    ["of zeros", (bytes: Uint8Array) => new Uint8Array(bytes.length), "mpc/bad-share"],
    ["above the order", outOfRange, "mpc/bad-share"],
  ] as const)("R2.sigma, %s: the receiver blames its sender", (_, change, code) => {
    expectBlamed(run([["sigma", by(four), change]]), receiver, code, [four]);
  });

  it("R2.sigma of two liars, one above the order and one moved: both are named", () => {
    const outcomes = run([
      ["sigma", by(one), outOfRange],
      ["sigma", by(four), plus(1n)],
    ]);
    expectBlamed(outcomes, receiver, "mpc/bad-share", [one, four]);
  });

  it("R2.sigma of two liars whose errors cancel, so that the share is right: both are named all the same", () => {
    const outcomes = run([
      ["sigma", by(one), plus(1n)],
      ["sigma", by(four), plus(-1n)],
    ]);
    expectBlamed(outcomes, receiver, "mpc/bad-share", [one, four]);
  });

  it("a body that is cut, too long or lost: its sender is named, or the round does not run", () => {
    for (const round of [1, 2])
      for (const [change, code] of [
        [(body: Uint8Array) => body.slice(0, -1), "mpc/bad-message"],
        [(body: Uint8Array) => Uint8Array.of(...body, 0), "mpc/bad-message"],
      ] as const) {
        const outcomes = runSession(repairMachines(suite, shares, about), {
          seed: "liars",
          tamper: (envelope, body) => (envelope.round === round && to(two, receiver)(envelope) ? change(body) : body),
        });
        expectBlamed(outcomes, receiver, code, [two]);
      }
    for (const [from, victim] of [
      [receiver, one],
      [two, one],
    ] as const) {
      const outcomes = runSession(repairMachines(suite, shares, about), {
        seed: "liars",
        tamper: (envelope, body) => (envelope.round === 2 && to(from, victim)(envelope) ? new Uint8Array(1) : body),
      });
      expectBlamed(outcomes, victim, "mpc/bad-message", [from]);
    }
    const machine = repairMachines(suite, shares, about).get(receiver);
    machine?.start(bytesFrom("entropy"));
    expect(() => machine?.deliver(new Map(), bytesFrom("entropy"))).toThrowError(expect.objectContaining({ code: "mpc/incomplete-inbox" }));
  });

  it("a row of an earlier session, to one helper alone: the echo differs, nobody is blamed", () => {
    const earlier = new Map<string, Uint8Array>();
    const name = ({ round, from, to }: Envelope): string => [round, from, to].join();
    runSession(repairMachines(suite, shares, { ...about, seed: "earlier" }), {
      seed: "earlier",
      observe: (envelope, body) => earlier.set(name(envelope), body.slice()),
    });
    const outcomes = runSession(repairMachines(suite, shares, about), {
      seed: "liars",
      tamper: (envelope, body) => (envelope.round === 1 && to(two, one)(envelope) ? earlier.get(name(envelope)) : body),
    });
    expectBlamed(outcomes, receiver, "mpc/echo-mismatch", []);
  });

  describe("the finish, if all helpers agree on what they say", () => {
    /** A run up to the receiver's finish, with other rows, and digests that fit them. */
    function after(change: (rows: Map<ShareIndex, Uint8Array>) => void, sums: (sigma: Uint8Array, j: ShareIndex) => Uint8Array) {
      const { context } = openRepair(familyOf(suite), repairSetup(suite, shares, about, receiver));
      const [rows, sigmas] = [new Map<ShareIndex, Uint8Array>(), new Map<ShareIndex, Uint8Array>()];
      runSession(repairMachines(suite, shares, about), {
        seed: "liars",
        observe: ({ round, from, to }, body) => {
          if (to === receiver) (round === 1 ? rows : sigmas).set(from, body.slice(0, round === 1 ? row : 32));
        },
      });
      change(rows);
      const u16 = (n: number): Uint8Array => Uint8Array.of(n >>> 8, n);
      const e = suite.TH("repair/h1", context.sid, ...helpers.flatMap((i) => [u16(i), rows.get(i) as Uint8Array]));
      const D = (i: ShareIndex): Uint8Array => rows.get(i) as Uint8Array;
      const held = receive(
        context,
        collect(
          helpers,
          helpers.map((i) => [i, { D: D(i), delta: new Uint8Array(0) }] as const),
        ),
      );
      const inbox = collect(
        helpers,
        helpers.map((j) => [j, { sigma: sums(sigmas.get(j) as Uint8Array, j), e }] as const),
      );
      return { context, held, inbox };
    }
    const honest = (sigma: Uint8Array): Uint8Array => sigma;
    const refused = (act: () => unknown, code: string, culprits: readonly ShareIndex[]): void =>
      expect(act).toThrowError(expect.objectContaining({ code, culprits }));

    it("gives the share, if nobody lies", () => {
      const { held, inbox } = after(() => undefined, honest);
      expect(hex(finish(held, inbox))).toBe(hex((shares.get(receiver) as Share).secret));
    });

    it("names everybody whose row makes another share, also if the errors cancel and the sums fit", () => {
      const { held, inbox } = after((rows) => {
        for (const [j, n] of [
          [one, 1n],
          [two, -1n],
        ] as const)
          rows.set(j, rowWith(0, moved(n))(rows.get(j) as Uint8Array, suite));
      }, honest);
      refused(() => finish(held, inbox), "mpc/dealer-mismatch", [one, two]);
    });

    it("names whoever sent no element", () => {
      const { held, inbox } = after((rows) => void rows.set(two, rowWith(1, outOfRange)(rows.get(two) as Uint8Array, suite)), honest);
      refused(() => finish(held, inbox), "mpc/bad-message", [two]);
    });

    it("gives no share that is not the one of its public share, which no helper can cause", () => {
      const { context, held, inbox } = after(() => undefined, honest);
      const publicShares = new Map([...context.publicShares, [receiver, context.publicShares.get(one) as Element]]);
      const lied: RepairContext = { ...context, publicShares };
      const state: ReceiverState = { ...held.take(), context: lied };
      refused(() => finish(new Once(state, []), inbox), "mpc/invariant", []);
    });
  });
});
