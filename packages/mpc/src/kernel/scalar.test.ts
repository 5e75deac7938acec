// These tests compare scalars with BigInt.
import { describe, expect, it } from "vitest";
import { toBe as bytes, mod as modulo, q, randomBigInts, toBigInt } from "../../test/kernel-inputs.ts";
import * as scalar from "./scalar.ts";

const edges = [0n, 1n, 2n, q - 1n, q - 2n, q / 2n, q / 2n + 1n, 2n ** 255n, 2n ** 128n, 2n ** 128n - 1n, 2n ** 24n, 2n ** 240n, q >> 24n];
const inputs = [...edges, ...randomBigInts("scalar", 40).map((x) => x % q)];
const make = (x: bigint) => scalar.fromBytes(bytes(x))!;
const mod = (x: bigint) => modulo(x, q);

describe("scalars mod q agree with BigInt", () => {
  it("add, sub, neg, mul, equal", () => {
    for (const x of inputs)
      for (const y of inputs) {
        const [a, b] = [make(x), make(y)];
        expect(toBigInt(scalar.add(a, b))).toBe(mod(x + y));
        expect(toBigInt(scalar.sub(a, b))).toBe(mod(x - y));
        expect(toBigInt(scalar.mul(a, b))).toBe(mod(x * y));
        expect(scalar.equal(a, b)).toBe(x === y);
      }
  });

  it("neg, isZero, isHigh, invert, round trip", () => {
    for (const x of inputs) {
      const a = make(x);
      expect(toBigInt(a)).toBe(x);
      expect(scalar.toBytes(a)).toEqual(bytes(x));
      expect(toBigInt(scalar.neg(a))).toBe(mod(-x));
      expect(scalar.isZero(a)).toBe(x === 0n);
      expect(scalar.isHigh(a)).toBe(x > q / 2n);
    }
    const inverted = [...inputs.slice(1), ...randomBigInts("inverse", 2_000).flatMap((x) => [x % q, x >> 200n, q - (x >> 100n)])];
    for (const x of inverted) expect(toBigInt(scalar.mul(scalar.invert(make(x)), make(x)))).toBe(1n);
    expect(scalar.isZero(scalar.invert(make(0n)))).toBe(true);
  });

  it("fromBytes refuses q and more, fromBytesMod reduces", () => {
    for (const x of [q, q + 1n, 2n ** 256n - 1n]) {
      expect(scalar.fromBytes(bytes(x))).toBeUndefined();
      expect(toBigInt(scalar.fromBytesMod(bytes(x)))).toBe(x % q);
    }
    expect(scalar.fromBytes(new Uint8Array(31))).toBeUndefined();
    expect(toBigInt(scalar.fromInt(0xffffffff))).toBe(0xffffffffn);
  });
});
