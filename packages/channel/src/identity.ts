// The identity of a party, an initiator or a root. It is an Ed25519 key that signs under a tag.
// There is one tag per purpose, so that a signature made for one purpose is worthless for another.
// The signed bytes are: u8 length of tag || tag || body.

import { create } from "@bufbuild/protobuf";
import { ed25519Signer, hkdfSha256, isBytes, utf8 } from "@covault/crypto";
import { CovaultError } from "@covault/errors";
import { type SignatureTag, type Signed, SignedSchema, signedBytes } from "@covault/wire";

export interface IdentityKey {
  /** The Ed25519 public key, 32 bytes. It is the `idpk` of a party. */
  readonly publicKey: Uint8Array;
  /** Signs tag and body, 64 bytes. The private key never leaves the object. */
  readonly sign: (tag: SignatureTag, body: Uint8Array) => Uint8Array;
  /**
   * Gives 32 bytes that only the holder of this key has, always the same ones. What a party draws
   * when it makes a key is bound to them. They are secret, and the caller erases its copy.
   */
  readonly ownSecret: () => Uint8Array;
}

const ownLabel = utf8("covault/own-secret/v1");

/** `seed` is 32 secret bytes. */
export function identityKeyFromSeed(seed: Uint8Array): IdentityKey {
  checkSeed(seed);
  const signer = ed25519Signer(seed);
  const own = hkdfSha256(seed, ownLabel, new Uint8Array(0));
  return Object.freeze({
    publicKey: signer.publicKey,
    sign: (tag: SignatureTag, body: Uint8Array) => signer.sign(signedBytes(tag, body)),
    ownSecret: () => own.slice(),
  });
}

function checkSeed(seed: unknown): void {
  if (isBytes(seed, 32)) return;
  const got = isBytes(seed) ? `this one ${seed.length}` : "and this is none";
  throw new CovaultError("channel/bad-key", `An identity seed has 32 bytes, ${got}.`);
}

/**
 * Signs a statement. `signer` is "root", an initiator id or a party id. `body` is the exact bytes
 * that receivers verify before they parse.
 */
export function signStatement(key: IdentityKey, tag: SignatureTag, signer: string, body: Uint8Array): Signed {
  return create(SignedSchema, { body, signature: key.sign(tag, body), signer });
}
