// Additive children of an Ed25519 key. There is no standard for them; the scheme here is BIP-32's formula carried over.
import { CovaultError } from "@covault/errors";
import { hmac } from "@noble/hashes/hmac.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { edwards25519 as group } from "../group/edwards25519/group.ts";
import { ascii, concat, u32 } from "../kernel/bytes.ts";
import { bytes } from "../protocol/encoding/inputs.ts";
import { parsePath } from "./path.ts";

export interface DerivedEd25519 {
  /** tau: the child's secret scalar is the parent's plus tau mod L. 32 bytes, little-endian. */
  readonly tweak: Uint8Array;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** 32 bytes. */
  readonly chain: Uint8Array;
}

/**
 * I = HMAC-SHA512(chain, "covault/ed25519/v1" || key || u32 index), J the same with "/chain"; the step is I mod L, the child's chain code the
 * first half of J.
 *
 * Limits. It is no SLIP-10 (hardened only) and no BIP32-Ed25519: no wallet derives these addresses from a seed. A child has no 32-byte
 * seed, so it cannot be exported as an ordinary Ed25519 private key. Whoever knows a child's secret scalar, the parent's public key and
 * the chain code knows the parent's: never export a child. Hardened steps do not exist. Throws `mpc/bad-setup`, `mpc/degenerate`.
 */
export function derivePathEd25519(publicKey: Uint8Array, chain: Uint8Array, path: string | readonly number[]): DerivedEd25519 {
  const key = bytes(32)(publicKey, "publicKey");
  let parent = group.decode(key);
  if (parent === undefined) throw new CovaultError("mpc/bad-setup", "publicKey: expected a point of prime order on edwards25519");
  let tau = group.public(0n);
  let at: DerivedEd25519 = { tweak: tau, publicKey: key, chain: bytes(32)(chain, "chain") };
  for (const index of parsePath(path)) {
    const step = group.reduce(hmac(sha512, at.chain, concat(ascii("covault/ed25519/v1"), at.publicKey, u32(index))));
    const next = hmac(sha512, at.chain, concat(ascii("covault/ed25519/v1/chain"), at.publicKey, u32(index))).slice(0, 32);
    parent = group.plus(parent, group.mulBase(step));
    tau = group.add(tau, step);
    if (group.isIdentity(parent)) throw new CovaultError("mpc/degenerate", `Index ${index} has no key at this depth: use the next one.`);
    at = { tweak: tau, publicKey: group.encode([parent])[0] as Uint8Array, chain: next };
  }
  return at;
}
