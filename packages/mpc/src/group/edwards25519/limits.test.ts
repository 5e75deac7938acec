// These tests compare the field of 2^255 - 19 with BigInt, with every limb at its bound. Odd limbs
// are among them, since products of round limbs fit a double far beyond 2^53.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limbsToBigInt, mod, toBigInt } from "../../../test/kernel-inputs.ts";
import * as field from "./field.ts";
import { mul, sqr } from "./field-mul.ts";

const p = 2n ** 255n - 19n;
const UNIT = 2 ** 23;
const R = new Float64Array(11);
const canonical = (A: Float64Array): bigint => {
  const bytes = new Uint8Array(32);
  field.toBytes(bytes, 0, A, 0);
  return toBigInt(new Uint32Array(bytes.buffer));
};
const isReduced = (A: Float64Array): boolean => A.every((limb, i) => Math.abs(limb) <= (i === 10 ? 2 ** 14 + 128 : 1.01 * UNIT));

/** Gives signed limbs of up to so many units, most of them exactly at the bound. */
const representative = (units: number, top: number): fc.Arbitrary<Float64Array> => {
  const limb = (bound: number) => fc.oneof(fc.constantFrom(bound, -bound, bound - 1, 1 - bound), fc.integer({ min: -bound, max: bound }));
  return fc
    .tuple(fc.array(limb(Math.floor(units * UNIT)), { minLength: 10, maxLength: 10 }), limb(top))
    .map(([limbs, last]) => Float64Array.of(...limbs, last));
};

describe("products at the bound", () => {
  it.each([
    [1, 1],
    [3, 3],
    [1, 11],
    [2, 5.5],
    [4, 2.75],
  ])("of %s and %s units are exact", (m, n) => {
    fc.assert(
      fc.property(representative(m, 2 ** 18), representative(n, 2 ** 18), (A, B) => {
        const [a, b] = [limbsToBigInt(A, 0), limbsToBigInt(B, 0)];
        mul(R, 0, A, 0, B, 0);
        expect([canonical(R), isReduced(R)]).toEqual([mod(a * b, p), true]);
      }),
      { numRuns: 400 },
    );
  });

  it("and squares of 3 units are, and encodings of 4", () => {
    fc.assert(
      fc.property(representative(3, 2 ** 16), representative(4, 2 ** 16), (A, B) => {
        sqr(R, 0, A, 0);
        expect([canonical(R), isReduced(R)]).toEqual([mod(limbsToBigInt(A, 0) ** 2n, p), true]);
        expect(canonical(B)).toBe(mod(limbsToBigInt(B, 0), p));
      }),
      { numRuns: 400 },
    );
  });

  it("beyond it some are not: whoever loosens the bound has to carry first", () => {
    const wrong = Array.from({ length: 50 }, (_, k) => {
      const limbs = (by: number) =>
        Float64Array.from({ length: 11 }, (_, i) => (i === 10 ? 2 ** 14 : 4 * UNIT) - 1 - 2 * ((k >> ((i + by) % 6)) & 1));
      const [A, B] = [limbs(0), limbs(3)];
      mul(R, 0, A, 0, B, 0);
      return canonical(R) !== mod(limbsToBigInt(A, 0) * limbsToBigInt(B, 0), p);
    });
    expect(wrong).toContain(true);
  });
});
