// This file has q, the order of secp256k1, and the one conditional subtraction.
import { borrowOf } from "./carry.ts";

/** The words of q, little-endian. */
export const order: Uint32Array = Uint32Array.of(
  0xd0364141,
  0xbfd25e8c,
  0xaf48a03b,
  0xbaaedce6,
  0xfffffffe,
  0xffffffff,
  0xffffffff,
  0xffffffff,
);

const difference = new Uint32Array(8);

/** Tells whether the 8 words are below q, in constant time. */
export function belowOrder(x: Uint32Array, at = 0): boolean {
  let borrow = 0;
  for (let i = 0; i < 8; i++) borrow = borrowOf(x[at + i]! - order[i]! - borrow);
  return borrow === 1;
}

/** Does x -= q iff x >= q, where x is 8 words with the bit 2^256 in `carry`, in constant time. */
export function subtractOrder(x: Uint32Array, carry: number): void {
  let borrow = 0;
  for (let i = 0; i < 8; i++) {
    const d = x[i]! - order[i]! - borrow;
    difference[i] = d;
    borrow = borrowOf(d);
  }
  const mask = (borrow & (1 - carry)) - 1;
  for (let i = 0; i < 8; i++) x[i] = (difference[i]! & mask) | (x[i]! & ~mask);
}
