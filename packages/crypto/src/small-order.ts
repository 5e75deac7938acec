// The points of edwards25519 whose order divides 8. No honest signature has one of them as R.
// OpenSSL refuses such an R from 3.5 on and took it before, so the rule is ours and is asked first.
import { hexToBytes } from "@noble/hashes/utils.js";

/** Their y, little-endian: of order 1, 2 and 4, and the two of order 8. The sign of x is apart. */
const ys: readonly Uint8Array[] = [
  "0100000000000000000000000000000000000000000000000000000000000000",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "0000000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
].map((y) => hexToBytes(y));

/**
 * Says whether the first 32 bytes, R of a signature, are a point of small order. An encoding that
 * is not canonical needs no answer here: R is compared as bytes, and no computed R is one.
 */
export function isSmallOrder(signature: Uint8Array): boolean {
  const top = (signature[31] as number) & 0x7f;
  return ys.some((y) => y[31] === top && y.every((byte, at) => at === 31 || signature[at] === byte));
}
