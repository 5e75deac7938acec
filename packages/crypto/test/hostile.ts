// What a liar sends to a verifier of Ed25519 and X25519: the points of small order in all their
// encodings, keys with a part of small order, and signatures that are valid by some rules and not
// by others ("Taming the many EdDSAs", https://eprint.iacr.org/2020/1244).
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";

const { Point } = ed25519;
const { Fn } = Point;
const order = Fn.ORDER;
const prime = 2n ** 255n - 19n;

const bytes = (text: string): Uint8Array => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const number = (le: Uint8Array): bigint => le.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
function le32(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, at) => Number((value >> BigInt(8 * at)) & 255n));
}
const join = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));
function withTopBit(point: Uint8Array): Uint8Array {
  const out = point.slice();
  out[31] = (out[31] as number) | 0x80;
  return out;
}

const eighths = [
  bytes("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
  bytes("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
];
/**
 * The y of order 1, 2 and 4, then those that are y = 0 and y = 1 written above the prime, then
 * order 8.
 */
const ys = [le32(1n), le32(prime - 1n), le32(0n), le32(prime), le32(prime + 1n), ...eighths];
export const smallOrderPoints: readonly Uint8Array[] = ys.flatMap((y) => [y, withTopBit(y)]);

/** The u of every point of small order of curve 25519, below the prime and above it. */
export const weakPoints: readonly Uint8Array[] = [
  le32(0n),
  le32(1n),
  bytes("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
  bytes("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
  le32(prime - 1n),
  le32(prime),
  le32(prime + 1n),
].flatMap((u) => [u, withTopBit(u)]);

/** A key of ours, whose secret scalar the test knows. */
const secret = 0x1234567890abcdefn;
const A = Point.BASE.multiply(secret);
const torsion = Point.fromBytes(eighths[0] as Uint8Array, true);
/**
 * A point of the curve, in its own encoding, that has a part of small order. It is a key by the
 * rule, since it is not of small order itself.
 */
const mixed = A.add(torsion);
const nonce = 0xfedcba987654321n;
const R = Point.BASE.multiply(nonce);

const challenge = (r: Uint8Array, key: Uint8Array, message: Uint8Array): bigint => number(sha512(join(r, key, message))) % order;
/** Gives r || s with s = nonce + k secret, over the bytes as they are sent. */
function signed(r: Uint8Array, key: Uint8Array, message: Uint8Array, ofNonce = nonce): Uint8Array {
  return join(r, le32(Fn.create(ofNonce + challenge(r, key, message) * secret)));
}
/**
 * The first message of one byte or two for which the challenge is a multiple of 8 or, if asked, is
 * not.
 */
function messageWith(r: Uint8Array, key: Uint8Array, isMultiple: boolean): Uint8Array {
  for (let at = 0; ; at++) {
    const message = Uint8Array.of(at & 255, at >> 8);
    if ((challenge(r, key, message) % 8n === 0n) === isMultiple) return message;
  }
}

/**
 * For every point of small order, signatures that have it as R and fulfil the equation without the
 * cofactor. OpenSSL took them before 3.5.
 */
function smallOrderSignatures(): readonly HostileSignature[] {
  const parts = Array.from({ length: 8 }, (_, times) => (times === 0 ? Point.ZERO : torsion.multiplyUnsafe(BigInt(times))));
  return parts.map((point) => {
    const r = point.toBytes();
    // The key's part of small order times the challenge has to be the opposite of R.
    for (let at = 0; ; at++) {
      const message = Uint8Array.of(at & 255, at >> 8);
      for (const part of parts) {
        const key = A.add(part).toBytes();
        const k = challenge(r, key, message);
        if (
          !part
            .multiplyUnsafe(k % 8n)
            .negate()
            .equals(point)
        )
          continue;
        return {
          name: `R of small order, ${Array.from(r.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0")).join("")}`,
          key,
          message,
          signature: signed(r, key, message, 0n),
          valid: false,
        };
      }
    }
  });
}

export interface HostileSignature {
  readonly name: string;
  readonly key: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
  readonly valid: boolean;
}

export function signatures(): readonly HostileSignature[] {
  const message = new TextEncoder().encode("a payment");
  const key = A.toBytes();
  const good = signed(R.toBytes(), key, message);
  const s = number(good.subarray(32));
  const withS = (value: bigint): Uint8Array => join(good.subarray(0, 32), le32(value));
  const flip = (at: number): Uint8Array => good.map((byte, k) => (k === at ? byte ^ 1 : byte));
  const of = (name: string, signature: Uint8Array, valid = false): HostileSignature => ({ name, key, message, signature, valid });

  const mixedKey = mixed.toBytes();
  const [lucky, unlucky] = [messageWith(R.toBytes(), mixedKey, true), messageWith(R.toBytes(), mixedKey, false)];
  const mixedR = R.add(torsion).toBytes();
  const identity = Point.ZERO.toBytes();
  const [identityAbove, identitySigned] = [le32(prime + 1n), withTopBit(identity)];
  const other = message.map((byte, at) => (at === 0 ? byte ^ 1 : byte));
  return [
    of("a good signature", good, true),
    { ...of("a good signature of another message", good), message: other },
    { ...of("a good signature by another key", good), key: Point.BASE.multiply(secret + 1n).toBytes() },
    of("s one order higher", withS(s + order)),
    of("s with its top bit set", withS(s | (1n << 255n))),
    of("s that is the order", withS(order)),
    of("s all ones", withS(2n ** 256n - 1n)),
    of("zeros", new Uint8Array(64)),
    ...[0, 31, 32, 63].map((at) => of(`byte ${at} altered`, flip(at))),
    of("R and s swapped", join(good.subarray(32), good.subarray(0, 32))),
    of("R that is no point", signed(le32(2n), key, message)),
    of("R the identity, which is of small order but canonical", signed(identity, key, message, 0n)),
    ...smallOrderSignatures(),
    of("R the identity, written above the prime", signed(identityAbove, key, message, 0n)),
    of("R the identity, written with the sign of x", signed(identitySigned, key, message, 0n)),
    of("R with a part of small order, which checks with a cofactor take", signed(mixedR, key, message)),
    {
      ...of("a key with a part of small order where the challenge hides it", signed(R.toBytes(), mixedKey, lucky), true),
      key: mixedKey,
      message: lucky,
    },
    {
      ...of("a key with a part of small order, which checks with a cofactor take", signed(R.toBytes(), mixedKey, unlucky)),
      key: mixedKey,
      message: unlucky,
    },
  ];
}

export interface HostileKey {
  readonly name: string;
  readonly key: Uint8Array;
  readonly valid: boolean;
  /**
   * A signature that needs no secret: R = rB and s = r, for a message whose challenge is a multiple
   * of 8. Checks that let a key of small order in find it valid.
   */
  readonly forgery: { readonly message: Uint8Array; readonly signature: Uint8Array };
}

export function keys(): readonly HostileKey[] {
  const signature = join(R.toBytes(), le32(nonce));
  const row = (name: string, key: Uint8Array, valid: boolean): HostileKey => ({
    name,
    key,
    valid,
    forgery: { message: messageWith(R.toBytes(), key, true), signature },
  });
  // The y next above the prime whose point is not of small order.
  let above = 3n;
  while (!isOnCurve(le32(above))) above++;
  return [
    row("an own key", A.toBytes(), true),
    row("a point with a part of small order", mixed.toBytes(), true),
    row("the point of y = 3 or more, as it is", le32(above), true),
    row("the same point written above the prime", le32(prime + above), false),
    row("the same point, negative, written above the prime", withTopBit(le32(prime + above)), false),
    row("all ones", new Uint8Array(32).fill(0xff), false),
    row("y that is on no point", le32(2n), false),
    ...smallOrderPoints.map((point, at) => row(`of small order, encoding ${at}`, point, false)),
  ];
}

function isOnCurve(key: Uint8Array): boolean {
  try {
    Point.fromBytes(key, false);
    return true;
  } catch {
    return false;
  }
}
