import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { coordinatorAddress, isPartyId, newId } from "./index.ts";

const random10 = fc.uint8Array({ minLength: 10, maxLength: 10 });
const time = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

/** Gives the 128 bits of an id. */
const bitsOf = (id: string): bigint => [...id.slice(4)].reduce((value, digit) => value * 32n + BigInt(alphabet.indexOf(digit)), 0n);

describe("newId", () => {
  it("is the prefix and 26 characters that carry time and randomness completely", () => {
    fc.assert(
      fc.property(random10, time, (random, nowMs) => {
        const id = newId("acc", random, nowMs);
        expect(id).toMatch(/^acc_[0-7][0-9a-hjkmnp-tv-z]{25}$/);
        const expected = random.reduce((value, byte) => value * 256n + BigInt(byte), BigInt(nowMs));
        expect(bitsOf(id)).toBe(expected);
      }),
    );
  });

  it("sorts by time as text", () => {
    fc.assert(
      fc.property(random10, random10, time, time, (a, b, one, other) => {
        fc.pre(one !== other);
        const [first, second] = [newId("ses", a, Math.min(one, other)), newId("ses", b, Math.max(one, other))];
        expect(first < second).toBe(true);
      }),
    );
  });

  it("refuses too little randomness", () => {
    expect(() => newId("ses", new Uint8Array(9), 0)).toThrow(RangeError);
  });
});

describe("isPartyId", () => {
  it.each(["server-party-1", "dev_abc234", "a", "0", "a".repeat(64)])("takes %s", (id) => expect(isPartyId(id)).toBe(true));
  it.each(["", "A", "-a", "_a", "a b", "a.b", "a/b", "a\n", "é", "a".repeat(65), coordinatorAddress, "root\u0000"])("refuses %j", (id) =>
    expect(isPartyId(id)).toBe(false),
  );
});
