// The tests run RFC 9591 Appendix E.1 and its Taproot sibling, through the functions that the
// protocol itself uses, and BIP-340's equation, and BIP-341's key path.
import { schnorr } from "@noble/curves/secp256k1.js";
import { hex } from "@scure/base";
import { describe, expect, it } from "vitest";
import { bindingFactors, commit, effectiveKey, effectiveShare, open, respond } from "../../src/frost/sign/index.ts";
import { type Element, ed25519, type Scalar, type Suite, taproot } from "../../src/frost/suite/index.ts";
import { evaluate, lagrange } from "../../src/group/shamir.ts";
import bip340 from "../../vectors/bip340/vectors.json" with { type: "json" };
import bip341 from "../../vectors/bip341/key-path.json" with { type: "json" };
import rfcEd25519 from "../../vectors/rfc9591/ed25519-sha512.json" with { type: "json" };
import rfcTaproot from "../../vectors/rfc9591/secp256k1-sha256-tr.json" with { type: "json" };
import { idx } from "../simulation.ts";

const noTweaks = { tweak: new Uint8Array(32), merkleRoot: undefined };
const scalar = (suite: Suite, text: string): Scalar => suite.group.scalar(hex.decode(text)) as Scalar;

for (const [suite, vector] of [
  [ed25519, rfcEd25519],
  [taproot, rfcTaproot],
] as const)
  describe(vector.suite, () => {
    const { group } = suite;
    const message = hex.decode(vector.message);
    const signers = Object.keys(vector.signers).map((index) => idx(Number(index)));
    const rows = Object.entries(vector.signers).map(([index, row]) => ({ index: idx(Number(index)), ...row }));
    const shareOf = (index: number): Scalar => scalar(suite, (vector.shares as Record<string, string>)[index] as string);
    const committed = rows.map((row) => ({
      row,
      ...commit(suite, shareOf(row.index), hex.decode(row.hidingRandomness), hex.decode(row.bindingRandomness)),
    }));
    const commitments = new Map(committed.map(({ row, commitment }) => [row.index, commitment]));
    const key = effectiveKey(suite, hex.decode(vector.publicKey), noTweaks);

    it("is the suite's name", () => expect(suite.name).toBe(vector.suite));

    it("deals the shares from the polynomial", () => {
      const coefficients = [vector.secret, ...vector.coefficients].map((text) => scalar(suite, text));
      for (const [index, share] of Object.entries(vector.shares))
        expect(hex.encode(evaluate(group, coefficients, idx(Number(index))))).toBe(share);
      expect(hex.encode(group.encode([group.mulBase(coefficients[0] as Scalar)])[0] as Uint8Array)).toBe(vector.publicKey);
    });

    it("makes nonces and commitments from the randomness, and they survive their way through a message", () => {
      for (const { row, nonces, commitment, sent } of committed) {
        expect(hex.encode(nonces.hiding)).toBe(row.hidingNonce);
        expect(hex.encode(nonces.binding)).toBe(row.bindingNonce);
        const received = [sent.hiding, sent.binding].map((wire) => group.receive(wire) as Element);
        for (const elements of [[commitment.hiding, commitment.binding], received])
          expect(group.encode(elements).map(hex.encode)).toEqual([row.hidingCommitment, row.bindingCommitment]);
      }
    });

    it("computes the binding factors", () => {
      const factors = bindingFactors(suite, hex.decode(vector.publicKey), commitments, message);
      for (const { index, bindingFactor } of rows) expect(hex.encode(factors.get(index) as Scalar)).toBe(bindingFactor);
    });

    it("computes the shares and the signature", () => {
      const opened = open(suite, key, commitments, message);
      const shares = committed.map(({ row, nonces }) => {
        const z = respond(suite, { key, share: shareOf(row.index), self: row.index, signers, nonces, opened });
        expect(hex.encode(z)).toBe(row.share);
        return z;
      });
      const z = shares.reduce((sum, each) => group.add(sum, each));
      expect(hex.encode(suite.signature(opened.encodedR, z))).toBe(vector.signature);
    });

    it("any two shares give the secret", () => {
      for (const set of [
        [1, 2],
        [1, 3],
        [2, 3],
      ].map((pair) => pair.map(idx))) {
        const terms = set.map((index) => group.mul(lagrange(group, index, set), shareOf(index)));
        expect(hex.encode(terms.reduce((sum, each) => group.add(sum, each)))).toBe(vector.secret);
      }
    });
  });

describe("BIP-340", () => {
  const { group } = taproot;
  for (const { id, publicKey, message, signature, valid } of bip340)
    it(`vector ${id} ${valid ? "satisfies" : "does not satisfy"} the equation that a signature has to before it leaves`, () => {
      const [key, R] = [hex.decode(`02${publicKey}`), hex.decode(`02${signature.slice(0, 64)}`)];
      const [P, nonce] = [group.decode(key), group.decode(R)];
      const z = group.scalar(hex.decode(signature.slice(64)));
      const holds =
        P !== undefined &&
        nonce !== undefined &&
        z !== undefined &&
        group.same(group.combine(z, [[group.negate(taproot.challenge(R, key, hex.decode(message))), P]]), nonce);
      expect(holds).toBe(valid);
      if (valid) expect(hex.encode(taproot.signature(R, z as Scalar))).toBe(signature);
    });
});

describe("BIP-341, key path", () => {
  for (const { secret, merkleRoot, tweakedSecret, sigHash } of bip341.spends)
    it(`secret ${secret.slice(0, 8)}: shares are tweaked as the whole key is, and sign for the output`, () => {
      const { group } = taproot;
      const given = scalar(taproot, secret);
      const encoded = group.encode([group.mulBase(given)])[0] as Uint8Array;
      // A joint key has even y.
      const odd = taproot.wantsOpposite(encoded);
      const even = odd ? group.negate(given) : given;
      const key = effectiveKey(taproot, encoded.with(0, 2), { tweak: new Uint8Array(32), merkleRoot: hex.decode(merkleRoot) });
      const effective = effectiveShare(taproot, key, even);
      const expected = scalar(taproot, tweakedSecret);
      expect([hex.encode(expected), hex.encode(group.negate(expected))]).toContain(hex.encode(effective));
      expect(group.same(group.mulBase(effective), key.element)).toBe(true);

      const signers = [2, 5].map(idx);
      const coefficients = [even, scalar(taproot, "fbf85eadae3058ea14f19148bb72b45e4399c0b16028acaf0395c9b03c823579")];
      const parts = signers.map((self) => {
        const share = evaluate(group, coefficients, self);
        return { self, share, ...commit(taproot, share, new Uint8Array(32).fill(self), new Uint8Array(32).fill(100 + self)) };
      });
      const message = hex.decode(sigHash);
      const opened = open(taproot, key, new Map(parts.map(({ self, commitment }) => [self, commitment])), message);
      const z = parts
        .map(({ self, share, nonces }) => respond(taproot, { key, share, self, signers, nonces, opened }))
        .reduce((sum, each) => group.add(sum, each));
      expect(schnorr.verify(taproot.signature(opened.encodedR, z), message, key.encoded.subarray(1))).toBe(true);
    });
});
