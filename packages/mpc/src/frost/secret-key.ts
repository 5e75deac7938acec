// This file reads a whole secret key as its owner has it, and gives the scalar that is shared of
// it.
import { CovaultError } from "@covault/errors";
import { borrowed, fields, optional } from "../protocol/encoding/inputs.ts";
import { erase } from "../protocol/index.ts";
import { type WholeKey, wholeKey } from "../succession/index.ts";
import { type Scheme, type Suite, suiteOf } from "./suite/index.ts";

export type FrostSecretKey =
  /**
   * The scalar, 32 bytes. Of Ed25519 it is little-endian and taken mod the group order, so the
   * clamped scalar of an expanded key and an exported one both fit. Of BIP-340 it is big-endian,
   * below the group order.
   */
  | { readonly scalar: Uint8Array }
  /**
   * The 32-byte private key of RFC 8032, for Ed25519 only. Its scalar is the clamped first half of
   * its hash.
   */
  | { readonly seed: Uint8Array };

const readSecretKey = fields<{ readonly seed: Uint8Array | undefined; readonly scalar: Uint8Array | undefined }>({
  seed: optional(borrowed()),
  scalar: optional(borrowed()),
});

/** Opens a whole secret key. Throws `mpc/bad-setup`. */
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

/** Gives what an import of this key has as its `publicKey`. Throws `mpc/bad-setup`. */
export function frostPublicKey(scheme: Scheme, key: FrostSecretKey): Uint8Array {
  const { secret, publicKey } = openSecretKey(suiteOf(scheme), key);
  erase(secret);
  return publicKey;
}
