import { encodeHeader, signatureTags } from "@covault/wire";
import { describe, expect, it } from "vitest";
import { identityKeyFromSeed, signRound, verifyRound } from "./index.ts";

const fill = (value: number, length = 32): Uint8Array => new Uint8Array(length).fill(value);
const key = identityKeyFromSeed(fill(1));
const header = encodeHeader({ protocol: 16, round: 2, from: 1, to: 2, rid: fill(3), sid: fill(4) });
const sealed = fill(9, 200);
const signature = signRound(key, header, sealed);

describe("round signatures", () => {
  it("name the sender of header and sealed body", () => {
    expect(verifyRound(key.publicKey, header, sealed, signature)).toBe(true);
  });

  it("fail for another sender, header, body, cut or signature, without throwing", () => {
    const flip = (bytes: Uint8Array, at: number): Uint8Array => {
      const copy = bytes.slice();
      copy[at] = (copy[at] as number) ^ 1;
      return copy;
    };
    const rows: [Uint8Array, Uint8Array, Uint8Array, Uint8Array][] = [
      [identityKeyFromSeed(fill(2)).publicKey, header, sealed, signature],
      [key.publicKey, flip(header, 2), sealed, signature],
      [key.publicKey, flip(header, 70), sealed, signature],
      [key.publicKey, header, flip(sealed, 100), signature],
      [key.publicKey, header, sealed.subarray(1), signature],
      [key.publicKey, new Uint8Array([...header, 9]), sealed.subarray(1), signature],
      [key.publicKey, header, sealed, flip(signature, 0)],
      [key.publicKey, header, sealed, flip(signature, 63)],
      [key.publicKey, header, sealed, signature.subarray(1)],
      [key.publicKey.subarray(1), header, sealed, signature],
      [fill(0xff), header, sealed, signature],
    ];
    expect(rows.map((row) => verifyRound(...row))).toEqual(rows.map(() => false));
  });

  it("are worth nothing as another statement, nor another statement as one", () => {
    const statement = key.sign(signatureTags.join, new Uint8Array([...header, ...sealed]));
    expect(verifyRound(key.publicKey, header, sealed, statement)).toBe(false);
  });

  it("are not made for a header of another length", () => {
    expect(() => signRound(key, header.subarray(1), sealed)).toThrow(RangeError);
  });
});
