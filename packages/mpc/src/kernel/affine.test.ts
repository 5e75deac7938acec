// These tests show what no decoder takes for a point, and what is told apart. There is one case for
// each check that nothing else would catch.
import { describe, expect, it } from "vitest";
import { fromBe, mod, p, toBe } from "../../test/kernel-inputs.ts";
import { toLanes } from "./normalize.ts";
import * as point from "./point.ts";

/** x is an abscissa of y = 1. Since 1 + p fits 256 bits, it is an ordinate that is not reduced. */
const x = 0x1fe1e5ef3fceb5c135ab7741333ce5a6e80d68167653f6b2b24bcbcfaaaff507n;
const encoded = (x: bigint, y: bigint): Uint8Array => Uint8Array.of(...toBe(x), ...toBe(y));

describe("64 bytes", () => {
  it("are a point only with a reduced ordinate", () => {
    expect(point.encode64(point.decode64(encoded(x, 1n)) as point.Point)).toEqual(encoded(x, 1n));
    expect(point.decode64(encoded(x, 1n + p))).toBeUndefined();
  });

  it("are a point only if they are 64", () => {
    const good = encoded(x, 1n);
    for (const bytes of [Uint8Array.of(...good, 0), good.subarray(0, 63), new Uint8Array(0)]) expect(point.decode64(bytes)).toBeUndefined();
  });
});

describe("33 bytes", () => {
  it("are a point only if they are 33, with a head that is 2 or 3", () => {
    const good = point.encode33(point.decode64(encoded(x, 1n)) as point.Point);
    expect([good[0], fromBe(good.subarray(1))]).toEqual([3, x]);
    for (const bytes of [Uint8Array.of(...good, 0), good.subarray(0, 32), good.with(0, 0), good.with(0, 6), good.with(0, 0x83)])
      expect(point.decode33(bytes)).toBeUndefined();
  });
});

describe("points", () => {
  it("of one ordinate and two abscissas are two points", () => {
    const beta = 0x7ae96a2b657c07106e64479eac3434e99cf0497512f58995c1396c28719501een;
    const [P, Q] = [x, mod(x * beta, p)].map((each) => point.decode64(encoded(each, 1n)) as point.Point) as [point.Point, point.Point];
    expect([point.equal(P, P), point.equal(P, Q)]).toEqual([true, false]);
    expect([point.equal(P, point.neg(P)), point.equal(P, point.identity), point.equal(point.identity, P)]).toEqual([false, false, false]);
    expect(point.equal(point.identity, point.sub(P, P))).toBe(true);
  });

  it("have no affine lanes if one of them is O", () => {
    const both = (P: point.Point): Float64Array => Float64Array.of(...point.base, ...P);
    expect(toLanes(both(point.identity), 2)).toBeUndefined();
    expect(toLanes(both(point.base), 2)?.X.subarray(0, 11)).toEqual(point.base.subarray(0, 11));
  });
});
