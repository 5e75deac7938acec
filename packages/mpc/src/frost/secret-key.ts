// A whole secret key as its owner has it, and the scalar that is shared of it.
import { CovaultError } from "@covault/errors";
import { borrowed, fields, optional } from "../protocol/encoding/inputs.ts";
import { erase } from "../protocol/index.ts";
import { type WholeKey, wholeKey } from "../succession/index.ts";
import { type Scheme, type Suite, suiteOf } from "./suite/index.ts";

export type FrostSecretKey =
  /**
   * 32 bytes. Ed25519: little-endian, taken mod the group order, so the clamped scalar of an expanded key and an exported one both fit. BIP-340:
   * big-endian, below the group order.
   */
  | { readonly scalar: Uint8Array }
  /** Ed25519 only: the 32-byte private key of RFC 8032, whose scalar is the clamped first half of its hash. */
  | { readonly seed: Uint8Array };

const readSecretKey = fields<{ readonly seed: Uint8Array | undefined; readonly scalar: Uint8Array | undefined }>({
  seed: optional(borrowed()),
  scalar: optional(borrowed()),
});

/** Throws `mpc/bad-setup`. */
export function openSecretKey(suite: Suite, key: FrostSecretKey): WholeKey {
  const { seed, scalar } = readSecretKey(key, "secretKey");
  if (seed !== undefined && scalar !== undefined)
    throw new CovaultError("mpc/bad-setup", "secretKey: expected a seed or a scalar, got both");
  const secret = seed !== undefined ? suite.fromSeed(seed) : scalar && suite.fromSecret(scalar);
  if (secret === undefined) {
    const expected = seed !== undefined ? "a seed, 32 bytes, of Ed25519" : "a scalar of this scheme, 32 bytes";
    throw new CovaultError("mpc/bad-setup", `secretKey: expected ${expected}`);
  }
  return wholeKey(suite, secret);
}

/** What an import of this key says as `publicKey`. Throws `mpc/bad-setup`. */
export function frostPublicKey(scheme: Scheme, key: FrostSecretKey): Uint8Array {
  const { secret, publicKey } = openSecretKey(suiteOf(scheme), key);
  erase(secret);
  return publicKey;
}
