// This file has the integers mod q, the order of secp256k1, as 8 little-endian words, always
// canonical. There is no BigInt, and no secret-dependent branch.
import { borrowOf, carryOf } from "./carry.ts";
import { invertWords, modulusOf } from "./invert.ts";
import { limbsFromWords } from "./limbs.ts";
import { belowOrder, order, subtractOrder } from "./order.ts";
import { addProduct, columnsNew, reduceColumns } from "./scalar-columns.ts";
import { intLimbsFromWords } from "./scalar-limbs.ts";

declare const brand: unique symbol;

/** An integer mod q: 8 little-endian u32 words, < q. It is never written after it was made. */
export type Scalar = Uint32Array & { readonly [brand]: "Scalar" };

function blank(): Scalar {
  return new Uint32Array(8) as Scalar;
}

function load(bytes: Uint8Array): Uint32Array {
  const x = new Uint32Array(8);
  for (let i = 0; i < 8; i++) {
    const j = 28 - 4 * i;
    x[i] = (bytes[j]! << 24) | (bytes[j + 1]! << 16) | (bytes[j + 2]! << 8) | bytes[j + 3]!;
  }
  return x;
}

/** Decodes be32. Gives undefined if it is not 32 bytes or >= q. */
export function fromBytes(bytes: Uint8Array): Scalar | undefined {
  if (bytes.length !== 32) return undefined;
  const x = load(bytes);
  return belowOrder(x) ? (x as Scalar) : undefined;
}

/** Gives int(32 bytes) mod q. */
export function fromBytesMod(bytes: Uint8Array): Scalar {
  const x = load(bytes);
  subtractOrder(x, 0);
  return x as Scalar;
}

/** Gives a small public number, 0 <= n < 2^32, as a scalar. */
export function fromInt(n: number): Scalar {
  const x = blank();
  x[0] = n;
  return x;
}

/** Gives be32. */
export function toBytes(a: Scalar): Uint8Array {
  const out = new Uint8Array(32);
  for (let i = 0; i < 8; i++) {
    const word = a[i]!;
    const j = 28 - 4 * i;
    out[j] = word >>> 24;
    out[j + 1] = word >>> 16;
    out[j + 2] = word >>> 8;
    out[j + 3] = word;
  }
  return out;
}

export function add(a: Scalar, b: Scalar): Scalar {
  const x = blank();
  let carry = 0;
  for (let i = 0; i < 8; i++) {
    const s = a[i]! + b[i]! + carry;
    x[i] = s;
    carry = carryOf(s);
  }
  subtractOrder(x, carry);
  return x;
}

/** Gives Σ of secret terms, and overwrites the partial sums. */
export function sum(terms: readonly Scalar[]): Scalar {
  return terms.reduce((total, term) => {
    const next = add(total, term);
    total.fill(0);
    return next;
  }, blank());
}

export function sub(a: Scalar, b: Scalar): Scalar {
  const x = blank();
  let borrow = 0;
  for (let i = 0; i < 8; i++) {
    const d = a[i]! - b[i]! - borrow;
    x[i] = d;
    borrow = borrowOf(d);
  }
  const mask = -borrow;
  let carry = 0;
  for (let i = 0; i < 8; i++) {
    const s = x[i]! + ((order[i]! & mask) >>> 0) + carry;
    x[i] = s;
    carry = carryOf(s);
  }
  return x;
}

export function neg(a: Scalar): Scalar {
  return sub(blank(), a);
}

const left = new Float64Array(11);
const right = new Int32Array(11);
const product = columnsNew();

export function mul(a: Scalar, b: Scalar): Scalar {
  limbsFromWords(left, 0, a, 0);
  intLimbsFromWords(right, 0, b, 0);
  addProduct(product, left, 0, right, 0);
  const x = blank();
  reduceColumns(x, 0, product);
  left.fill(0);
  right.fill(0);
  product.fill(0);
  return x;
}

const modulus = modulusOf(order);

/** Gives a^-1, and 0 for 0. */
export function invert(a: Scalar): Scalar {
  const x = blank();
  invertWords(x, 0, a, modulus);
  return x;
}

export function isZero(a: Scalar): boolean {
  let bits = 0;
  for (let i = 0; i < 8; i++) bits |= a[i]!;
  return bits === 0;
}

export function equal(a: Scalar, b: Scalar): boolean {
  let bits = 0;
  for (let i = 0; i < 8; i++) bits |= a[i]! ^ b[i]!;
  return bits === 0;
}

/** Tells whether a > q/2. The s of an ECDSA signature must then be negated. */
export function isHigh(a: Scalar): boolean {
  const other = neg(a);
  let borrow = 0;
  for (let i = 0; i < 8; i++) borrow = borrowOf(other[i]! - a[i]! - borrow);
  return borrow === 1 && !isZero(a);
}
