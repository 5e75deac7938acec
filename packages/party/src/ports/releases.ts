// Port: what a party remembers of the exports that it has consented to, as part of the store.
import type { IntentAnswer, IntentClaim } from "./store.ts";

/** A holder's consent to an export, as it leaves the party. */
export interface NewRelease {
  readonly keyId: Uint8Array;
  /** The epoch whose share is released, which is the committed one. */
  readonly epoch: Uint8Array;
  /** The SHA-256 of the export's intent, 32 bytes. */
  readonly intentId: Uint8Array;
  /** The exact encoded `Signed` release, whose document is sealed to the recipient. */
  readonly release: Uint8Array;
}

/**
 * What became of a release.
 * - `released`: it is noted, and may leave.
 * - `known`: one of this intent is noted already, and nothing was changed.
 * - `superseded`: the epoch is not the committed one of the key any more.
 * - The other words are those of a claim (`IntentAnswer`).
 */
export type ReleaseAnswer = "released" | "known" | "superseded" | Extract<IntentAnswer, "replayed" | "restored" | "behind">;

export interface Releases {
  /**
   * Claims the intent, notes its release and so marks the key as exported, in one transaction.
   * Nothing leaves before. The mark is never taken back. `claim` is the first and only attempt of
   * the intent.
   */
  releaseShare(claim: IntentClaim, release: NewRelease): Promise<ReleaseAnswer>;
  /**
   * Gives the exact release of an intent. It is there until the intent may be forgotten, or until
   * its epoch is superseded. Undefined when there is none.
   */
  releaseOf(intentId: Uint8Array): Promise<Uint8Array | undefined>;
  /** Tells whether this party has ever consented to an export of the key. */
  isExported(keyId: Uint8Array): Promise<boolean>;
}
