// These tests compare lazy sums mod q with BigInt, with every limb at its bound.
import { describe, expect, it } from "vitest";
import { fromBe, mod, q, randomBigInts, toBe, toBigInt } from "../../test/kernel-inputs.ts";
import { wordsFromBytes } from "./bytes.ts";
import { fromBytes } from "./scalar.ts";
import { addProduct, carryColumns, columnsNew, reduceColumns, twoProducts } from "./scalar-columns.ts";
import { balancedLimbs, differencePlus, intLimbsFromWords, limbsFromDigest } from "./scalar-limbs.ts";

const words = new Uint32Array(8);
const value = (limbs: Int32Array | Float64Array, at = 0) =>
  Array.from(limbs.subarray(at, at + 11)).reduceRight((x, limb) => x * (1n << 24n) + BigInt(limb), 0n);
/** Balanced limbs of 2^23, and limbs of 2^25, get the signs of the bits. */
const factor = (signs: bigint) => Float64Array.from({ length: 11 }, (_, i) => ((signs >> BigInt(i)) & 1n ? -1 : 1) * 2 ** 23);
const row = (signs: bigint) => Int32Array.from({ length: 11 }, (_, i) => ((signs >> BigInt(i)) & 1n ? -1 : 1) * 2 ** 25);
const signs = [0n, 2n ** 11n - 1n, 0x2aan, 0x555n, ...randomBigInts("signs", 60)];
const scalars = [0n, 1n, q - 1n, q / 2n, 2n ** 255n, ...randomBigInts("rows", 20).map((x) => x % q)];

describe("sums of products mod q", () => {
  it("are exact with all limbs at the bound, 2 products between carries, 416 products in all", () => {
    const sum = columnsNew();
    let expected = 0n;
    for (let j = 0; j < 416; j++) {
      const [a, b] = [factor(j < 208 ? 0n : signs[j % signs.length]!), row(j < 208 ? 0n : signs[(7 * j) % signs.length]!)];
      addProduct(sum, a, 0, b, 0);
      expected += value(a) * value(b);
      if (j & 1) carryColumns(sum);
    }
    reduceColumns(words, 0, sum);
    expect(toBigInt(words)).toBe(mod(expected, q));
  });

  it("two products and a summand at the bound, of both signs", () => {
    for (const s of signs) {
      const [a, b, d, e, f] = [factor(s), row(s >> 5n), factor(s >> 11n), row(s >> 17n), row(s >> 30n)];
      const c = columnsNew();
      twoProducts(c, a, b, 0, d, e, 0, f, 0);
      reduceColumns(words, 0, c);
      expect(toBigInt(words)).toBe(mod(value(a) * value(b) + value(d) * value(e) + value(f), q));
    }
  });

  it("reduces to canonical words: 0, q - 1, q, multiples of q and their neighbours", () => {
    const one = Float64Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    for (const x of [0n, 1n, q - 1n, q, q + 1n, 2n ** 256n - 1n, -1n, -q, 1n - q]) {
      const limbs = new Int32Array(11);
      let rest = x < 0n ? -x : x;
      for (let i = 0; i < 11; i++, rest >>= 24n) limbs[i] = Number(rest & 0xffffffn) * (x < 0n ? -1 : 1);
      const c = columnsNew();
      addProduct(c, one, 0, limbs, 0);
      reduceColumns(words, 0, c);
      expect(toBigInt(words)).toBe(mod(x, q));
    }
  });
});

describe("scalars in limbs", () => {
  it("a - b + c mod q is canonical", () => {
    const limbs = (x: bigint) => {
      const out = new Int32Array(11);
      intLimbsFromWords(out, 0, fromBytes(toBe(x))!, 0);
      return out;
    };
    for (const a of scalars)
      for (const b of scalars)
        for (const c of [0n, 1n, q - 1n, a]) {
          differencePlus(words, 0, limbs(a), 0, limbs(b), 0, limbs(c), 0);
          expect(toBigInt(words)).toBe(mod(a - b + c, q));
        }
  });

  it("a digest is reduced, balanced limbs stay within 2^23", () => {
    for (const x of [...scalars, q, q + 1n, 2n ** 256n - 1n, 2n ** 256n - 2n ** 128n]) {
      const out = new Int32Array(11);
      limbsFromDigest(out, 0, wordsFromBytes(toBe(x)), 0);
      expect(value(out)).toBe(x % q);
    }
    for (const x of scalars) {
      const out = new Float64Array(11);
      balancedLimbs(out, 0, fromBytes(toBe(x))!, 0);
      expect(value(out)).toBe(x);
      expect(out.every((limb) => Math.abs(limb) <= 2 ** 23)).toBe(true);
      expect(fromBe(toBe(x))).toBe(x);
    }
  });
});
