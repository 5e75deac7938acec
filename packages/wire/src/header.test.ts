// The header as properties. Encoding and decoding are inverse, and everything else is refused.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeHeader, encodeHeader, headerBytes } from "./index.ts";

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const u8 = fc.integer({ min: 0, max: 255 });
const u16 = fc.integer({ min: 0, max: 65535 });
const header = fc.record({ protocol: u8, round: u8, from: u16, to: u16, rid: bytes32, sid: bytes32 });

describe("header (dkls23-spec 0.5)", () => {
  it("decodes what was encoded, for every header", () => {
    fc.assert(
      fc.property(header, (value) => {
        expect(decodeHeader(encodeHeader(value))).toEqual(value);
      }),
    );
  });

  it("is 71 bytes in the order version, protocol, round, from, to, rid, sid", () => {
    const encoded = encodeHeader({
      protocol: 16,
      round: 3,
      from: 0x0102,
      to: 0x0304,
      rid: new Uint8Array(32).fill(5),
      sid: new Uint8Array(32).fill(6),
    });
    expect(encoded).toEqual(new Uint8Array([1, 16, 3, 1, 2, 3, 4, ...new Uint8Array(32).fill(5), ...new Uint8Array(32).fill(6)]));
  });

  it("encodes what was decoded, for any 71 bytes of version 1", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: headerBytes - 1, maxLength: headerBytes - 1 }), (rest) => {
        const encoded = new Uint8Array([1, ...rest]);
        const decoded = decodeHeader(encoded);
        expect(decoded && encodeHeader(decoded)).toEqual(encoded);
      }),
    );
  });

  it("refuses every other length and version", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        fc.pre(bytes.length !== headerBytes || bytes[0] !== 1);
        expect(decodeHeader(bytes)).toBeUndefined();
      }),
    );
    const good = Uint8Array.of(1, ...new Uint8Array(headerBytes - 1));
    const read = decodeHeader(good);
    expect(read && encodeHeader(read)).toEqual(good);
    for (const wrong of [good.with(0, 0), good.with(0, 2), good.subarray(0, -1), Uint8Array.of(...good, 0)])
      expect(decodeHeader(wrong)).toBeUndefined();
  });

  it("does not share memory with the bytes it was decoded from", () => {
    const encoded = encodeHeader({ protocol: 1, round: 1, from: 1, to: 2, rid: new Uint8Array(32), sid: new Uint8Array(32) });
    for (const lent of [encoded, Buffer.from(encoded)]) {
      const decoded = decodeHeader(lent);
      lent.fill(9);
      expect([decoded?.rid, decoded?.sid]).toEqual([new Uint8Array(32), new Uint8Array(32)]);
    }
  });

  it.each([
    ["an index above u16", { from: 65536 }],
    ["a negative index", { to: -1 }],
    ["a fractional round", { round: 1.5 }],
    ["a protocol above u8", { protocol: 256 }],
    ["a routing id of 31 bytes", { rid: new Uint8Array(31) }],
    ["a routing id of 33 bytes", { rid: new Uint8Array(33) }],
    ["a session id of 31 bytes", { sid: new Uint8Array(31) }],
    ["a session id of 33 bytes", { sid: new Uint8Array(33) }],
  ])("refuses to encode %s instead of wrapping it", (_name, change) => {
    const value = { protocol: 1, round: 1, from: 1, to: 2, rid: new Uint8Array(32), sid: new Uint8Array(32), ...change };
    expect(() => encodeHeader(value)).toThrow(RangeError);
  });
});
