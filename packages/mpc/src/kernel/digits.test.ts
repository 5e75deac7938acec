// These tests hold the recoding of scalars, and the two facts that the incomplete additions of
// point-mul.ts and base-table.ts rest on.
import { describe, expect, it } from "vitest";
import { mod, q, randomBigInts, toBe } from "../../test/kernel-inputs.ts";
import { BASE_WINDOWS, baseDigits, HALF_WINDOWS, halfDigits, PUBLIC_DIGITS, publicDigits } from "./digits.ts";
import { fromBytes } from "./scalar.ts";

const lambda = 0x5363ad4cc05c30e0a5261c028812645a122e22ea20816678df02967c1b23bd72n;
const a1 = 0x3086d221a7d46bcde86c90e49284eb15n;
const b1 = 0xe4437ed6010e88286f547fa90abfe4c3n;
const a2 = 0x114ca50f7a8e2f3f657c1108d9d44cfd8n;
const edges = [0n, 1n, 2n, q - 1n, q - 2n, 2n ** 255n, 2n ** 128n, 2n ** 256n - q, lambda, q - lambda, a1, q - b1, a2, q / 2n];
const scalars = [...edges, ...randomBigInts("digits", 300).map((x) => x % q)];
const value = (windows: Uint8Array, from: number, count: number, bits: number) => {
  let x = 0n;
  for (let i = count - 1; i >= 0; i--) x = (x << BigInt(bits)) + BigInt(2 * windows[from + i]! - (1 << bits) + 1);
  return x;
};

describe("recoding", () => {
  it("52 windows of 5 bits stand for k, or for k + q", () => {
    const windows = new Uint8Array(BASE_WINDOWS);
    for (const k of scalars) {
      baseDigits(windows, 0, fromBytes(toBe(k))!);
      expect(windows.every((n) => n < 32)).toBe(true);
      expect(value(windows, 0, BASE_WINDOWS, 5)).toBe(k & 1n ? k : k + q);
    }
  });

  it("2 x 34 windows of 4 bits stand for k1 + lambda k2, both below 2^129", () => {
    const windows = new Uint8Array(2 * HALF_WINDOWS);
    for (const k of scalars) {
      halfDigits(windows, fromBytes(toBe(k))!);
      expect(windows.every((n) => n < 16)).toBe(true);
      const k1 = value(windows, 0, HALF_WINDOWS, 4);
      const k2 = value(windows, HALF_WINDOWS, HALF_WINDOWS, 4);
      expect(mod(k1 + lambda * k2, q)).toBe(k);
      for (const half of [k1, k2]) expect(half < 2n ** 129n && half > -(2n ** 129n)).toBe(true);
    }
  });

  it.each([5, 8])("signed digits of %i bits stand for k1 + lambda k2, and among so many at most one is not 0", (width) => {
    const digits = new Int16Array(2 * PUBLIC_DIGITS);
    const number = (half: Int16Array) => half.reduceRight((x, digit) => 2n * x + BigInt(digit), 0n);
    for (const k of scalars) {
      publicDigits(digits, 0, fromBytes(toBe(k))!, width);
      const halves = [digits.subarray(0, PUBLIC_DIGITS), digits.subarray(PUBLIC_DIGITS)];
      expect(mod(number(halves[0]!) + lambda * number(halves[1]!), q)).toBe(k);
      for (const half of halves)
        for (const [at, digit] of half.entries()) {
          if (digit === 0) continue;
          expect(Math.abs(digit) & 1).toBe(1);
          expect(Math.abs(digit) < 2 ** (width - 1)).toBe(true);
          expect(half.subarray(at + 1, at + width).every((next) => next === 0)).toBe(true);
        }
    }
  });

  it("no vector of the lattice but (0, 0) has both coordinates within 2^127", () => {
    // The facts are (u, v) = m (a1, -b1) + n (a2, a1) with q m = u a1 - v a2 and q n = u b1 + v a1.
    // Within the box |m|, |n| < 1.
    expect(a1 * a1 + b1 * a2).toBe(q);
    expect(mod(a1 - b1 * lambda, q)).toBe(0n);
    expect(mod(a2 + a1 * lambda, q)).toBe(0n);
    expect(2n ** 127n * (a1 + a2) < q && 2n ** 127n * (a1 + b1) < q).toBe(true);
    // Sums and differences before the last window are at most (2^129 + 15) / 16 + 30.
    expect((2n ** 129n + 15n) / 16n + 30n < 2n ** 127n).toBe(true);
  });
});
