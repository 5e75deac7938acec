// Port: the keys that imports are sealed to, as part of the store. Each serves one import, and is
// erased when that import's share is staged or when its time is over.

export interface ImportKey {
  /** X25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** The private key, sealed (src/vault). */
  readonly sealed: Uint8Array;
  readonly expiresAtMs: number;
}

export interface ImportKeys {
  /**
   * Keeps a key, and erases those whose time is over. Gives false, and nothing is kept, where `max`
   * others are there.
   */
  keepImportKey(key: ImportKey, nowMs: number, max: number): Promise<boolean>;
  /** Gives the sealed private key. Undefined when it is not there. */
  importKey(publicKey: Uint8Array): Promise<Uint8Array | undefined>;
}
