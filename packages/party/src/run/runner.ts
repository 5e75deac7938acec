// Where an attempt's secrets live. One worker (or the thread itself) owns an attempt from its first
// to its last round. Bytes go in, and bytes come out. Machine, channels, plain share and round
// state never cross this border, in either direction.
import type { BackupStatement } from "@covault/mpc/backup";
import type { ProtocolName, Verdict } from "@covault/mpc/protocol";
import type { SchemeName } from "@covault/trust";
import type { SealedKeyTerms } from "../import/sealed-key.ts";
import type { NewPair } from "../ports/pairs.ts";
import type { PairFacts, PlainPair, ShareFacts } from "../protocols/protocol.ts";
import { eraseKeys, type KeyRing } from "../vault/blob.ts";

/** The secret part of a share as it is at rest, and what opens it. */
export interface ShareAtRest {
  readonly secret: Uint8Array;
  readonly secretKeys: KeyRing;
  readonly secretAad: Uint8Array;
}

/** A share as it is at rest with the pairs that the attempt uses, and what opens them. */
export interface SealedShare extends ShareAtRest {
  /** The id of the key and the name of its epoch, 32 bytes each. */
  readonly keyId: Uint8Array;
  readonly epoch: Uint8Array;
  readonly record: Uint8Array;
  /** Each `state` is sealed by itself (vault.ts, `pairAad`). */
  readonly pairs: readonly PlainPair[];
  readonly pairKeys: KeyRing;
}

/** A whole key that this party deals, as it came, and what opens it. */
export interface ImportedKey {
  readonly terms: SealedKeyTerms;
  /** The private key, sealed to `terms.recipient`. */
  readonly sealedKey: Uint8Array;
  /** The private key of the recipient, as it is at rest. */
  readonly privateKey: Uint8Array;
  readonly privateKeys: KeyRing;
  readonly privateAad: Uint8Array;
}

/** A share that is to be sealed to a recipient outside of the system. */
export interface RecipientJob {
  readonly share: ShareAtRest;
  readonly scheme: SchemeName;
  readonly statement: BackupStatement;
}

/**
 * What an attempt starts from. Everything in it is public, except `own`, what is sealed and the
 * keys in the rings. The maker of the job erases these (`eraseSecrets`) when the attempt has
 * started. The attempt has copies of what it needs longer.
 */
export interface Job {
  readonly protocol: ProtocolName;
  readonly scheme: string;
  /** Made by the protocol's `plan`. */
  readonly setup: unknown;
  readonly rid: Uint8Array;
  readonly intentId: Uint8Array;
  readonly joinsDigest: Uint8Array;
  readonly self: number;
  /** The X25519 keys of the other members' joins, by share index. */
  readonly joinKeys: ReadonlyMap<number, Uint8Array>;
  readonly share: SealedShare | undefined;
  /**
   * `ownSecret` of the identity key. Undefined for protocols that are not stored, and for a round
   * that is restored.
   */
  readonly own: Uint8Array | undefined;
  /** Undefined unless this party deals an imported key, and for a round that is restored. */
  readonly imported?: ImportedKey | undefined;
  /** The keys that seal the rounds. Undefined for protocols that are not stored. */
  readonly stateKeys: KeyRing | undefined;
  readonly partyId: string;
}

export function eraseSecrets({ own, stateKeys, share, imported }: Job): void {
  own?.fill(0);
  eraseKeys(imported?.privateKeys, stateKeys, share?.secretKeys, share?.pairKeys);
}

export interface Shape {
  readonly sid: Uint8Array;
  /** The share indices of the other members, ascending. */
  readonly peers: readonly number[];
  readonly rounds: number;
  /** The exact lengths of the bodies in bytes, by round (from 1) and peer. */
  readonly bodyBytes: readonly ReadonlyMap<number, number>[];
}

export interface SealedMessage {
  /** The share index of the other side. */
  readonly peer: number;
  /** The encoded header, 71 bytes. */
  readonly header: Uint8Array;
  readonly sealed: Uint8Array;
}

export type Turned =
  /** `state` is sealed. It is there for stored protocols. */
  | {
      readonly kind: "exchange";
      readonly round: number;
      readonly messages: readonly SealedMessage[];
      readonly state: Uint8Array | undefined;
    }
  | { readonly kind: "guard"; readonly partners: readonly number[] }
  | { readonly kind: "signature"; readonly signature: Uint8Array; readonly publicKey: Uint8Array }
  /** `sealShare` has to be called next. */
  | { readonly kind: "share"; readonly facts: ShareFacts; readonly record: Uint8Array }
  /** This party has dealt, and gets no share. */
  | { readonly kind: "left"; readonly facts: ShareFacts }
  /** `sealPair` has to be called next. */
  | { readonly kind: "pair"; readonly facts: PairFacts }
  /**
   * A share of the epoch was made again. `record` is that of this party's new share, and
   * `sealSecret` has to be called next. It is undefined for a helper.
   */
  | { readonly kind: "repaired"; readonly record: Uint8Array | undefined };

/**
 * The secret side of one attempt. Calls come one at a time. Every method but `end` throws a
 * CovaultError, and after that the attempt is dead.
 */
export interface AttemptSecrets {
  /**
   * Makes the attempt's X25519 key and gives the public half. The private half stays inside. It
   * comes before `start`.
   */
  joinKey(): Promise<Uint8Array>;
  start(job: Job): Promise<{ readonly shape: Shape; readonly turned: Turned }>;
  /** Takes up a stored attempt, from the sealed state after `round`'s exchange turn. */
  restore(job: Job, round: number, state: Uint8Array): Promise<Shape>;
  deliver(messages: readonly SealedMessage[]): Promise<Turned>;
  check(): Promise<Verdict>;
  resume(): Promise<Turned>;
  /**
   * Tells whether a stored secret opens. Nothing of it leaves, and the attempt need not have
   * started.
   */
  opens(sealed: ShareAtRest): Promise<boolean>;
  /** Seals the new share for the store, and each of its pairs by itself. */
  sealShare(secret: Sealing, pairKeys: KeyRing): Promise<{ readonly secret: Uint8Array; readonly pairs: readonly NewPair[] }>;
  /** Seals the new pair of a renewal for the store. */
  sealPair(pairKeys: KeyRing): Promise<NewPair>;
  /** Seals the secret of a share that was made again. It has no pairs. */
  sealSecret(secret: Sealing): Promise<Uint8Array>;
  /**
   * Seals a share to a recipient, for a backup, and checks what it gives. It needs no attempt, and
   * takes some tenths of a second. The keys of the share are erased.
   */
  sealTo(job: RecipientJob): Promise<Uint8Array>;
  /** Wipes everything. It is always called, once. */
  end(): void;
}
export interface Sealing {
  readonly keys: KeyRing;
  readonly aad: Uint8Array;
}

/** What makes the secret sides of attempts, one for each. */
export interface Runner {
  /**
   * `rounds` says where the attempt's rounds live (packages/trust, `kinds`). Those that are stored
   * take seconds, and those in memory are signatures that people wait for. Default: memory.
   * Throws `party/worker-crashed` when the runner is closed.
   */
  open(rounds?: "stored" | "memory"): AttemptSecrets;
  /** Ends the threads that the runner has started, and the attempts in them. */
  close(): Promise<void>;
}
