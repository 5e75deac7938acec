// These tests drive field and scalars to the edges of their limbs: every limb at its least or most,
// values around the moduli and around 2^256, and the top limb up to the bound of dkls23-spec,
// Appendix A, and beyond it. All results are compared with BigInt. fast-check prints the seed of a
// failure.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromBe, limbsToBigInt, mod, p, q, toBe, toBigInt } from "../../test/kernel-inputs.ts";
import * as field from "./field.ts";
import * as linear from "./field-linear.ts";
import { mul, mulMinus } from "./field-mul.ts";
import { sqr, sqrMinus, sqrTimes } from "./field-sqr.ts";
import * as scalar from "./scalar.ts";

const UNIT = 2 ** 23;
const R = new Float64Array(11);
const value = (A: Float64Array): bigint => mod(limbsToBigInt(A, 0), p);
const least = (bits: bigint): bigint => 2n ** bits - 1n;

/**
 * Gives numbers of 256 bits whose 24-bit limbs are all at an edge: 0, 1, the middle, the most. The
 * top limb has 16 bits.
 */
const edgeLimb: fc.Arbitrary<bigint> = fc.constantFrom<bigint[]>(0n, 1n, 0x7fffffn, 0x800000n, 0x800001n, 0xfffffen, 0xffffffn);
const fromLimbs = fc
  .tuple(fc.array(edgeLimb, { minLength: 10, maxLength: 10 }), fc.constantFrom<bigint[]>(0n, 1n, 0x7fffn, 0x8000n, 0xfffen, 0xffffn))
  .map(([limbs, top]) => [...limbs, top].reduceRight((x, limb) => (x << 24n) | limb, 0n));
const landmarks = [
  0n,
  p,
  q,
  (p - 1n) / 2n,
  (q - 1n) / 2n,
  2n ** 256n,
  2n ** 256n - p,
  2n ** 256n - q,
  2n ** 255n,
  2n ** 240n,
  2n ** 264n - p,
];
const nearLandmarks = fc.tuple(fc.constantFrom(...landmarks), fc.bigInt({ min: -3n, max: 3n })).map(([x, by]) => mod(x + by, 2n ** 256n));
const edge = fc.oneof(fromLimbs, nearLandmarks, fc.bigInt({ min: 0n, max: least(256n) }));

function load(x: bigint): Float64Array {
  const words = new Uint32Array(8);
  field.loadWords(words, 0, toBe(x), 0);
  const A = new Float64Array(11);
  field.fromWords(A, 0, words, 0);
  return A;
}
const canonical = (A: Float64Array): bigint => {
  const words = new Uint32Array(8);
  field.toWords(words, 0, A, 0);
  return toBigInt(words);
};
const isReduced = (A: Float64Array): boolean => A.every((limb, i) => Math.abs(limb) <= (i === 10 ? 2 ** 15 + 128 : 1.01 * UNIT));

/**
 * Gives signed limbs of up to so many units, most of them exactly at the bound, and a top limb of
 * up to `top`.
 */
const representative = (units: number, top: number): fc.Arbitrary<Float64Array> => {
  const limb = (bound: number) => fc.oneof(fc.constantFrom(bound, -bound, bound - 1, 1 - bound), fc.integer({ min: -bound, max: bound }));
  return fc
    .tuple(fc.array(limb(Math.floor(units * UNIT)), { minLength: 10, maxLength: 10 }), limb(top))
    .map(([limbs, last]) => Float64Array.of(...limbs, last));
};

describe("the field", () => {
  it("multiplies, squares, adds, subtracts and scales edge values", () => {
    fc.assert(
      fc.property(edge, edge, edge, (a, b, c) => {
        const [A, B, C] = [load(a), load(b), load(c)];
        expect([A, B, C].every(isReduced)).toBe(true);
        expect([canonical(A), canonical(B)]).toEqual([mod(a, p), mod(b, p)]);
        mul(R, 0, A, 0, B, 0);
        expect([value(R), canonical(R), isReduced(R)]).toEqual([mod(a * b, p), mod(a * b, p), true]);
        sqr(R, 0, A, 0);
        expect([value(R), isReduced(R)]).toEqual([mod(a * a, p), true]);
        sqrTimes(R, 0, A, 0, 3);
        expect([value(R), isReduced(R)]).toEqual([mod(a ** 8n, p), true]);
        mulMinus(R, 0, A, 0, B, 0, C, 0);
        expect([value(R), isReduced(R)]).toEqual([mod(a * b - c, p), true]);
        sqrMinus(R, 0, A, 0, B, 0, C, 0);
        expect([value(R), isReduced(R)]).toEqual([mod(a * a - b - c, p), true]);
        linear.add(R, 0, A, 0, B, 0);
        expect([value(R), canonical(R)]).toEqual([mod(a + b, p), mod(a + b, p)]);
        linear.sub(R, 0, A, 0, B, 0);
        expect([value(R), canonical(R)]).toEqual([mod(a - b, p), mod(a - b, p)]);
        linear.subTwo(R, 0, A, 0, B, 0, C, 0);
        expect(canonical(R)).toBe(mod(a - b - c, p));
        linear.scale(R, 0, A, 0, 21);
        expect([value(R), isReduced(R)]).toEqual([mod(21n * a, p), true]);
        expect(field.isEqual(A, 0, B, 0)).toBe(mod(a - b, p) === 0n);
        expect(field.isOdd(A, 0)).toBe(mod(a, p) % 2n === 1n);
        expect(field.isZero(A, 0)).toBe(mod(a, p) === 0n);
      }),
      { numRuns: 600 },
    );
  });

  it("inverts edge values, and finds exactly the square roots that there are", () => {
    fc.assert(
      fc.property(edge, (a) => {
        const A = load(a);
        field.invert(R, 0, A, 0);
        expect([mod(value(R) * a, p), isReduced(R)]).toEqual([mod(a, p) === 0n ? 0n : 1n, true]);
        const square = mod(a * a, p);
        expect(field.sqrt(R, 0, load(square), 0)).toBe(true);
        expect([mod(a, p), mod(-a, p)]).toContain(value(R));
        if (square !== 0n) expect(field.sqrt(R, 0, load(p - square), 0)).toBe(false);
      }),
      { numRuns: 150 },
    );
  });

  it("takes every representative within the bound: units up to 11 in a product, top limbs of 2^18, which is promised, and up to 2^20", () => {
    const bounds = [
      [1, 1],
      [3, 3],
      [1, 11],
      [2, 5.5],
      [4, 2.75],
    ] as const;
    const top = 2 ** 20;
    for (const [m, n] of bounds)
      fc.assert(
        fc.property(representative(m, top), representative(n, top), (A, B) => {
          mul(R, 0, A, 0, B, 0);
          expect([value(R), isReduced(R)]).toEqual([mod(limbsToBigInt(A, 0) * limbsToBigInt(B, 0), p), true]);
        }),
        { numRuns: 400 },
      );
    fc.assert(
      fc.property(representative(3, 2 ** 17), representative(1, 2 ** 15), (A, B) => {
        const [a, b] = [limbsToBigInt(A, 0), limbsToBigInt(B, 0)];
        sqr(R, 0, A, 0);
        expect([value(R), isReduced(R)]).toEqual([mod(a * a, p), true]);
        expect([canonical(A), canonical(B)]).toEqual([mod(a, p), mod(b, p)]);
        field.invert(R, 0, A, 0);
        expect(mod(value(R) * a, p)).toBe(mod(a, p) === 0n ? 0n : 1n);
        linear.scale(R, 0, B, 0, 21);
        expect([value(R), isReduced(R)]).toEqual([mod(21n * b, p), true]);
      }),
      { numRuns: 400 },
    );
  });

  it("stays within the bound by itself: sums of four results have a top limb below 2^18, and products of them are exact", () => {
    fc.assert(
      fc.property(fc.array(edge, { minLength: 8, maxLength: 8 }), (xs) => {
        const results = xs.map((x) => {
          const out = new Float64Array(11);
          mul(out, 0, load(x), 0, load(x), 0);
          return out;
        });
        const sum = (some: readonly Float64Array[]) => some.reduce((a, b) => a.map((limb, i) => limb + (b[i] as number)));
        const [A, B] = [sum(results.slice(0, 3)), sum(results.slice(3, 6))];
        for (const S of [A, B, sum(results.slice(0, 4))]) expect(Math.abs(S[10] as number)).toBeLessThanOrEqual(2 ** 18);
        mul(R, 0, A, 0, B, 0);
        const total = (from: number) => xs.slice(from, from + 3).reduce((t, x) => t + x * x, 0n);
        expect(value(R)).toBe(mod(total(0) * total(3), p));
      }),
      { numRuns: 300 },
    );
  });

  it("is exact up to a top limb of 2^20, and not beyond the bounds: there carrying has to come first", () => {
    // The limbs are odd, since products of round ones fit a double far beyond 2^53.
    const wrong = (units: number, top: number): number =>
      Array.from({ length: 200 }, (_, k) => {
        const limb = (i: number, by: number): number => (i === 10 ? top : units * UNIT) - 1 - 2 * ((k >> ((i + by) % 8)) & 1);
        const sign = (i: number, by: number): number => (k % 4 !== 0 && (k >> ((i + by) % 7)) & 1 ? -1 : 1);
        const [A, B] = [0, 3].map((by) => Float64Array.from({ length: 11 }, (_, i) => sign(i, by) * limb(i, by))) as [
          Float64Array,
          Float64Array,
        ];
        mul(R, 0, A, 0, B, 0);
        return Number(value(R) !== mod(limbsToBigInt(A, 0) * limbsToBigInt(B, 0), p));
      }).reduce((sum, each) => sum + each, 0);
    expect([wrong(3, 2 ** 18), wrong(3, 2 ** 20)]).toEqual([0, 0]);
    expect(wrong(3, 2 ** 22)).toBe(200);
    expect(wrong(4, 2 ** 18)).toBeGreaterThan(0);
  });
});

describe("scalars", () => {
  const below = edge.map((x) => x % q);
  const make = (x: bigint): scalar.Scalar => scalar.fromBytes(toBe(x)) as scalar.Scalar;

  it("multiply, add, subtract and negate edge values", () => {
    fc.assert(
      fc.property(below, below, (a, b) => {
        const [A, B] = [make(a), make(b)];
        expect(toBigInt(scalar.mul(A, B))).toBe((a * b) % q);
        expect(toBigInt(scalar.mul(A, A))).toBe((a * a) % q);
        expect(toBigInt(scalar.add(A, B))).toBe((a + b) % q);
        expect(toBigInt(scalar.sub(A, B))).toBe(mod(a - b, q));
        expect(toBigInt(scalar.neg(A))).toBe(mod(-a, q));
        expect(scalar.equal(A, B)).toBe(a === b);
        expect(scalar.isHigh(A)).toBe(a > q / 2n);
        expect(scalar.isZero(A)).toBe(a === 0n);
        expect(fromBe(scalar.toBytes(A))).toBe(a);
      }),
      { numRuns: 1000 },
    );
  });

  it("invert edge values", () => {
    fc.assert(
      fc.property(below, (a) => {
        expect((toBigInt(scalar.invert(make(a))) * a) % q).toBe(a === 0n ? 0n : 1n);
      }),
      { numRuns: 600 },
    );
  });

  it("are read below the order and refused from it on, or reduced where that is asked for", () => {
    fc.assert(
      fc.property(edge, (x) => {
        const read = scalar.fromBytes(toBe(x));
        expect(read && toBigInt(read)).toBe(x < q ? x : undefined);
        expect(toBigInt(scalar.fromBytesMod(toBe(x)))).toBe(x % q);
        const words = new Uint32Array(8);
        field.loadWords(words, 0, toBe(x), 0);
        expect(field.belowP(words, 0)).toBe(x < p);
      }),
      { numRuns: 1000 },
    );
  });
});
