// What both implementations must do. The suite runs on each of them, with the answers of the RFCs
// and the same refusals of what a liar sends.
import { CovaultError } from "@covault/errors";
import { describe, expect, it } from "vitest";
import { keys, signatures, smallOrderPoints, weakPoints } from "./hostile.ts";

export type Crypto = typeof import("../src/node/index.ts");

const bytes = (text: string): Uint8Array => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const fill = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value);
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Bytes whose `slice` is a view, as that of a Buffer is. */
class Lent extends Uint8Array<ArrayBuffer> {
  override slice(start?: number, end?: number): Uint8Array<ArrayBuffer> {
    return this.subarray(start, end);
  }
}

/** Values that are not bytes, although some of them read like bytes. */
const lookAlikes = (length: number): readonly unknown[] => [
  undefined,
  null,
  length,
  "1".padStart(length, "0"),
  new Array(length).fill(1),
  new Int8Array(length).fill(1),
  new Uint8ClampedArray(length).fill(1),
  new DataView(new ArrayBuffer(length)),
  { length, 0: 1, [Symbol.toStringTag]: "Uint8Array" },
];

/**
 * An object that answers as bytes do. Nothing keeps it from another answer the next time, so that
 * what was checked would not be what is used.
 */
const imposter = (of: Uint8Array): Uint8Array =>
  new Proxy(of, {
    get(target, name) {
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });

function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return error instanceof CovaultError ? error.code : String(error);
  }
  return "nothing";
}

export function cryptoContract(name: string, crypto: Crypto): void {
  describe(`Ed25519 of ${name}`, () => {
    it.each([
      [
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
      ],
      [
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
      ],
      [
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
      ],
    ])("signs and checks as RFC 8032 7.1 does with the seed %s", (seed, key, message, signature) => {
      const signer = crypto.ed25519Signer(bytes(seed));
      expect(signer.publicKey).toEqual(bytes(key));
      expect(signer.sign(bytes(message))).toEqual(bytes(signature));
      expect(crypto.verifyEd25519(bytes(key), bytes(message), bytes(signature))).toBe(true);
    });

    it.each(signatures())("answers $valid to $name", ({ key, message, signature, valid }) => {
      expect(crypto.verifyEd25519(key, message, signature)).toBe(valid);
      // The second time the key is known.
      expect(crypto.verifyEd25519(key, message, signature)).toBe(valid);
    });

    it.each(keys())("says $valid of a key that is $name, and takes no signature by one that is none", ({ key, valid, forgery }) => {
      expect(crypto.isEd25519Key(key)).toBe(valid);
      expect(crypto.verifyEd25519(key, forgery.message, forgery.signature)).toBe(false);
    });

    it("refuses all 14 encodings of the points of small order", () => {
      expect(smallOrderPoints).toHaveLength(14);
      expect(smallOrderPoints.map((point) => crypto.isEd25519Key(point))).toEqual(new Array(14).fill(false));
    });

    it("keeps its own copy of the seed", () => {
      for (const seed of [fill(32, 7), new Lent(new ArrayBuffer(32)).fill(7)]) {
        const signer = crypto.ed25519Signer(seed);
        const before = signer.sign(fill(3, 1));
        seed.fill(0);
        expect(signer.sign(fill(3, 1))).toEqual(before);
      }
    });

    it("takes nothing but bytes of the right length, and says so without showing them", () => {
      const [key, signature] = [bytes("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"), fill(64, 1)];
      const not = <T>(wrong: unknown): T => wrong as T;
      for (const wrong of [...lookAlikes(32), fill(31, 1), fill(33, 1)]) {
        expect(crypto.isEd25519Key(not(wrong))).toBe(false);
        expect(crypto.verifyEd25519(not(wrong), fill(1, 1), signature)).toBe(false);
        expect(refusal(() => crypto.ed25519Signer(not(wrong)))).toBe("crypto/bad-argument");
      }
      const signer = crypto.ed25519Signer(fill(32, 1));
      for (const wrong of lookAlikes(1)) {
        expect(crypto.verifyEd25519(key, not(wrong), signature)).toBe(false);
        expect(refusal(() => signer.sign(not(wrong)))).toBe("crypto/bad-argument");
      }
      for (const wrong of [...lookAlikes(64), fill(63, 1), fill(65, 1)])
        expect(crypto.verifyEd25519(key, fill(1, 1), not(wrong))).toBe(false);
      const message = fill(1, 1);
      const good = [signer.publicKey, message, signer.sign(message)] as const;
      expect([crypto.isEd25519Key(good[0]), crypto.verifyEd25519(...good)]).toEqual([true, true]);
      expect(crypto.isEd25519Key(imposter(good[0]))).toBe(false);
      for (const at of [0, 1, 2])
        expect(crypto.verifyEd25519(...(good.map((each, k) => (k === at ? imposter(each) : each)) as unknown as typeof good))).toBe(false);
    });
  });

  describe(`X25519 of ${name}`, () => {
    const alice = bytes("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
    const bob = bytes("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");

    it("agrees as RFC 7748 6.1 does", () => {
      const [ofAlice, ofBob] = [crypto.x25519PublicKey(alice), crypto.x25519PublicKey(bob)];
      expect(ofAlice).toEqual(bytes("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"));
      expect(ofBob).toEqual(bytes("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"));
      const shared = bytes("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
      expect(crypto.x25519(alice, ofAlice, ofBob)).toEqual(shared);
      expect(crypto.x25519(bob, ofBob, ofAlice)).toEqual(shared);
    });

    it("has no secret with any point of small order, canonical or not", () => {
      const mine = crypto.x25519PublicKey(alice);
      expect(weakPoints.map((point) => crypto.x25519(alice, mine, point))).toEqual(weakPoints.map(() => undefined));
    });

    it("ignores the top bit of the peer's point (RFC 7748 5)", () => {
      const mine = crypto.x25519PublicKey(alice);
      const topped = crypto.x25519PublicKey(bob);
      topped[31] = (topped[31] as number) | 0x80;
      expect(crypto.x25519(alice, mine, topped)).toEqual(crypto.x25519(alice, mine, crypto.x25519PublicKey(bob)));
    });

    it("gives its own secret or none with another's public key as its own", () => {
      const peer = crypto.x25519PublicKey(fill(32, 9));
      const own = crypto.x25519(alice, crypto.x25519PublicKey(alice), peer);
      expect([undefined, String(own)]).toContain(crypto.x25519(alice, crypto.x25519PublicKey(bob), peer)?.toString());
    });

    it("takes nothing but 32 bytes", () => {
      const mine = crypto.x25519PublicKey(alice);
      for (const wrong of [...lookAlikes(32), fill(31, 1), fill(33, 1)] as Uint8Array[]) {
        expect(refusal(() => crypto.x25519PublicKey(wrong))).toBe("crypto/bad-argument");
        expect(crypto.x25519(wrong, mine, mine)).toBeUndefined();
        expect(crypto.x25519(alice, wrong, mine)).toBeUndefined();
        expect(crypto.x25519(alice, mine, wrong)).toBeUndefined();
      }
      expect(crypto.x25519(imposter(alice), mine, bob)).toBeUndefined();
      expect(crypto.x25519(alice, imposter(mine), bob)).toBeUndefined();
      expect(crypto.x25519(alice, mine, imposter(bob))).toBeUndefined();
    });
  });

  describe(`HKDF and SHA-256 of ${name}`, () => {
    it.each([
      ["A.1", "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9", "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"],
      ["A.3", "", "", "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"],
    ])("gives the first 32 bytes of test case %s of RFC 5869", (_, salt, info, okm) => {
      expect(crypto.hkdfSha256(fill(22, 0x0b), bytes(salt), bytes(info))).toEqual(bytes(okm));
    });

    it("hashes parts as one text", () => {
      const abc = bytes("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
      expect(crypto.sha256(ascii("abc"))).toEqual(abc);
      expect(crypto.sha256(ascii("a"), new Uint8Array(0), ascii("bc"))).toEqual(abc);
      expect(crypto.sha256()).toEqual(bytes("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    });

    it("take nothing but bytes: two texts of one length would have one hash, or each platform another", () => {
      const one = fill(1, 1);
      for (const wrong of lookAlikes(32) as Uint8Array[]) {
        const calls = [
          () => crypto.sha256(wrong),
          () => crypto.sha256(one, wrong),
          () => crypto.hkdfSha256(wrong, one, one),
          () => crypto.hkdfSha256(one, wrong, one),
          () => crypto.hkdfSha256(one, one, wrong),
          () => crypto.concat(one, wrong),
          () => crypto.lengthPrefixed(one, wrong),
        ];
        expect(calls.map(refusal)).toEqual(calls.map(() => "crypto/bad-argument"));
      }
    });
  });

  describe(`ChaCha20-Poly1305 of ${name}`, () => {
    const key = Uint8Array.from({ length: 32 }, (_, at) => 0x80 + at);
    const nonce = bytes("070000004041424344454647");
    const associated = bytes("50515253c0c1c2c3c4c5c6c7");
    const body = ascii(
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
    );
    const sealed = bytes(
      "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36" +
        "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b6116" +
        "1ae10b594f09e26a7e902ecbd0600691",
    );

    it("seals and opens as RFC 8439 2.8.2 does", () => {
      expect(crypto.aeadSeal(key, nonce, associated, body)).toEqual(sealed);
      expect(crypto.aeadOpen(key, nonce, associated, sealed)).toEqual(body);
    });

    it("opens nothing that was altered, cut or extended anywhere, and nothing under another key, nonce or associated data", () => {
      for (let at = 0; at < sealed.length; at++) {
        const altered = sealed.slice();
        altered[at] = (altered[at] as number) ^ 1;
        expect(crypto.aeadOpen(key, nonce, associated, altered)).toBeUndefined();
        expect(crypto.aeadOpen(key, nonce, associated, sealed.subarray(0, at))).toBeUndefined();
      }
      expect(crypto.aeadOpen(key, nonce, associated, Uint8Array.of(...sealed, 0))).toBeUndefined();
      expect(crypto.aeadOpen(fill(32, 1), nonce, associated, sealed)).toBeUndefined();
      expect(crypto.aeadOpen(key, fill(12, 1), associated, sealed)).toBeUndefined();
      expect(crypto.aeadOpen(key, nonce, associated.subarray(1), sealed)).toBeUndefined();
    });

    it("seals an empty body, and takes no key or nonce of another length, and nothing but bytes", () => {
      const empty = new Uint8Array(0);
      expect(crypto.aeadOpen(key, nonce, empty, crypto.aeadSeal(key, nonce, empty, empty))).toEqual(empty);
      for (const wrong of [...lookAlikes(32), fill(31, 1), fill(33, 1)] as Uint8Array[]) {
        expect(refusal(() => crypto.aeadSeal(wrong, nonce, empty, body))).toBe("crypto/bad-argument");
        expect(refusal(() => crypto.aeadOpen(wrong, nonce, empty, sealed))).toBe("crypto/bad-argument");
      }
      for (const wrong of [...lookAlikes(12), fill(8, 1), fill(11, 1), fill(24, 1)] as Uint8Array[]) {
        expect(refusal(() => crypto.aeadSeal(key, wrong, empty, body))).toBe("crypto/bad-argument");
        expect(refusal(() => crypto.aeadOpen(key, wrong, empty, sealed))).toBe("crypto/bad-argument");
      }
      for (const wrong of lookAlikes(32) as Uint8Array[]) {
        expect(refusal(() => crypto.aeadSeal(key, nonce, wrong, body))).toBe("crypto/bad-argument");
        expect(refusal(() => crypto.aeadSeal(key, nonce, empty, wrong))).toBe("crypto/bad-argument");
        expect(refusal(() => crypto.aeadOpen(key, nonce, wrong, sealed))).toBe("crypto/bad-argument");
        expect(crypto.aeadOpen(key, nonce, empty, wrong)).toBeUndefined();
      }
    });
  });

  describe(`bytes of ${name}`, () => {
    it("has the forms of RFC 4648 10, and reads back what it writes", () => {
      const [text, base64, base32] = ["foobar", "Zm9vYmFy", "mzxw6ytboi"];
      expect(crypto.hex(ascii(text))).toBe("666f6f626172");
      expect(crypto.fromHex("666F6f626172")).toEqual(ascii(text));
      expect(crypto.base64(ascii(text))).toBe(base64);
      expect(crypto.fromBase64(base64)).toEqual(ascii(text));
      expect(crypto.base32(ascii(text))).toBe(base32);
      expect([crypto.base64(ascii("f")), crypto.base64(ascii("fo"))]).toEqual(["Zg==", "Zm8="]);
      for (const form of [crypto.hex, crypto.base64, crypto.base32]) expect(form(new Uint8Array(0))).toBe("");
      expect([crypto.fromHex(""), crypto.fromBase64("")]).toEqual([new Uint8Array(0), new Uint8Array(0)]);
    });

    it("shows the part of a larger buffer that it is given, and nothing else of it", () => {
      const part = ascii("xxfoobarxx").subarray(2, 8);
      expect([crypto.hex(part), crypto.base64(part), crypto.base32(part)]).toEqual(["666f6f626172", "Zm9vYmFy", "mzxw6ytboi"]);
    });

    it("writes bytes alone, and reads text alone", () => {
      for (const wrong of lookAlikes(4) as Uint8Array[])
        for (const write of [crypto.hex, crypto.base64]) expect(refusal(() => write(wrong))).toBe("crypto/bad-argument");
      for (const wrong of [undefined, null, 4, ["66"], ascii("66"), Object("66")] as string[])
        for (const read of [crypto.fromHex, crypto.fromBase64]) expect(refusal(() => read(wrong))).toBe("crypto/bad-argument");
    });

    it.each(["6", "6g", "66 ", " 66", "0x66", "6\n6", "66z", "\u0136\u0136", "\uff16\uff16", "é6"])(
      "reads no hexadecimal in %j",
      (text) => {
        expect(refusal(() => crypto.fromHex(text))).toBe("crypto/bad-argument");
      },
    );

    it.each(["Zg", "Zg=", "Zh==", "Zg==\n", " Zg==", "Z g==", "Zm8", "Zm9=", "Zg===", "Zg==Zg==", "_-8=", "Zm9v!", "\u015am9v"])(
      "reads no base64 in %j",
      (text) => {
        expect(refusal(() => crypto.fromBase64(text))).toBe("crypto/bad-argument");
      },
    );

    it("knows bytes by what they are, of any of the given lengths", () => {
      expect(crypto.isBytes(fill(3, 1))).toBe(true);
      expect([crypto.isBytes(fill(3, 1), 2, 3), crypto.isBytes(fill(3, 1), 2)]).toEqual([true, false]);
      expect(lookAlikes(3).map((wrong) => crypto.isBytes(wrong))).toEqual(lookAlikes(3).map(() => false));
    });

    it("joins, compares, and puts each field behind its length", () => {
      expect(crypto.concat(fill(1, 1), fill(0, 0), fill(2, 2))).toEqual(Uint8Array.of(1, 2, 2));
      expect(crypto.lengthPrefixed(fill(1, 1), fill(0, 0))).toEqual(Uint8Array.of(0, 0, 0, 1, 1, 0, 0, 0, 0));
      expect(crypto.lengthPrefixed(fill(2, 1), fill(1, 1))).not.toEqual(crypto.lengthPrefixed(fill(1, 1), fill(2, 1)));
      expect(crypto.lengthPrefixed(fill(70_000, 0)).subarray(0, 4)).toEqual(Uint8Array.of(0, 1, 0x11, 0x70));
      const one = Uint8Array.of(1, 2, 3);
      expect(crypto.same(one, one.slice())).toBe(true);
      for (const other of [fill(3, 1), one.subarray(1), one.subarray(0, 2), Uint8Array.of(...one, 0), fill(0, 0)])
        expect([crypto.same(one, other), crypto.same(other, one)]).toEqual([false, false]);
    });

    it("gives other bytes every time, and more than a platform gives at once", () => {
      expect(crypto.randomBytes(32)).toHaveLength(32);
      expect(crypto.randomBytes(32)).not.toEqual(crypto.randomBytes(32));
      const many = crypto.randomBytes(200_000);
      expect(many).toHaveLength(200_000);
      for (let at = 0; at < many.length; at += 50_000) expect(many.subarray(at, at + 32).some((byte) => byte !== 0)).toBe(true);
    });

    it("gives plain bytes, which are no part of a larger buffer", () => {
      const secret = fill(32, 1);
      const made = [
        crypto.randomBytes(8),
        crypto.fromHex("66"),
        crypto.fromBase64("Zg=="),
        crypto.sha256(secret),
        crypto.hkdfSha256(secret, secret, secret),
        crypto.x25519PublicKey(secret),
        crypto.ed25519Signer(secret).publicKey,
        crypto.ed25519Signer(secret).sign(secret),
        crypto.aeadSeal(secret, fill(12, 1), secret, secret),
      ];
      for (const each of made) {
        expect(Object.getPrototypeOf(each)).toBe(Uint8Array.prototype);
        expect(each.buffer.byteLength).toBe(each.length);
      }
    });
  });
}
