// These tests compare edwards25519 with noble and with BigInt: scalars, points, decoding, and the
// two ways of minding the cofactor.
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { describe, expect, it } from "vitest";
import type { Element } from "../group.ts";
import * as field from "./field.ts";
import { carry, mul, sqr } from "./field-mul.ts";
import { edwards25519 as group } from "./group.ts";

const { Point } = ed25519;
const L = Point.Fn.ORDER;
const p = 2n ** 255n - 19n;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const wide = (label: string): Uint8Array => sha512(new TextEncoder().encode(label));
const le = (bytes: Uint8Array): bigint => BigInt(`0x${hex(bytes.toReversed())}`);
const toLe = (x: bigint): Uint8Array => Uint8Array.from({ length: 32 }, (_, i) => Number((x >> BigInt(8 * i)) & 255n));
const encoded = (P: Element): string => hex(group.encode([P])[0] as Uint8Array);

/** The points of order dividing 8. */
const torsion = ["c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"].flatMap((first) => {
  const generator = Point.fromHex(first);
  return Array.from({ length: 8 }, (_, k) => Array.from({ length: k }, () => generator).reduce((sum, T) => sum.add(T), generator));
});

describe("the field of 2^255 - 19", () => {
  const edges = [0n, 1n, 2n, 19n, p - 1n, p - 2n, (p - 1n) / 2n, 2n ** 254n, 2n ** 240n - 1n, 2n ** 24n, 2n ** 24n - 1n];
  const values = [...edges, ...Array.from({ length: 200 }, (_, k) => le(wide(`field/${k}`).subarray(0, 32)) % p)];
  const element = (x: bigint): Float64Array => {
    const R = new Float64Array(11);
    field.fromBytes(R, 0, toLe(x), 0);
    return R;
  };
  const value = (A: Float64Array): bigint => {
    const bytes = new Uint8Array(32);
    field.toBytes(bytes, 0, A, 0);
    return le(bytes);
  };

  it("multiplies, squares and carries as BigInt does, factors of up to 11 units together", () => {
    const R = new Float64Array(11);
    for (const [k, x] of values.entries()) {
      const y = values[(7 * k + 3) % values.length] as bigint;
      mul(R, 0, element(x), 0, element(y), 0);
      expect(value(R)).toBe((x * y) % p);
      sqr(R, 0, element(x), 0);
      expect(value(R)).toBe((x * x) % p);
      const [three, minusThree] = [element(x).map((limb) => 3 * limb), element(y).map((limb) => -3 * limb)];
      mul(R, 0, three, 0, minusThree, 0);
      expect(value(R)).toBe((((-9n * x * y) % p) + p) % p);
      carry(
        R,
        0,
        three.map((limb) => limb * 1000),
        0,
      );
      expect(value(R)).toBe((3000n * x) % p);
    }
  });

  it("stays exact at the largest limbs that the bound allows", () => {
    for (const sign of [1, -1]) {
      const A = new Float64Array(11).fill(sign * 3 * 2 ** 23);
      const B = new Float64Array(11).fill(3.6 * 2 ** 23);
      const integer = (X: Float64Array): bigint => X.reduceRight((sum, limb) => sum * 2n ** 24n + BigInt(Math.round(limb)), 0n);
      B.forEach((limb, i) => {
        B[i] = Math.round(limb);
      });
      const R = new Float64Array(11);
      mul(R, 0, A, 0, B, 0);
      expect(value(R)).toBe((((integer(A) * integer(B)) % p) + p) % p);
    }
  });

  it("inverts, one and many", () => {
    const some = values.filter((x) => x !== 0n).slice(0, 40);
    const A = new Float64Array(11 * some.length);
    for (const [k, x] of some.entries()) A.set(element(x), 11 * k);
    const R = new Float64Array(A.length);
    field.invertMany(R, A, some.length);
    for (const [k, x] of some.entries()) expect((value(R.subarray(11 * k, 11 * k + 11)) * x) % p).toBe(1n);
  });

  it("encodes what is not reduced as its residue", () => {
    for (const x of [p, p + 1n, p + 18n]) expect(value(element(x))).toBe(x - p);
    expect(value(new Float64Array(11).fill(-1))).toBe((((-(2n ** 264n - 1n) / (2n ** 24n - 1n)) % p) + p) % p);
  });
});

describe("scalars of edwards25519", () => {
  it("reduce, add, multiply and negate as BigInt does", () => {
    const edges = [0n, 1n, L - 1n, L, L + 1n, 2n ** 252n, 2n ** 256n - 1n];
    const inputs: Uint8Array[] = [...edges.map((x) => Uint8Array.of(...toLe(x), ...new Uint8Array(32))), new Uint8Array(64).fill(255)];
    for (let k = 0; k < 100; k++) inputs.push(wide(`scalar/${k}`));
    for (const [k, a] of inputs.entries()) {
      const b = inputs[(5 * k + 2) % inputs.length] as Uint8Array;
      const [x, y] = [group.reduce(a), group.reduce(b)];
      expect(le(x)).toBe(le(a) % L);
      expect(le(group.mul(x, y))).toBe((le(x) * le(y)) % L);
      expect(le(group.add(x, y))).toBe((le(x) + le(y)) % L);
      expect(le(group.negate(x))).toBe((L - le(x)) % L);
    }
  });

  it("decode only 32 bytes below the order", () => {
    expect(group.scalar(toLe(L - 1n))).toEqual(toLe(L - 1n));
    for (const bad of [toLe(L), toLe(L + 1n), new Uint8Array(32).fill(255), new Uint8Array(31), new Uint8Array(33)])
      expect(group.scalar(bad)).toBeUndefined();
  });
});

describe("points of edwards25519", () => {
  it("agree with noble", () => {
    for (let k = 0; k < 25; k++) {
      const [x, y, z] = ["x", "y", "z"].map((name) => group.reduce(wide(`${name}/${k}`))) as [never, never, never];
      const [a, b, c] = [le(x), le(y), le(z)];
      const [A, B] = [group.mulBase(x), group.mulBase(y)];
      const noble = Point.BASE.multiply(a);
      expect(encoded(A)).toBe(noble.toHex());
      expect(
        encoded(
          group.combine(z, [
            [y, A],
            [x, B],
          ] as const),
        ),
      ).toBe(Point.BASE.multiply((c + 2n * a * b) % L).toHex());
      expect(encoded(group.combine(undefined, [[z, A]]))).toBe(noble.multiply(c).toHex());
      expect(encoded(group.mulSmall(A, 65_535 - k))).toBe(noble.multiply(65_535n - BigInt(k)).toHex());
      expect(group.encode([group.plus(A, B), group.opposite(A)]).map(hex)).toEqual([
        noble.add(Point.BASE.multiply(b)).toHex(),
        noble.negate().toHex(),
      ]);
      expect(group.same(group.decode(noble.toBytes()) as Element, A)).toBe(true);
      expect(group.same(A, B)).toBe(false);
    }
  });

  it("multiply the base by the smallest and the largest scalars", () => {
    for (const k of [1n, 2n, 7n, 8n, 9n, 15n, 16n, 128n, 2n ** 252n, L - 1n, L - 2n, (L - 1n) / 2n]) {
      expect(encoded(group.mulBase(group.public(k)))).toBe(Point.BASE.multiply(k % L).toHex());
      expect(encoded(group.combine(group.public(k), []))).toBe(Point.BASE.multiply(k % L).toHex());
    }
    expect(group.isIdentity(group.mulBase(group.public(0n)))).toBe(true);
    expect(group.isIdentity(group.combine(group.public(0n), []))).toBe(true);
  });

  it("the identity has no encoding", () => {
    expect(() => group.encode([group.identity])).toThrow(expect.objectContaining({ code: "mpc/degenerate" }));
  });

  const notCanonical = [p, p + 1n, 2n ** 255n - 1n, 2n ** 255n + p].map(toLe);
  const negativeZero = [Uint8Array.of(1, ...new Uint8Array(30), 128), toLe(p - 1n + 2n ** 255n)];
  const offCurve = [toLe(2n), toLe(7n)];

  it("decode only what is canonical, on the curve and no small-order point; `decode` also refuses every torsion component", () => {
    const bad = [...notCanonical, ...negativeZero, ...offCurve, new Uint8Array(31), new Uint8Array(33)];
    for (const bytes of [...bad, ...torsion.map((T) => T.toBytes())]) {
      expect(group.decode(bytes)).toBeUndefined();
      expect(group.receive(bytes)).toBeUndefined();
    }
    const P = Point.BASE.multiply(5n);
    for (const T of torsion.filter((each) => !each.is0())) expect(group.decode(P.add(T).toBytes())).toBeUndefined();
  });

  it("even what we wrote ourselves has one encoding, is not the identity, and is told from its mirror image", () => {
    for (const bytes of [...notCanonical, ...negativeZero, ...offCurve, Point.ZERO.toBytes()]) expect(group.trusted(bytes)).toBeUndefined();
    // (x, y) and (x, -y) differ by the opposite and the point of order 2.
    const P = Point.BASE.multiply(5n);
    const mirrored = P.negate().add(Point.fromBytes(toLe(p - 1n)));
    expect(mirrored.x).toBe(P.x);
    const [A, B] = [P, mirrored].map((each) => group.trusted(each.toBytes()) as Element) as [Element, Element];
    expect([group.same(A, A), group.same(A, B)]).toEqual([true, false]);
  });

  it("what is received is in the prime-order subgroup, and the same whatever torsion was added on the way", () => {
    const k = group.reduce(wide("wire"));
    const { elements, wires } = group.publish([k]);
    const [element, wire] = [elements[0] as Element, wires[0] as Uint8Array];
    expect(encoded(element)).toBe(Point.BASE.multiply(le(k)).toHex());
    for (const T of torsion) {
      const received = group.receive(Point.fromBytes(wire).add(T).toBytes());
      expect(encoded(received as Element)).toBe(encoded(element));
      expect(encoded(group.decode(group.encode([received as Element])[0] as Uint8Array) as Element)).toBe(encoded(element));
    }
  });
});
