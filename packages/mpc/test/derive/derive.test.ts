// Official vectors of BIP-32 (public steps) and BIP-341 (key path), and what a path refuses.
import { CovaultError } from "@covault/errors";
import { ed25519 } from "@noble/curves/ed25519.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { createBase58check, hex } from "@scure/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { derivePath, derivePathEd25519, extendedKeyBytes, parsePath, taprootOutput, tapTweak } from "../../src/derive/index.ts";
import bip32 from "../../vectors/bip32/public.json" with { type: "json" };
import bip341 from "../../vectors/bip341/key-path.json" with { type: "json" };

const base58 = createBase58check(sha256);
const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof CovaultError) return error.code;
    throw error;
  }
  return "none";
};

describe("BIP-32, public steps", () => {
  for (const { id, parent, path, child } of bip32)
    it(`vector ${id}`, () => {
      const [above, below] = [base58.decode(parent), base58.decode(child)];
      const derived = derivePath(above.subarray(45), above.subarray(13, 45), path);
      expect(hex.encode(derived.publicKey)).toBe(hex.encode(below.subarray(45)));
      expect(hex.encode(derived.chain)).toBe(hex.encode(below.subarray(13, 45)));
      const depth = (above[4] as number) + derived.depth;
      expect(base58.encode(extendedKeyBytes({ ...derived, depth }))).toBe(child);
    });

  it("the root's own extended key has depth 0", () => {
    const root = base58.decode(bip32[3]?.parent as string);
    expect(extendedKeyBytes(derivePath(root.subarray(45), root.subarray(13, 45), "m"))).toEqual(root);
  });

  it("an extended key has at most 255 steps above it: its depth is one byte", () => {
    const root = base58.decode(bip32[3]?.parent as string);
    const deep = (depth: number) => extendedKeyBytes({ ...derivePath(root.subarray(45), root.subarray(13, 45), "m"), depth });
    expect(deep(255)[4]).toBe(255);
    expect(codeOf(() => deep(256))).toBe("mpc/bad-setup");
  });

  it("the tweak is what the private key moves by, for any path", () => {
    const secret = 0x1234567890abcdefn;
    const publicKey = secp256k1.Point.BASE.multiply(secret).toBytes();
    const steps = fc.array(fc.integer({ min: 0, max: 2 ** 31 - 1 }), { maxLength: 4 });
    fc.assert(
      fc.property(steps, (path) => {
        const derived = derivePath(publicKey, sha256(publicKey), path);
        const child = (secret + BigInt(`0x${hex.encode(derived.tweak)}`)) % secp256k1.Point.Fn.ORDER;
        expect(derived.publicKey).toEqual(secp256k1.Point.BASE.multiply(child).toBytes());
        expect(derivePath(publicKey, sha256(publicKey), ["m", ...path].join("/"))).toEqual(derived);
      }),
      { seed: 32, numRuns: 15 },
    );
  });
});

describe("a path", () => {
  it.each(["m/0'", "m/44h/0", "m/1/2H"])("refuses the hardened step of %s and says why", (path) => {
    expect(() => parsePath(path)).toThrow(/hardened/);
    expect(codeOf(() => parsePath(path))).toBe("mpc/bad-setup");
  });
  it("refuses a hardened number", () => {
    expect(() => parsePath([0x80000000])).toThrow(/hardened/);
  });
  it.each([
    ["m/2147483648", "expected steps in 0..2147483647"],
    [[2 ** 32], "expected steps in 0..2147483647"],
    [[2 ** 31], "0' is a hardened step"],
    ["m/9999999999", "expected steps in 0..2147483647"],
  ])("says what is wrong with %j", (path, message) => {
    expect(() => parsePath(path)).toThrow(message);
  });
  it.each(["", "0/1", "m/", "m//1", "m/-1", "m/01", "m/1.5", "m/2147483648", "m/x", "M/0", "m/0/"])("refuses %j", (path) => {
    expect(codeOf(() => parsePath(path))).toBe("mpc/bad-setup");
  });
  it.each([[[-1]], [[0.5]], [[2 ** 32]], [[Number.NaN]], [new Array(256).fill(0)]])("refuses the numbers of row %#", (path) => {
    expect(codeOf(() => parsePath(path))).toBe("mpc/bad-setup");
  });
  it("starts only from a key and a chain code", () => {
    const key = secp256k1.Point.BASE.toBytes();
    for (const bad of [key.subarray(1), key.with(0, 4), new Uint8Array(33), new Uint8Array(33).fill(255)])
      expect(codeOf(() => derivePath(bad, new Uint8Array(32), "m"))).toBe("mpc/bad-setup");
    expect(codeOf(() => derivePath(key, new Uint8Array(31), "m"))).toBe("mpc/bad-setup");
  });
});

describe("BIP-341, key path", () => {
  for (const { internalKey, merkleRoot, tweak, outputKey, odd } of bip341.outputs)
    it(`internal key ${internalKey.slice(0, 8)}`, () => {
      const output = taprootOutput(hex.decode(internalKey), hex.decode(merkleRoot));
      expect(hex.encode(output.tweak)).toBe(tweak);
      expect(hex.encode(output.outputKey)).toBe(outputKey);
      if (odd !== undefined) expect(output.odd).toBe(odd);
      expect(taprootOutput(hex.decode(`03${internalKey}`), hex.decode(merkleRoot))).toEqual(output);
    });

  it("refuses what is no key and no Merkle root", () => {
    const key = hex.decode(bip341.outputs[0]?.internalKey as string);
    for (const [bad, root] of [
      [new Uint8Array(32).fill(255), new Uint8Array(0)],
      [key.subarray(1), new Uint8Array(0)],
      [Uint8Array.of(4, ...key), new Uint8Array(0)],
      [key, new Uint8Array(31)],
      [key, new Uint8Array(33)],
    ] as const)
      expect(codeOf(() => taprootOutput(bad, root))).toBe("mpc/bad-setup");
    for (const bad of [key.subarray(1), Uint8Array.of(2, ...key)])
      expect(codeOf(() => tapTweak(bad, new Uint8Array(0)))).toBe("mpc/bad-setup");
  });
});

describe("additive derivation of Ed25519", () => {
  const L = ed25519.Point.Fn.ORDER;
  const secret = 0xabcdef1234567890n;
  const publicKey = ed25519.Point.BASE.multiply(secret).toBytes();
  const chain = sha256(publicKey);
  const le = (bytes: Uint8Array): bigint => BigInt(`0x${hex.encode(bytes.toReversed())}`);

  it("moves the secret scalar by the tweak, step by step", () => {
    const whole = derivePathEd25519(publicKey, chain, "m/7/2147483647");
    expect(ed25519.Point.BASE.multiply((secret + le(whole.tweak)) % L).toBytes()).toEqual(whole.publicKey);
    const first = derivePathEd25519(publicKey, chain, "m/7");
    const second = derivePathEd25519(first.publicKey, first.chain, "m/2147483647");
    expect(second.publicKey).toEqual(whole.publicKey);
    expect((le(first.tweak) + le(second.tweak)) % L).toBe(le(whole.tweak));
    expect(second.chain).toEqual(whole.chain);
  });

  it("refuses hardened steps, and keys outside the prime-order subgroup", () => {
    expect(() => derivePathEd25519(publicKey, chain, "m/0'")).toThrow(/hardened/);
    const torsion = ed25519.Point.fromHex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");
    const mixed = ed25519.Point.fromBytes(publicKey).add(torsion).toBytes();
    for (const bad of [mixed, torsion.toBytes(), new Uint8Array(32), Uint8Array.of(1, ...new Uint8Array(31))])
      expect(codeOf(() => derivePathEd25519(bad, chain, "m"))).toBe("mpc/bad-setup");
    for (const short of [chain.subarray(1), Uint8Array.of(...chain, 0)])
      expect(codeOf(() => derivePathEd25519(publicKey, short, "m"))).toBe("mpc/bad-setup");
  });
});
