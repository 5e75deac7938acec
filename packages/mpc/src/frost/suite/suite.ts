// A FROST ciphersuite (RFC 9591 section 6) is a group, five hashes, and what the signature scheme
// asks for beyond them. Every suite has every member.
import type { DkgSuite } from "../../dkg/index.ts";
import type { Scalar } from "../../group/group.ts";

export interface Suite extends DkgSuite {
  /** The contextString. */
  readonly name: string;
  /** The scheme's name, as intents and records have it. */
  readonly scheme: "eddsa-ed25519" | "schnorr-bip340";

  /** The hash for binding factors. */
  H1(message: Uint8Array): Scalar;
  /** The hash for nonces, whose input is secret. */
  H3(message: Uint8Array): Scalar;
  /** The hash of the message. */
  H4(message: Uint8Array): Uint8Array;
  /** The hash of the list of commitments. */
  H5(message: Uint8Array): Uint8Array;
  /** H2 of R, the public key (both as SerializeElement gives them) and the message (4.6). */
  challenge(R: Uint8Array, publicKey: Uint8Array, message: Uint8Array): Scalar;

  /**
   * Gives the scalar of a whole secret key as others hold it, 32 bytes, or undefined if it is none.
   * The scalar may be zero.
   */
  fromSecret(secret: Uint8Array): Scalar | undefined;
  /**
   * Gives the secret scalar of an RFC 8032 private key, 32 bytes. It is undefined where the scheme
   * has no such keys, or the length is another.
   */
  fromSeed(seed: Uint8Array): Scalar | undefined;

  /** Gives the signature, 64 bytes, of a normalised R. */
  signature(R: Uint8Array, z: Scalar): Uint8Array;
  /**
   * Gives TapTweak of an encoded key under BIP-341. It is undefined where the scheme has no such
   * tweak, or the hash is not below the order.
   */
  taprootTweak(publicKey: Uint8Array, merkleRoot: Uint8Array): Scalar | undefined;
  /** The exact length of what is signed. It is undefined for any length up to `messageBytesMax`. */
  readonly messageBytes: number | undefined;
}

/** The most bytes that are signed where the scheme has no bound. */
export const messageBytesMax = 65_536;
