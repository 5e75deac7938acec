// This file has the integers mod L, the order of the prime-order subgroup of edwards25519, as 32
// little-endian bytes, always canonical. Products are reduced byte by byte as in TweetNaCl: no
// BigInt, no branch on a value.
import type { Scalar } from "../group.ts";

const L = Uint8Array.of(
  ...[0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14],
  ...new Array<number>(15).fill(0),
  0x10,
);

const wide = new Float64Array(64);

/** Gives the 64 columns of `wide`, each below 2^24 in size, mod L. */
function reduceWide(): Scalar {
  const x = wide;
  for (let i = 63; i >= 32; i--) {
    let carry = 0;
    const top = x[i]!;
    for (let j = i - 32; j < i - 12; j++) {
      x[j]! += carry - 16 * top * L[j - (i - 32)]!;
      carry = Math.floor((x[j]! + 128) * 2 ** -8);
      x[j]! -= carry * 256;
    }
    x[i - 12]! += carry;
    x[i] = 0;
  }
  let carry = 0;
  const top = Math.floor(x[31]! * 2 ** -4);
  for (let j = 0; j < 32; j++) {
    x[j]! += carry - top * L[j]!;
    carry = Math.floor(x[j]! * 2 ** -8);
    x[j]! -= carry * 256;
  }
  for (let j = 0; j < 32; j++) x[j]! -= carry * L[j]!;
  const out = new Uint8Array(32) as Scalar;
  carry = 0;
  for (let j = 0; j < 32; j++) {
    const value = x[j]! + carry;
    carry = Math.floor(value * 2 ** -8);
    out[j] = value - carry * 256;
  }
  wide.fill(0);
  return out;
}

/** Gives the scalar if it is 32 bytes and below L. */
export function fromBytes(bytes: Uint8Array): Scalar | undefined {
  if (bytes.length !== 32) return undefined;
  let borrow = 0;
  for (let i = 0; i < 32; i++) borrow = ((bytes[i]! - L[i]! - borrow) >> 8) & 1;
  return borrow === 1 ? (new Uint8Array(bytes) as Scalar) : undefined;
}

/** Gives 64 uniform little-endian bytes mod L. */
export function fromWide(bytes: Uint8Array): Scalar {
  wide.set(bytes);
  return reduceWide();
}

/** Gives a public number, already below L, as a scalar. */
export function fromPublic(n: bigint): Scalar {
  const out = new Uint8Array(32) as Scalar;
  for (let i = 0, rest = n; rest > 0n; i += 4, rest >>= 32n) {
    const word = Number(rest & 0xffffffffn);
    out[i] = word;
    out[i + 1] = word >>> 8;
    out[i + 2] = word >>> 16;
    out[i + 3] = word >>> 24;
  }
  return out;
}

export function add(a: Scalar, b: Scalar): Scalar {
  const sum = new Uint8Array(32) as Scalar;
  let carry = 0;
  for (let i = 0; i < 32; i++) {
    carry += a[i]! + b[i]!;
    sum[i] = carry;
    carry >>= 8;
  }
  return subtractOrder(sum);
}

export function neg(a: Scalar): Scalar {
  const difference = new Uint8Array(32) as Scalar;
  let borrow = 0;
  for (let i = 0; i < 32; i++) {
    borrow += L[i]! - a[i]!;
    difference[i] = borrow;
    borrow >>= 8;
  }
  return subtractOrder(difference);
}

/** Replaces a by a - L, in place, if a is not below L. a is below 2 L. */
function subtractOrder(a: Scalar): Scalar {
  let borrow = 0;
  for (let i = 0; i < 32; i++) borrow = (borrow + a[i]! - L[i]!) >> 8;
  // `borrow` is -1 if a is below L, else 0.
  const keep = ~borrow & 255;
  borrow = 0;
  for (let i = 0; i < 32; i++) {
    borrow += a[i]! - (L[i]! & keep);
    a[i] = borrow;
    borrow >>= 8;
  }
  return a;
}

export function mul(a: Scalar, b: Scalar): Scalar {
  for (let i = 0; i < 32; i++) {
    const ai = a[i]!;
    for (let j = 0; j < 32; j++) wide[i + j]! += ai * b[j]!;
  }
  return reduceWide();
}
