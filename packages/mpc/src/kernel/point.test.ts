// These tests compare points with noble's, edge cases first.
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { describe, expect, it } from "vitest";
import { mod, p, q, randomBigInts, toBe } from "../../test/kernel-inputs.ts";
import { decodeAffine, encodeAffine } from "./affine.ts";
import { baseTable, mulTableLanes } from "./base-table.ts";
import { lanesNew } from "./lanes.ts";
import { mulLanes } from "./lanes-mul.ts";
import * as point from "./point.ts";
import { fromBytes, type Scalar } from "./scalar.ts";

const Noble = secp256k1.Point;
type NoblePoint = InstanceType<typeof Noble>;
const scalar = (x: bigint): Scalar => fromBytes(toBe(mod(x, q)))!;
const ours = (P: NoblePoint) => (P.equals(Noble.ZERO) ? point.identity : point.decode64(P.toBytes(false).slice(1))!);
const theirs = (k: bigint) => (mod(k, q) === 0n ? Noble.ZERO : Noble.BASE.multiplyUnsafe(mod(k, q)));
const same = (P: point.Point, R: NoblePoint) =>
  R.equals(Noble.ZERO) ? point.isIdentity(P) : !point.isIdentity(P) && Buffer.from(point.encode64(P)).equals(R.toBytes(false).slice(1));

// 2^256 - q is the one scalar that needs a doubling inside a table multiplication.
const edgeScalars = [0n, 1n, 2n, 3n, 5n, q - 1n, q - 2n, 2n ** 128n, 2n ** 255n, 2n ** 256n - q, q / 2n, 31n, 32n];
const scalars = [...edgeScalars, ...randomBigInts("points", 20).map((x) => x % q)];

describe("points agree with noble", () => {
  const ks = [0n, 1n, 2n, q - 1n, ...randomBigInts("add", 6).map((x) => x % q)];

  it("add, sub, neg, equal: also P + P, P - P, P + O, O + O", () => {
    for (const a of ks)
      for (const b of ks) {
        const [P, R] = [ours(theirs(a)), ours(theirs(b))];
        expect(same(point.add(P, R), theirs(a + b))).toBe(true);
        expect(same(point.sub(P, R), theirs(a - b))).toBe(true);
        expect(point.equal(P, R)).toBe(a === b);
        expect(point.equal(point.add(P, R), ours(theirs(a + b)))).toBe(true);
      }
    for (const a of ks) expect(same(point.neg(ours(theirs(a))), theirs(-a))).toBe(true);
  });

  it("multiples of G and of any point, edge scalars included", () => {
    const P = theirs(randomBigInts("base", 1)[0]!);
    for (const k of scalars) {
      const expected = mod(k, q) === 0n ? Noble.ZERO : P.multiplyUnsafe(mod(k, q));
      expect(same(point.mulBase(scalar(k)), theirs(k))).toBe(true);
      expect(same(point.mul(ours(P), scalar(k)), expected)).toBe(true);
      expect(same(point.mulAddPublic(scalar(k + 1n), ours(P), scalar(k)), theirs(k + 1n).add(expected))).toBe(true);
      expect(point.isIdentity(point.mul(point.identity, scalar(k)))).toBe(true);
    }
    for (const n of [0, 1, 2, 3, 700, 65535]) expect(same(point.mulSmall(ours(P), n), P.multiplyUnsafe(BigInt(n)))).toBe(true);
    expect(same(point.mulAddPublic(scalar(5n), point.base, scalar(-5n)), Noble.ZERO)).toBe(true);
    expect(same(point.mulAddPublic(scalar(5n), point.base, scalar(5n)), theirs(10n))).toBe(true);
  });

  it("u1 G + u2 P for every P that stands in a simple relation to G, where an addition meets its own summand", () => {
    const lambda = 0x5363ad4cc05c30e0a5261c028812645a122e22ea20816678df02967c1b23bd72n;
    for (const p of [1n, -1n, 2n, 3n, 31n, 255n, lambda, -lambda, lambda + 1n])
      for (const [u1, u2] of [
        [0n, 0n],
        [0n, 7n],
        [7n, 0n],
        [1n, 1n],
        [5n, -5n],
        [p, -1n],
        [-p, 1n],
        [p, 1n],
        [lambda, 1n],
        [2n ** 127n, 2n ** 127n],
        [q - 1n, q - 1n],
        ...randomBigInts(`pair ${p}`, 4).map((u) => [-u * p, u]),
      ] as [bigint, bigint][])
        expect(same(point.mulAddPublic(scalar(u1), ours(theirs(p)), scalar(u2)), theirs(u1 + u2 * p)), `${p}: ${u1}, ${u2}`).toBe(true);
    expect(same(point.mulAddPublic(scalar(9n), point.identity, scalar(4n)), theirs(9n))).toBe(true);
  });

  it("many at once: of G, of another base, and one scalar for many points", () => {
    const many = randomBigInts("many", 60).map((x) => x % q);
    for (const A of [Noble.BASE, theirs(12345n)]) {
      const table = A === Noble.BASE ? point.baseMultiples() : baseTable(ours(A), 0);
      const lanes = mulTableLanes(table, many.map(scalar))!;
      for (const [i, k] of many.entries())
        expect(Buffer.from(encodeAffine(lanes.X, 11 * i, lanes.Y, 11 * i))).toEqual(
          Buffer.from(A.multiplyUnsafe(k).toBytes(false).slice(1)),
        );
    }
    for (const a of [...randomBigInts("sender", 2).map((x) => x % q), q - 5n]) {
      const points = lanesNew(many.length);
      for (const [i, k] of many.entries()) expect(decodeAffine(points.X, 11 * i, points.Y, 11 * i, theirs(k).toBytes(false), 1)).toBe(true);
      expect(mulLanes(points, scalar(a))).toBe(true);
      for (const [i, k] of many.entries())
        expect(Buffer.from(encodeAffine(points.X, 11 * i, points.Y, 11 * i))).toEqual(
          Buffer.from(
            theirs(k * a)
              .toBytes(false)
              .slice(1),
          ),
        );
    }
  });
});

describe("encodings of points", () => {
  it("round trip in both forms", () => {
    for (const k of [1n, 2n, 77n]) {
      const P = theirs(k);
      expect(Buffer.from(point.encode33(ours(P)))).toEqual(Buffer.from(P.toBytes(true)));
      expect(same(point.decode33(P.toBytes(true))!, P)).toBe(true);
    }
  });

  it("refuse points off the curve, coordinates >= p, wrong lengths; O has none", () => {
    const good = theirs(9n).toBytes(false).slice(1);
    const bad = good.slice();
    bad[63]! ^= 1;
    expect(point.decode64(bad)).toBeUndefined();
    expect(point.decode64(good.slice(1))).toBeUndefined();
    expect(point.decode64(new Uint8Array(64))).toBeUndefined();
    // x = 1 is on the curve, and 1 + p fits 256 bits and must not pass for it.
    const one = Noble.fromBytes(Uint8Array.from([2, ...toBe(1n)]));
    expect(point.decode64(Uint8Array.from([...toBe(1n + p), ...toBe(one.y)]))).toBeUndefined();
    expect(point.decode33(Uint8Array.from([2, ...toBe(1n + p)]))).toBeUndefined();
    expect(point.decode33(Uint8Array.from([4, ...toBe(1n)]))).toBeUndefined();
    expect(point.decode33(Uint8Array.from([2, ...toBe(5n)]))).toBeUndefined();
    expect(() => point.encode64(point.identity)).toThrow("identity");
  });
});
