// A FROST ciphersuite (RFC 9591 section 6): a group, five hashes, and what the signature scheme asks for beyond them. Every suite has
// every member.
import type { DkgSuite } from "../../dkg/index.ts";
import type { Scalar } from "../../group/group.ts";

export interface Suite extends DkgSuite {
  /** contextString. */
  readonly name: string;
  /** As intents and records name it. */
  readonly scheme: "eddsa-ed25519" | "schnorr-bip340";

  /** Binding factors. */
  H1(message: Uint8Array): Scalar;
  /** Nonces. Its input is secret. */
  H3(message: Uint8Array): Scalar;
  /** The message. */
  H4(message: Uint8Array): Uint8Array;
  /** The list of commitments. */
  H5(message: Uint8Array): Uint8Array;
  /** H2 of R, the public key (both as SerializeElement gives them) and the message (4.6). */
  challenge(R: Uint8Array, publicKey: Uint8Array, message: Uint8Array): Scalar;

  /** A whole secret key as others hold it, 32 bytes; `undefined` if it is none. Zero may be one. */
  fromSecret(secret: Uint8Array): Scalar | undefined;
  /** The secret scalar of an RFC 8032 private key, 32 bytes; `undefined` where the scheme has none, or the length is another. */
  fromSeed(seed: Uint8Array): Scalar | undefined;

  /** The signature of a normalised R. 64 bytes. */
  signature(R: Uint8Array, z: Scalar): Uint8Array;
  /** TapTweak of an encoded key under BIP-341; `undefined` where the scheme has none, or the hash is not below the order. */
  taprootTweak(publicKey: Uint8Array, merkleRoot: Uint8Array): Scalar | undefined;
  /** Exact length of what is signed; `undefined`: any up to `messageBytesMax`. */
  readonly messageBytes: number | undefined;
}

/** Bound of what is signed where the scheme has none. */
export const messageBytesMax = 65_536;
