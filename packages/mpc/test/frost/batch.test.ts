// Batches of FROST (dkls23-spec 6.4): items of one key in one session. A culprit in one item fails
// that item alone.
import { describe, expect, it } from "vitest";
import { type FrostKeyShare, type FrostSignItem, type FrostSignOutput, frostSignBatchMachine } from "../../src/frost/index.ts";
import { round1Layout, round2Layout } from "../../src/frost/sign/index.ts";
import { suiteOf } from "../../src/frost/suite/index.ts";
import type { Outcome, ShareIndex } from "../../src/protocol/index.ts";
import { tell, truncated } from "../lies.ts";
import { bytesFrom, errorOf, hex, idx, nonceFrom, outputOf, runSession, type Tamper } from "../simulation.ts";
import { makeKey, schemes, signBatchMachines } from "./cast.ts";
import { verifies } from "./verify.ts";

const [one, liar, three] = [1, 2, 3].map(idx) as [ShareIndex, ShareIndex, ShareIndex];
const signers = [one, liar, three];
const seed = "frost/batch";

describe.each(schemes)("a batch of %s", (scheme) => {
  const shares = makeKey(scheme, [1, 2, 3], 3, seed);
  const layouts = [round1Layout(suiteOf(scheme)), round2Layout];
  const tweak = bytesFrom("tweak").fill(0, 0, 1).fill(0, 31);
  /** The first two items are equal. */
  const itemsOf = (count: number): readonly FrostSignItem[] =>
    Array.from({ length: count }, (_, k) => ({
      message: bytesFrom(`message ${Math.max(k, 1)}`),
      ...(k % 3 === 2 && { tweak }),
      ...(k % 4 === 3 && scheme === "schnorr-bip340" && { merkleRoot: bytesFrom("root") }),
    }));
  const sign = (count: number, tamper?: Tamper, observe?: (round: number, body: Uint8Array) => void) =>
    runSession(signBatchMachines(shares, { signers, items: itemsOf(count), seed }), {
      seed,
      ...(tamper && { tamper }),
      observe: ({ round, from }, body) => from === one && observe?.(round, body),
    });
  const failure = (outcome: Outcome<FrostSignOutput> | undefined) => {
    if (outcome === undefined) throw new Error("no such item");
    return "error" in outcome ? [outcome.error.code, outcome.error.culprits, outcome.error.consequence] : "signed";
  };
  const expectSigned = (outcome: Outcome<FrostSignOutput> | undefined, item: FrostSignItem): void => {
    if (outcome === undefined || "error" in outcome) throw outcome?.error ?? new Error("no such item");
    expect(verifies(scheme, item.message, outcome.output)).toBe(true);
  };
  /** Lets the liar change the message about one item of three, to these receivers. */
  const inItem =
    (round: number, item: number, change: (message: Uint8Array) => Uint8Array, receivers = [one, three]): Tamper =>
    (envelope, body) => {
      if (envelope.from !== liar || envelope.round !== round || !receivers.includes(envelope.to)) return body;
      const length = body.length / 3;
      body.set(change(body.slice(length * item, length * (item + 1))), length * item);
      return body;
    };

  it.each([1, 2, 64])("of %i signs every item, equal ones too, in messages of exactly as many times the length of one", (count) => {
    const lengths: number[] = [];
    const outcomes = sign(count, undefined, (round, body) => (lengths[round - 1] = body.length));
    const outputs = outputOf(outcomes, one);
    expect(outputs).toEqual(outputOf(outcomes, three));
    for (const [k, item] of itemsOf(count).entries()) expectSigned(outputs[k], item);
    const signatures = outputs.map((each) => ("output" in each ? hex(each.output.signature.subarray(0, 32)) : ""));
    expect(new Set(signatures).size).toBe(count);
    const E = scheme === "eddsa-ed25519" ? 32 : 33;
    expect(lengths).toEqual([2 * E * count, 64 * count]);
    const machine = signBatchMachines(shares, { signers, items: itemsOf(count), seed }).get(one);
    expect([1, 2].map((round) => machine?.bodyBytes(round, liar))).toEqual(lengths);
  });

  it("of 0 and of 65 items is refused, and a wrong item is named", () => {
    const share = shares.get(one) as FrostKeyShare;
    const setup = { share, signers, nonce: nonceFrom(seed, signers) };
    for (const count of [0, 65])
      expect(() => frostSignBatchMachine({ ...setup, items: itemsOf(count) })).toThrowError(
        expect.objectContaining({ code: "mpc/bad-setup", message: `items: expected 1 to 64 items, got ${count}` }),
      );
    const items = [...itemsOf(1), { message: bytesFrom("m"), tweak: new Uint8Array(32).fill(255) }];
    expect(() => frostSignBatchMachine({ ...setup, items })).toThrowError(expect.objectContaining({ code: "mpc/bad-setup" }));
    const long = [...itemsOf(1), { message: new Uint8Array(65_537) }];
    expect(() => frostSignBatchMachine({ ...setup, items: long })).toThrowError(
      expect.objectContaining({ message: expect.stringContaining("items[1].message: ") }),
    );
  });

  const bad = ["mpc/bad-message", [liar], "retry"];
  const wrong = ["mpc/bad-partial-signature", [liar], "retry"];
  const echo = ["mpc/echo-mismatch", [], undefined];
  const [first, second] = layouts as [(typeof layouts)[number], (typeof layouts)[number]];
  const noElement = (field: "hiding" | "binding") => (message: Uint8Array) =>
    tell("non-canonical", { field, kind: "points", layout: first }, message, message, seed);
  const z = (lie: "other" | "non-canonical" | "zero") => (message: Uint8Array) =>
    tell(lie, { field: "z", kind: "scalars", layout: second }, message, message, seed);
  // A byte that every suite takes for high, and one that both take for low.
  const lies: [string, number, (message: Uint8Array) => Uint8Array, unknown][] = [
    ["D that is no element", 1, noElement("hiding"), bad],
    ["E that is no element", 1, noElement("binding"), bad],
    ["D and E of no bytes but zeros", 1, (message) => message.fill(0), bad],
    ["another h1", 2, (message) => message.with(0, (message[0] as number) ^ 1), echo],
    ["another z", 2, (message) => message.with(48, (message[48] as number) ^ 1), wrong],
    ["a z of zero", 2, z("zero"), wrong],
    ["a z that is not below the order", 2, z("non-canonical"), bad],
  ];
  it.each(lies)("with %s in one item fails that item alone, at everybody", (_, round, change, expected) => {
    for (const item of [0, 2]) {
      const outcomes = sign(3, inItem(round, item, change));
      for (const party of [one, three]) {
        const output = outputOf(outcomes, party);
        expect(output.map((each, k) => (k === item ? failure(each) : undefined))[item]).toEqual(expected);
        for (const k of [0, 1, 2]) if (k !== item) expectSigned(output[k], itemsOf(3)[k] as FrostSignItem);
      }
    }
  });

  it("with other commitments for one member in one item: the member names who sent no element, and the others hold nobody for a liar", () => {
    const outcomes = sign(3, inItem(1, 1, noElement("hiding"), [one]));
    expect(failure(outputOf(outcomes, one)[1])).toEqual(bad);
    expect(failure(outputOf(outcomes, three)[1])).toEqual(echo);
    for (const party of [one, three]) for (const k of [0, 2]) expectSigned(outputOf(outcomes, party)[k], itemsOf(3)[k] as FrostSignItem);
  });

  it("with other commitments for one member in one item, which are elements too, is an echo mismatch of that item, at everybody", () => {
    // Those of the liar's third item.
    const third = suiteOf(scheme).group.wireBytes * 4;
    const outcomes = sign(3, ({ round, from, to }, body) => {
      if (round !== 1 || from !== liar || to !== one) return body;
      body.copyWithin(third / 2, third);
      return body;
    });
    for (const party of [one, three]) {
      expect(failure(outputOf(outcomes, party)[1])).toEqual(echo);
      for (const k of [0, 2]) expectSigned(outputOf(outcomes, party)[k], itemsOf(3)[k] as FrostSignItem);
    }
  });

  it.each([
    ["shares", 32, wrong],
    ["echoes", 0, echo],
  ] as const)("with its %s of two equal items swapped fails those two items, and signs the third", (_, at, expected) => {
    const outcomes = sign(3, ({ round, from }, body) => {
      if (round !== 2 || from !== liar) return body;
      const [first, other] = [body.slice(at, at + 32), body.slice(64 + at, 96 + at)];
      body.set(other, at);
      body.set(first, 64 + at);
      return body;
    });
    for (const party of [one, three]) {
      const output = outputOf(outcomes, party);
      expect([failure(output[0]), failure(output[1])]).toEqual([expected, expected]);
      expectSigned(output[2], itemsOf(3)[2] as FrostSignItem);
    }
  });

  it("in which no item is left ends at once, and so does one with a body of another length", () => {
    const all = [0, 1, 2].map((item) => inItem(1, item, noElement("binding")));
    const rounds = new Set<number>();
    const tamper: Tamper = (envelope, body) => all.reduce((at, each) => each(envelope, at) as Uint8Array, body);
    const outcomes = sign(3, tamper, (round) => rounds.add(round));
    expect([errorOf(outcomes, one)?.code, errorOf(outcomes, one)?.culprits]).toEqual(["mpc/bad-message", [liar]]);
    expect([...rounds]).toEqual([1]);
    for (const round of [1, 2]) {
      const shorter = sign(3, (envelope, body) => (envelope.from === liar && envelope.round === round ? truncated(body) : body));
      expect([errorOf(shorter, one)?.code, errorOf(shorter, one)?.culprits]).toEqual(["mpc/bad-message", [liar]]);
    }
  });
});
