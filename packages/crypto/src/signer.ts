/** A private key of Ed25519, which never leaves the object. */
export interface Ed25519Signer {
  /** The public key, 32 bytes. */
  readonly publicKey: Uint8Array;
  /**
   * Gives the signature, 64 bytes (RFC 8032 5.1.6), always the same for the same message. Throws
   * `crypto/bad-argument` for a message that is not bytes.
   */
  readonly sign: (message: Uint8Array) => Uint8Array;
}
