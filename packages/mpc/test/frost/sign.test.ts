// Key generation and signing run from end to end: any t of n sign, in any order of delivery, for
// the key and for its children.
import { ed25519 } from "@noble/curves/ed25519.js";
import { schnorr, secp256k1 } from "@noble/curves/secp256k1.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FrostKeyShare, frostSignMachine } from "../../src/frost/index.ts";
import { type Scalar, suiteOf } from "../../src/frost/suite/index.ts";
import { lagrange } from "../../src/group/shamir.ts";
import type { ShareIndex } from "../../src/protocol/index.ts";
import { bytesFrom, hex, idx, outputOf, runSession } from "../simulation.ts";
import { keygenMachines, makeKey, schemes, signMachines } from "./cast.ts";
import { verifies } from "./verify.ts";

const subsets = <T>(items: readonly T[], size: number): T[][] =>
  size === 0 ? [[]] : items.flatMap((item, k) => subsets(items.slice(k + 1), size - 1).map((rest) => [item, ...rest]));

for (const scheme of schemes)
  describe(scheme, () => {
    const message = bytesFrom("message");
    const { group } = suiteOf(scheme);

    for (const [t, parties] of [
      [2, [1, 2]],
      [2, [1, 2, 3]],
      [3, [3, 700, 65_535]],
      [3, [1, 2, 3, 4, 5]],
    ] as const)
      it(`any ${t} of ${parties.join(", ")} sign, and all get the same signature`, () => {
        const seed = `${scheme}/${parties}`;
        const shares = makeKey(scheme, parties, t, seed);
        for (const signers of subsets(parties.map(idx), t)) {
          const outcomes = runSession(signMachines(shares, { signers, message, seed: `${seed}/${signers}` }), { seed });
          const outputs = signers.map((party) => outputOf(outcomes, party));
          for (const output of outputs) expect(output).toEqual(outputs[0]);
          const first = outputs[0] as (typeof outputs)[0];
          expect(first.signature.length).toBe(64);
          expect(first.publicKey).toEqual(shares.get(signers[0] as ShareIndex)?.record.publicKey);
          expect(verifies(scheme, message, first)).toBe(true);
          expect(verifies(scheme, bytesFrom("another message"), first)).toBe(false);
        }
      });

    it("the members end with one record, and shares that interpolate to the public key", () => {
      const shares = makeKey(scheme, [3, 700, 65_535], 3, `${scheme}/3,700,65535`);
      const records = [...shares.values()].map(({ record: { self: _, ...rest } }) => rest);
      for (const record of records) expect(record).toEqual(records[0]);
      const set = [...shares.keys()];
      const secret = set
        .map((j) => group.mul(lagrange(group, j, set), shares.get(j)?.secret as Scalar))
        .reduce((sum, each) => group.add(sum, each));
      expect(hex(group.encode([group.mulBase(secret)])[0] as Uint8Array)).toBe(hex(records[0]?.publicKey as Uint8Array));
      if (scheme === "schnorr-bip340") expect(records[0]?.publicKey[0]).toBe(2);
    });

    it("a key comes out whichever opposite the dealers hit, and signs", () => {
      for (let k = 0; k < 6; k++) {
        const shares = makeKey(scheme, [1, 2], 2, `${scheme}/parity/${k}`);
        const signers = [1, 2].map(idx);
        const outcomes = runSession(signMachines(shares, { signers, message, seed: `${k}` }), { seed: `${k}` });
        expect(verifies(scheme, message, outputOf(outcomes, idx(1)))).toBe(true);
      }
    });

    it("any t, any members at any indices, any signers: a signature that others verify", () => {
      const indices = fc.uniqueArray(fc.integer({ min: 1, max: 65_535 }), { minLength: 2, maxLength: 5 });
      const cases = indices.chain((some) => {
        const parties = some.toSorted((a, b) => a - b);
        return fc.integer({ min: 2, max: parties.length }).chain((t) =>
          fc.record({
            parties: fc.constant(parties),
            t: fc.constant(t),
            signers: fc.shuffledSubarray(parties, { minLength: t, maxLength: t }),
          }),
        );
      });
      fc.assert(
        fc.property(cases, fc.uint8Array({ minLength: 32, maxLength: 32 }), ({ parties, t, signers }, signed) => {
          const set = signers.toSorted((a, b) => a - b).map(idx);
          const shares = makeKey(scheme, parties, t, "property");
          const outcomes = runSession(signMachines(shares, { signers: set, message: signed, seed: "property" }), { seed: "property" });
          expect(verifies(scheme, signed, outputOf(outcomes, set[0] as ShareIndex))).toBe(true);
        }),
        { seed: 9591, numRuns: 8 },
      );
    });

    it("any order of delivery gives the same key and the same signature", () => {
      const parties = [1, 2, 3].map(idx);
      const expected = makeKey(scheme, [1, 2, 3], 2, "order");
      fc.assert(
        fc.property(fc.shuffledSubarray([0, 1], { minLength: 2 }), (permutation) => {
          const order = (senders: readonly ShareIndex[]) =>
            permutation.filter((at) => at < senders.length).map((at) => senders[at] as ShareIndex);
          const made = runSession(keygenMachines(scheme, parties, 2, "order"), { seed: "order", order });
          for (const party of parties) expect(outputOf(made, party).share).toEqual(expected.get(party));
        }),
        { seed: 3, numRuns: 4 },
      );
      const shares = makeKey(scheme, [1, 2, 3, 4, 5], 3, `${scheme}/1,2,3,4,5`);
      const sign = (order?: (senders: readonly ShareIndex[]) => readonly ShareIndex[]) =>
        outputOf(
          runSession(signMachines(shares, { signers: [1, 3, 5].map(idx), message, seed: "order" }), {
            seed: "order",
            ...(order && { order }),
          }),
          idx(1),
        );
      expect(sign((senders) => senders.toReversed())).toEqual(sign());
    });

    it("the same key, message and entropy under another session nonce give another signature: no nonce comes twice", () => {
      const shares = makeKey(scheme, [1, 2], 2, "again");
      const sign = (seed: string) =>
        outputOf(runSession(signMachines(shares, { signers: [1, 2].map(idx), message, seed }), { seed: "fixed entropy" }), idx(1));
      expect(hex(sign("a").signature.subarray(0, 32))).not.toBe(hex(sign("b").signature.subarray(0, 32)));
    });
  });

describe("a key that is moved by a tweak", () => {
  const message = bytesFrom("message");
  const signers = [1, 3].map(idx);
  const be = (bytes: Uint8Array): bigint => BigInt(`0x${hex(bytes)}`);

  it("Ed25519: signs for the joint key plus the tweak", () => {
    const shares = makeKey("eddsa-ed25519", [1, 2, 3], 2, "child");
    const { publicKey } = (shares.get(idx(1)) as FrostKeyShare).record;
    for (const seed of ["a", "b"]) {
      const tau = be(bytesFrom(`tweak/${seed}`)) % ed25519.Point.Fn.ORDER;
      const tweak = ed25519.Point.Fn.toBytes(tau);
      const outcomes = runSession(signMachines(shares, { signers, message, tweak, seed }), { seed });
      const child = ed25519.Point.fromBytes(publicKey).add(ed25519.Point.BASE.multiply(tau));
      expect(outputOf(outcomes, idx(1)).publicKey).toEqual(child.toBytes());
      expect(verifies("eddsa-ed25519", message, outputOf(outcomes, idx(3)))).toBe(true);
    }
  });

  it("BIP-340: with and without BIP-341's tweak behind it, signs for the key that the address has", () => {
    const { Point } = secp256k1;
    for (let k = 0; k < 4; k++) {
      const shares = makeKey("schnorr-bip340", [1, 2, 3], 2, `child/${k}`);
      const { publicKey } = (shares.get(idx(1)) as FrostKeyShare).record;
      const tau = be(bytesFrom(`tweak/${k}`)) % Point.Fn.ORDER;
      const child = Point.fromBytes(publicKey).add(Point.BASE.multiply(tau)).toBytes().subarray(1);
      for (const merkleRoot of [undefined, new Uint8Array(0), bytesFrom("scripts")]) {
        const t = merkleRoot && be(schnorr.utils.taggedHash("TapTweak", child, merkleRoot));
        const even = Point.fromBytes(Uint8Array.of(2, ...child));
        const expected = t === undefined ? even : even.add(Point.BASE.multiply(t));
        const signing = { signers, message, tweak: Point.Fn.toBytes(tau), seed: `${k}`, ...(merkleRoot && { merkleRoot }) };
        const output = outputOf(runSession(signMachines(shares, signing), { seed: `${k}` }), idx(3));
        expect(hex(output.publicKey.subarray(1))).toBe(hex(expected.toBytes().subarray(1)));
        expect(verifies("schnorr-bip340", message, output)).toBe(true);
      }
    }
  });
});

describe("Ed25519 messages", () => {
  it.each([0, 1, 33, 65_536])("of %i bytes are signed as they are", (length) => {
    const shares = makeKey("eddsa-ed25519", [1, 2], 2, "lengths");
    const message = new Uint8Array(length).fill(7);
    const output = outputOf(
      runSession(signMachines(shares, { signers: [1, 2].map(idx), message, seed: `${length}` }), { seed: "m" }),
      idx(1),
    );
    expect(verifies("eddsa-ed25519", message, output)).toBe(true);
  });
});

describe("a signer whose commitments carry a torsion component on the wire", () => {
  it("is understood as if it had none: what counts is eight times what travels", () => {
    const shares = makeKey("eddsa-ed25519", [1, 2, 3], 2, "torsion");
    const T = ed25519.Point.fromHex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a");
    const message = bytesFrom("torsion");
    const signers = [1, 2].map(idx);
    const plain = signMachines(shares, { signers, message, seed: "torsion" });
    const expected = outputOf(runSession(plain, { seed: "torsion" }), idx(1));
    const [victim, liar] = [...signMachines(shares, { signers, message, seed: "torsion" }).values()] as [
      ReturnType<typeof frostSignMachine>,
      ReturnType<typeof frostSignMachine>,
    ];
    const turn = (machine: typeof victim, self: number) => machine.start(bytesFrom(`torsion/${self}/1`));
    const [first, second] = [turn(victim, 1), turn(liar, 2)];
    if (first.kind !== "exchange" || second.kind !== "exchange") throw new Error("expected an exchange");
    const honest = second.outbox.get(idx(1)) as Uint8Array;
    const moved = Uint8Array.of(...ed25519.Point.fromBytes(honest.subarray(0, 32)).add(T).toBytes(), ...honest.subarray(32));
    const reply = victim.deliver(new Map([[idx(2), moved]]), bytesFrom("x"));
    if (reply.kind !== "exchange") throw new Error("expected an exchange");
    // The share is the one for the element without torsion, since its z stands in the honest run
    // too.
    const z = liar.deliver(new Map([[idx(1), first.outbox.get(idx(2)) as Uint8Array]]), bytesFrom("y"));
    if (z.kind !== "exchange") throw new Error("expected an exchange");
    const body = z.outbox.get(idx(1)) as Uint8Array;
    const h1 = (reply.outbox.get(idx(2)) as Uint8Array).subarray(0, 32);
    const done = victim.deliver(new Map([[idx(2), Uint8Array.of(...h1, ...body.subarray(32))]]), bytesFrom("z"));
    expect(done).toEqual({ kind: "done", output: expected });
  });
});
