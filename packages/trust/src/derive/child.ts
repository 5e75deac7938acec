import { CovaultError } from "@covault/errors";

/** A key that follows from another one and a path. All of it is public. */
export interface Child {
  /** The child's public key, in the form of the function that made it. */
  readonly publicKey: Uint8Array;
  /** The child's chain code, 32 bytes. */
  readonly chain: Uint8Array;
  /**
   * The tweak τ: the child's secret is that of the key where the path starts plus τ. It has 32
   * bytes in the byte order of the curve's scalars, which is big-endian on secp256k1 and
   * little-endian on edwards25519.
   */
  readonly tweak: Uint8Array;
}

/**
 * Gives the error for a step that leads to no key. It is one step in 2^127, so nobody has seen one.
 */
export const noChild = (step: number): CovaultError =>
  new CovaultError("trust/bad-path", `The derivation path is refused: step ${step} leads to no key here. Use the next one.`);
