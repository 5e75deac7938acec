// What counts no more before its time, as a port: ids of tokens, each for the life that its token has left. Nothing may rest on it: a store
// that forgets only forgets.

export interface Revocation {
  /** For `ttlMs` from now; nothing when that is not above 0. */
  revoke(id: string, ttlMs: number): Promise<void>;
  /** Whether any of them is revoked. */
  isRevoked(ids: readonly string[]): Promise<boolean>;
  close(): Promise<void>;
}
