// The port for revocations: the ids of tokens that count no more, each for the life that its token
// has left. Nothing may rest on it, because a store may forget.

export interface Revocation {
  /** Revokes the id for `ttlMs` from now. Does nothing when that is not above 0. */
  revoke(id: string, ttlMs: number): Promise<void>;
  /** Says whether any of the ids is revoked. */
  isRevoked(ids: readonly string[]): Promise<boolean>;
  close(): Promise<void>;
}
