// Which 32 bytes are a public key of Ed25519. This is one half of the rule that signatures are
// checked by. The other half stands in the two files ed25519.ts: RFC 8032 5.1.7 without the
// cofactor, s below the order, R not of small order, and R compared as bytes.
import { ed25519 } from "@noble/curves/ed25519.js";
import { isBytes } from "./is-bytes.ts";
import { knownKeys } from "./known-keys.ts";

type Point = ReturnType<typeof ed25519.Point.fromBytes>;

/**
 * Says whether the bytes are the canonical encoding of a point of the curve that is not of small
 * order. An identity key has to be one.
 */
export const isEd25519Key = (key: Uint8Array): boolean => ed25519Point(key) !== undefined;

/** Gives the point of a key, or undefined when it is no key. */
export const ed25519Point = (key: Uint8Array): Point | undefined => (isBytes(key, 32) ? pointOf(key) : undefined);

// Every statement that names its members is checked for their keys, so the same few are read again
// and again.
const pointOf = knownKeys((key): Point | undefined => {
  try {
    // Strict: y is below the prime, and x = 0 has no sign (RFC 8032 5.1.3).
    const point = ed25519.Point.fromBytes(key, false);
    return point.isSmallOrder() ? undefined : point;
  } catch {
    return undefined;
  }
});
