// These tests compare the field kernel with BigInt, up to the bounds of dkls23-spec, Appendix A.
import { describe, expect, it } from "vitest";
import { limbsToBigInt, mod, p, randomBigInts, toBe, toBigInt } from "../../test/kernel-inputs.ts";
import * as field from "./field.ts";
import * as linear from "./field-linear.ts";
import { mul, mulMinus } from "./field-mul.ts";
import { sqr, sqrMinus, sqrTimes } from "./field-sqr.ts";
import { maySquare } from "./jacobi.ts";

const UNIT = 2 ** 23;
const value = (A: Float64Array, a = 0) => mod(limbsToBigInt(A, a), p);
const R = new Float64Array(11);
const edges = [0n, 1n, 2n, p - 1n, p, p + 1n, 2n ** 255n, 2n ** 256n - 1n, 2n ** 32n + 977n, 2n ** 240n - 1n, 7n];

function load(x: bigint): Float64Array {
  const words = new Uint32Array(8);
  field.loadWords(words, 0, toBe(x), 0);
  const A = new Float64Array(11);
  field.fromWords(A, 0, words, 0);
  return A;
}

/** Gives limbs of exactly `units` units with the given signs, and the top limb `top`. */
function worst(units: number, top: number, signs: bigint): Float64Array {
  return Float64Array.from({ length: 11 }, (_, i) => ((signs >> BigInt(i)) & 1n ? -1 : 1) * (i === 10 ? top : units * UNIT));
}

function isReduced(A: Float64Array): boolean {
  return A.every((limb, i) => Math.abs(limb) <= (i === 10 ? 2 ** 15 + 64 : 1.01 * UNIT));
}

const inputs = [...edges, ...randomBigInts("field", 36)];

describe("squares", () => {
  it("are told from the rest without a square root", () => {
    const words = new Uint32Array(8);
    for (const x of [...inputs, ...randomBigInts("jacobi", 400), 3n, 5n, p - 2n, p - 3n, 2n ** 254n]) {
      const value = mod(x, p);
      if (value === 0n) continue;
      field.loadWords(words, 0, toBe(value), 0);
      const square = field.sqrt(R, 0, load(value), 0);
      if (maySquare(words, 0) !== square) expect({ x, square }).toBe("agreed");
    }
  });
});

describe("the field kernel agrees with BigInt", () => {
  it("products, squares and their sums, random and edge inputs", () => {
    const loaded = inputs.map(load);
    for (const [i, A] of loaded.entries())
      for (const [j, B] of loaded.entries()) {
        const [a, b] = [inputs[i]!, inputs[j]!];
        const c = inputs[(i + j + 3) % inputs.length]!;
        const C = load(c);
        mul(R, 0, A, 0, B, 0);
        expect(value(R)).toBe(mod(a * b, p));
        mulMinus(R, 0, A, 0, B, 0, C, 0);
        expect(value(R)).toBe(mod(a * b - c, p));
        sqrMinus(R, 0, A, 0, B, 0, C, 0);
        expect(value(R)).toBe(mod(a * a - b - c, p));
        expect(isReduced(R)).toBe(true);
        expect(field.isEqual(A, 0, B, 0)).toBe(mod(a - b, p) === 0n);
      }
  });

  it("is exact at the bound: unit products up to 11, top limbs up to 2^18", () => {
    const signs = randomBigInts("signs", 400);
    for (const [m, n] of [
      [1, 1],
      [3, 3],
      [1, 9],
      [1, 11],
      [2, 4],
      [4, 2],
      [2, 5.5],
    ] as const)
      for (const top of [2 ** 15, 2 ** 16, 2 ** 18])
        for (const s of signs) {
          const A = worst(m, top, s);
          const B = worst(n, top, s >> 11n);
          mul(R, 0, A, 0, B, 0);
          if (value(R) !== mod(limbsToBigInt(A, 0) * limbsToBigInt(B, 0), p) || !isReduced(R)) expect({ m, n, top, s }).toBe("exact");
        }
    for (const s of signs) {
      const A = worst(3, 2 ** 17, s);
      sqr(R, 0, A, 0);
      if (value(R) !== mod(limbsToBigInt(A, 0) ** 2n, p)) expect({ sqr: s }).toBe("exact");
      const B = worst(3, 2 ** 17, s >> 22n);
      const C = worst(8, 2 ** 17, s >> 33n);
      mulMinus(R, 0, A, 0, B, 0, C, 0);
      if (value(R) !== mod(limbsToBigInt(A, 0) * limbsToBigInt(B, 0) - limbsToBigInt(C, 0), p)) expect({ mulMinus: s }).toBe("exact");
      linear.scale(R, 0, worst(1, 2 ** 15, s), 0, 21);
      if (value(R) !== mod(21n * limbsToBigInt(worst(1, 2 ** 15, s), 0), p) || !isReduced(R)) expect({ scale: s }).toBe("exact");
    }
  });

  it("all limbs positive at the bound", () => {
    for (const [m, n] of [
      [1, 11],
      [3, 3],
    ] as const) {
      const A = worst(m, 2 ** 18, 0n);
      const B = worst(n, 2 ** 18, 0n);
      mul(R, 0, A, 0, B, 0);
      expect(value(R)).toBe(mod(limbsToBigInt(A, 0) * limbsToBigInt(B, 0), p));
    }
  });

  it("canonical words of positive, negative and large representatives", () => {
    const words = new Uint32Array(8);
    for (const x of inputs) {
      const A = load(x);
      for (const factor of [1, -1, 4, -4]) {
        linear.times(R, 0, A, 0, factor);
        field.toWords(words, 0, R, 0);
        expect(toBigInt(words)).toBe(mod(BigInt(factor) * x, p));
        expect(field.isZero(R, 0)).toBe(mod(x, p) === 0n);
        expect(field.isOdd(R, 0)).toBe((mod(BigInt(factor) * x, p) & 1n) === 1n);
      }
      const raw = new Uint32Array(8);
      field.loadWords(raw, 0, toBe(x), 0);
      expect(field.belowP(raw, 0)).toBe(x < p);
    }
  });

  it("inverses, also many at once, and repeated squares", () => {
    for (const x of inputs) {
      field.invert(R, 0, load(x), 0);
      expect(mod(value(R) * x, p)).toBe(mod(x, p) === 0n ? 0n : 1n);
    }
    sqrTimes(R, 0, load(5n), 0, 9);
    expect(value(R)).toBe(mod(5n ** 512n, p));
    const good = inputs.filter((x) => mod(x, p) !== 0n);
    const A = new Float64Array(11 * good.length);
    for (const [i, x] of good.entries()) A.set(load(x), 11 * i);
    const many = new Float64Array(A.length);
    expect(field.invertMany(many, A, good.length)).toBe(true);
    for (const [i, x] of good.entries()) expect(mod(value(many, 11 * i) * x, p)).toBe(1n);
    A.fill(0, 22, 33);
    expect(field.invertMany(many, A, good.length)).toBe(false);
  });

  it("square roots exist exactly for squares", () => {
    for (const x of inputs) {
      const square = (x * x) % p;
      expect(field.sqrt(R, 0, load(square), 0)).toBe(true);
      expect(mod(value(R) ** 2n, p)).toBe(square);
      if (square !== 0n) expect(field.sqrt(R, 0, load(p - square), 0)).toBe(false);
    }
  });
});
