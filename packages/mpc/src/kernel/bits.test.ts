// These tests compare GF(2^128), transposition and constant-time equality with bitwise definitions.
import { describe, expect, it } from "vitest";
import { randomBigInts, toBe } from "../../test/kernel-inputs.ts";
import { transpose } from "./bit-matrix.ts";
import { bytesFromWords, wordsFromBytes } from "./bytes.ts";
import { constantTimeEqual } from "./equal.ts";
import { gfMulAdd } from "./gf128.ts";
import { hashRows } from "./gf128-rows.ts";

const words = (seed: string, count: number) => Uint32Array.from(randomBigInts(seed, count), (x) => Number(x & 0xffffffffn));
const bit = (row: Uint32Array, at: number, j: number) => (row[at + (j >>> 5)]! >>> (j & 31)) & 1;

/** Gives a polynomial as BigInt, where bit i is the coefficient of X^i. */
const polynomial = (a: Uint32Array, at: number) => [3, 2, 1, 0].reduce((x, i) => (x << 32n) | BigInt(a[at + i]!), 0n);
function product(a: bigint, b: bigint): bigint {
  let x = 0n;
  for (let i = 0n; i < 128n; i++) if ((b >> i) & 1n) x ^= a << i;
  for (let i = 254n; i >= 128n; i--) if ((x >> i) & 1n) x ^= (1n << i) ^ (0x87n << (i - 128n));
  return x;
}

describe("GF(2^128)", () => {
  const a = words("gf a", 80);
  const b = words("gf b", 80);
  a.set([1, 0, 0, 0, 0, 0, 0, 0x80000000, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff]);
  b.set([0, 0, 0, 0x80000000, 0, 0, 0, 0x80000000, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff]);

  it("multiplies as polynomials mod X^128 + X^7 + X^2 + X + 1", () => {
    for (let i = 0; i < 80; i += 4) {
      const out = a.slice(i, i + 4);
      gfMulAdd(out, 0, a, i, b, i);
      expect(polynomial(out, 0)).toBe(product(polynomial(a, i), polynomial(b, i)) ^ polynomial(a, i));
    }
  });

  it("hashes 128 rows at once as it hashes one", () => {
    for (const count of [128, 416]) {
      const blocks = Math.ceil(count / 128);
      const chi = words(`chi ${count}`, 4 * blocks);
      const stride = count / 32;
      const rows = words(`rows ${count}`, 128 * stride);
      const h = hashRows(chi, transpose(rows, 4, stride, stride), count);
      for (let g = 0; g < 128; g++) {
        const padded = new Uint32Array(4 * blocks);
        padded.set(rows.subarray(stride * g, stride * (g + 1)));
        const one = new Uint32Array(4);
        for (let j = 0; j < 4 * blocks; j += 4) gfMulAdd(one, 0, chi, j, padded, j);
        expect(h.subarray(4 * g, 4 * g + 4)).toEqual(one);
      }
    }
  });
});

describe("transposition", () => {
  it("puts bit j of row i at bit i of row j", () => {
    const [blocks, stride, used] = [4, 17, 13];
    const rows = words("matrix", 32 * blocks * stride);
    const out = transpose(rows, blocks, stride, used);
    for (let i = 0; i < 32 * blocks; i++)
      for (let j = 0; j < 32 * used; j++) if (bit(out, blocks * j, i) !== bit(rows, stride * i, j)) expect({ i, j }).toBe("transposed");
    expect(out.length).toBe(32 * used * blocks);
  });
});

describe("constant-time equality", () => {
  it("sees a difference in any byte and in length", () => {
    const a = toBe(0x0123456789n);
    for (let i = 0; i < 32; i++) {
      const b = a.slice();
      b[i]! ^= 0x80;
      expect(constantTimeEqual(a, b)).toBe(false);
    }
    expect(constantTimeEqual(a, a.slice())).toBe(true);
    expect(constantTimeEqual(a, a.subarray(1))).toBe(false);
  });

  it("words and bytes round trip", () => {
    const bytes = toBe(randomBigInts("w", 1)[0]!);
    expect(bytesFromWords(wordsFromBytes(bytes))).toEqual(bytes);
    expect(wordsFromBytes(Uint8Array.of(1, 2, 3, 4))).toEqual(Uint32Array.of(0x01020304));
  });
});
