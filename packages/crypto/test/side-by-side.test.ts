// Both implementations give the same answers for the same arguments, whatever they are.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as noble from "../src/noble/index.ts";
import * as node from "../src/node/index.ts";
import type { Crypto } from "./contract.ts";
import { keys, signatures } from "./hostile.ts";

// Each has all that the other has.
const both: readonly [typeof node, typeof noble] = [noble, node];

const any = (maxLength: number) => fc.uint8Array({ maxLength });
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const bytes12 = fc.uint8Array({ minLength: 12, maxLength: 12 });

/** What each of them gives or throws. */
function answers(ask: (crypto: Crypto) => unknown): readonly [unknown, unknown] {
  const [one, other] = both.map((crypto) => {
    try {
      return ask(crypto);
    } catch (error) {
      return `${(error as { code?: unknown }).code}: ${(error as Error).message}`;
    }
  });
  return [one, other];
}
function agree<Given extends unknown[]>(
  arbitraries: { [K in keyof Given]: fc.Arbitrary<Given[K]> },
  ask: (crypto: Crypto, ...given: Given) => unknown,
  numRuns = 50,
): void {
  fc.assert(
    fc.property(...(arbitraries as [fc.Arbitrary<unknown>]), (...given) => {
      const [one, other] = answers((crypto) => ask(crypto, ...(given as unknown as Given)));
      expect(one).toEqual(other);
    }),
    { numRuns },
  );
}

describe("node:crypto and noble", () => {
  it("sign alike", () => {
    agree([bytes32, any(200)], ({ ed25519Signer }, seed: Uint8Array, message: Uint8Array) => {
      const { publicKey, sign } = ed25519Signer(seed);
      return [publicKey, sign(message)];
    });
  });
  it("read the bytes of a key, and not what its iterator says they are", () => {
    const [signer, other] = [node.ed25519Signer(new Uint8Array(32).fill(1)), node.ed25519Signer(new Uint8Array(32).fill(2))];
    const [message, signature] = [Uint8Array.of(1), signer.sign(Uint8Array.of(1))];
    class Lying extends Uint8Array {
      override [Symbol.iterator]() {
        return signer.publicKey[Symbol.iterator]();
      }
    }
    for (const { verifyEd25519 } of both) {
      expect(verifyEd25519(signer.publicKey, message, signature)).toBe(true);
      expect(verifyEd25519(new Lying(other.publicKey), message, signature)).toBe(false);
    }
  });
  it("check alike, whatever key and signature come", () => {
    const good = signatures();
    const changed = fc.tuple(fc.constantFrom(...good), fc.nat(127), fc.nat(255)).map(([{ key, message, signature }, at, to]) => {
      const sent = Uint8Array.of(...key, ...signature);
      sent[at % 96] = to;
      return { key: sent.subarray(0, 32), message, signature: sent.subarray(32) };
    });
    agree(
      [changed],
      ({ verifyEd25519, isEd25519Key }, { key, message, signature }) => [isEd25519Key(key), verifyEd25519(key, message, signature)],
      200,
    );
    const [hostile, random] = [fc.constantFrom(...keys().map(({ key }) => key)), fc.uint8Array({ minLength: 64, maxLength: 64 })];
    agree(
      [hostile, random, any(9)],
      ({ verifyEd25519 }, key: Uint8Array, signature: Uint8Array, message: Uint8Array) => verifyEd25519(key, message, signature),
      100,
    );
  });
  it("agree on a secret alike, whatever point comes", () => {
    agree(
      [bytes32, bytes32],
      ({ x25519, x25519PublicKey }, secret: Uint8Array, peer: Uint8Array) => {
        const mine = x25519PublicKey(secret);
        return [mine, x25519(secret, mine, peer)];
      },
      30,
    );
  });
  it("derive, hash and seal alike", () => {
    agree([any(200), any(200), any(200)], ({ hkdfSha256, sha256 }, a: Uint8Array, b: Uint8Array, c: Uint8Array) => [
      hkdfSha256(a, b, c),
      sha256(a, b, c),
    ]);
    agree(
      [bytes32, bytes12, any(100), any(300)],
      ({ aeadSeal, aeadOpen }, key: Uint8Array, nonce: Uint8Array, associated: Uint8Array, body: Uint8Array) => {
        const sealed = aeadSeal(key, nonce, associated, body);
        return [sealed, aeadOpen(key, nonce, associated, sealed), aeadOpen(key, nonce, associated, body)];
      },
    );
  });
  it("write and read text alike, and refuse it in the same words", () => {
    agree([any(100)], ({ hex, base64, base32, fromHex, fromBase64 }, bytes: Uint8Array) => {
      const [inHex, inBase64] = [hex(bytes), base64(bytes)];
      return [inHex, inBase64, base32(bytes), fromHex(inHex), fromBase64(inBase64)];
    });
    const nearly = fc.oneof(
      fc.string({ unit: "binary", maxLength: 12 }),
      fc.base64String({ maxLength: 12 }),
      fc.string({ unit: fc.constantFrom(..."0123456789abcdefABCDEFgz =\n"), maxLength: 9 }),
    );
    agree([nearly], ({ fromHex }, text: string) => fromHex(text), 300);
    agree([nearly], ({ fromBase64 }, text: string) => fromBase64(text), 300);
  });
});
