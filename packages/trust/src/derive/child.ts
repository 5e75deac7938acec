import { CovaultError } from "@covault/errors";

/** A key that follows from another one and a path. All of it is public. */
export interface Child {
  /** In the form of the function that made it. */
  readonly publicKey: Uint8Array;
  /** 32 bytes. */
  readonly chain: Uint8Array;
  /**
   * τ: the child's secret is that of the key where the path starts plus τ. 32 bytes in the byte order
   * of the curve's scalars: big-endian on secp256k1, little-endian on edwards25519.
   */
  readonly tweak: Uint8Array;
}

/** A step that leads to no key: one in 2^127, so nobody has seen it. */
export const noChild = (step: number): CovaultError =>
  new CovaultError("trust/bad-path", `The derivation path is refused: step ${step} leads to no key here. Use the next one.`);
