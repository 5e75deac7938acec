// These tests hold the children of an Ed25519 key to a second implementation. It is written from
// docs/protocols/derivation.md alone, over another HMAC, other integers and an affine curve of its
// own.
import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { refusal } from "../../test/refused.ts";
import { bytesOf } from "../../test/statements.ts";
import { ed25519Child } from "../index.ts";

/**
 * The prime p of the twisted Edwards curve -x² + y² = 1 + d x² y², whose formulas are those of RFC
 * 8032 5.1.
 */
const p = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const mod = (value: bigint, by = p): bigint => ((value % by) + by) % by;
const power = (base: bigint, exponent: bigint): bigint => {
  let result = 1n;
  for (let [b, e] = [mod(base), exponent]; e > 0n; b = mod(b * b), e >>= 1n) if (e & 1n) result = mod(result * b);
  return result;
};
/** Inverts by Euclid's algorithm. A power would do the same and take seconds. */
const inverse = (value: bigint): bigint => {
  let [a, b, x, y] = [mod(value), p, 1n, 0n];
  while (a > 1n) [a, b, x, y] = [b % a, a, y - (b / a) * x, x];
  return mod(x);
};
const d = mod(-121665n * inverse(121666n));
type Affine = readonly [bigint, bigint];
const sum = ([x1, y1]: Affine, [x2, y2]: Affine): Affine => {
  const t = mod(d * x1 * x2 * y1 * y2);
  return [mod((x1 * y2 + y1 * x2) * inverse(1n + t)), mod((y1 * y2 + x1 * x2) * inverse(1n - t))];
};
const times = (k: bigint, P: Affine): Affine => {
  let result: Affine = [0n, 1n];
  for (let [Q, e] = [P, k]; e > 0n; Q = sum(Q, Q), e >>= 1n) if (e & 1n) result = sum(result, Q);
  return result;
};
const le = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`);
const bytesOfLe = (value: bigint): Uint8Array => new Uint8Array(Buffer.from(value.toString(16).padStart(64, "0"), "hex").reverse());
const encode = ([x, y]: Affine): Uint8Array => bytesOfLe(y | ((x & 1n) << 255n));
const decode = (bytes: Uint8Array): Affine => {
  const value = le(bytes);
  const y = value & (2n ** 255n - 1n);
  const square = mod((y * y - 1n) * inverse(d * y * y + 1n));
  let x = power(square, (p + 3n) / 8n);
  if (mod(x * x) !== square) x = mod(x * power(2n, (p - 1n) / 4n));
  return [(x & 1n) === value >> 255n ? x : mod(-x), y];
};
const B = decode(bytesOfLe(mod(4n * inverse(5n))));

/**
 * Derives by "I = HMAC-SHA512(chain, "covault/ed25519/v1" || key || u32 index), step = I mod L",
 * and J with "/chain".
 */
function second(key: Uint8Array, chain: Uint8Array, path: readonly number[]) {
  let [at, code, tau] = [key, chain, 0n];
  for (const index of path) {
    const number = Buffer.alloc(4);
    number.writeUInt32BE(index);
    const hmac = (tag: string): Uint8Array => createHmac("sha512", code).update(tag).update(at).update(number).digest();
    const step = le(hmac("covault/ed25519/v1")) % L;
    const next = hmac("covault/ed25519/v1/chain").subarray(0, 32);
    tau = (tau + step) % L;
    at = encode(sum(decode(at), times(step, B)));
    code = new Uint8Array(next);
  }
  return { publicKey: at, chain: code, tweak: bytesOfLe(tau) };
}

describe("additive children of an Ed25519 key", () => {
  it("are those of a second implementation, for any key and path, and the tweak leads to them", () => {
    const steps = fc.array(fc.integer({ min: 0, max: 2 ** 31 - 1 }), { maxLength: 4 });
    const secrets = fc.bigInt({ min: 1n, max: L - 1n });
    fc.assert(
      fc.property(secrets, fc.uint8Array({ minLength: 32, maxLength: 32 }), steps, (secret, chain, path) => {
        const publicKey = encode(times(secret, B));
        const child = ed25519Child(publicKey, chain, path);
        expect(child).toEqual(second(publicKey, chain, path));
        expect(encode(times((secret + le(child.tweak)) % L, B))).toEqual(child.publicKey);
      }),
      { numRuns: 8 },
    );
  });

  it("are of their parents' tree: two paths in a row are the path of both", () => {
    const publicKey = encode(times(7n, B));
    const whole = ed25519Child(publicKey, bytesOf(32, 5), "m/7/2147483647");
    const first = ed25519Child(publicKey, bytesOf(32, 5), "m/7");
    const last = ed25519Child(first.publicKey, first.chain, "m/2147483647");
    expect([last.publicKey, last.chain]).toEqual([whole.publicKey, whole.chain]);
    expect((le(first.tweak) + le(last.tweak)) % L).toBe(le(whole.tweak));
  });

  it("have frozen addresses: a release that moved them would lose what was paid there", () => {
    const publicKey = encode(times(7n, B));
    const child = ed25519Child(publicKey, bytesOf(32, 5), "m/0/7");
    expect(Buffer.from(child.publicKey).toString("hex")).toBe("42c46b122bd62dd84cde4cd2af183161e8d3b7bd6e692e5b44f72303bec4215b");
  });

  it("refuses hardened steps, and keys outside the prime-order subgroup", () => {
    const publicKey = encode(times(7n, B));
    const chain = bytesOf(32, 5);
    expect(refusal(() => ed25519Child(publicKey, chain, "m/0'"))).toContain("hardened");
    const torsion: Affine = [0n, p - 1n];
    for (const wrong of [encode(sum(decode(publicKey), torsion)), encode(torsion), new Uint8Array(32), bytesOf(32, 2)])
      expect(refusal(() => ed25519Child(wrong, chain, "m"))).toBe(
        "trust/bad-argument: publicKey: expected a point of prime order on edwards25519, got none.",
      );
    expect(refusal(() => ed25519Child(publicKey.subarray(1), chain, "m"))).toBe(
      "trust/bad-argument: publicKey: expected 32 bytes, got 31 bytes.",
    );
    for (const wrong of [chain.subarray(1), Uint8Array.of(...chain, 0)])
      expect(refusal(() => ed25519Child(publicKey, wrong, "m"))).toContain("trust/bad-argument: chain");
  });
});
