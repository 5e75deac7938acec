// Where a session's secrets live: one worker (or the thread itself) owns a session from first to last round. Bytes in, bytes
// out; machine, channels, plain share and round state never cross this border, in either direction.
import type { ProtocolName, Verdict } from "@covault/mpc/protocol";
import type { ShareFacts } from "../protocols/protocol.ts";
import { eraseKeys, type KeyRing } from "../vault/blob.ts";

/** A share as it is at rest, and what opens it. */
export interface SealedShare {
  readonly record: Uint8Array;
  readonly secret: Uint8Array;
  readonly secretKeys: KeyRing;
  readonly secretAad: Uint8Array;
  /** Undefined: no pairs in the store. */
  readonly pairs: Uint8Array | undefined;
  readonly pairKeys: KeyRing;
  readonly pairsAad: Uint8Array;
}

/**
 * Everything here is public, except `own`, what is sealed and the keys in the rings. Whoever made the job erases them (`eraseSecrets`) when the
 * session has started; the session has copies of what it needs longer.
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
  /** X25519 keys of the other members' joins, by share index. */
  readonly joinKeys: ReadonlyMap<number, Uint8Array>;
  readonly share: SealedShare | undefined;
  /** `ownSecret` of the identity key, for stored protocols. */
  readonly own: Uint8Array | undefined;
  /** Seals the rounds of a stored protocol. */
  readonly stateKeys: KeyRing | undefined;
  readonly partyId: string;
}

export function eraseSecrets({ own, stateKeys, share }: Job): void {
  own?.fill(0);
  eraseKeys(stateKeys, share?.secretKeys, share?.pairKeys);
}

export interface Shape {
  readonly sid: Uint8Array;
  /** Ascending. */
  readonly peers: readonly number[];
  readonly rounds: number;
  /** Exact body lengths: by round (from 1) and peer. */
  readonly bodyBytes: readonly ReadonlyMap<number, number>[];
}

export interface SealedMessage {
  /** Share index of the other side. */
  readonly peer: number;
  /** Encoded header, 71 bytes. */
  readonly header: Uint8Array;
  readonly sealed: Uint8Array;
}

export type Turned =
  /** `state`: sealed, for stored protocols. */
  | {
      readonly kind: "exchange";
      readonly round: number;
      readonly messages: readonly SealedMessage[];
      readonly state: Uint8Array | undefined;
    }
  | { readonly kind: "guard"; readonly partners: readonly number[] }
  | { readonly kind: "signature"; readonly signature: Uint8Array; readonly publicKey: Uint8Array }
  /** Call `sealShare` next. */
  | { readonly kind: "share"; readonly facts: ShareFacts; readonly record: Uint8Array };

/** One session. Calls come one at a time. Every method throws CovaultError; after a throw the session is dead. */
export interface AttemptSecrets {
  /** Makes the attempt's X25519 key; the private half stays inside. Before `start`. */
  joinKey(): Promise<Uint8Array>;
  start(job: Job): Promise<{ readonly shape: Shape; readonly turned: Turned }>;
  /** A stored session, from the sealed state after `round`'s exchange turn. */
  restore(job: Job, round: number, state: Uint8Array): Promise<Shape>;
  deliver(messages: readonly SealedMessage[]): Promise<Turned>;
  check(): Promise<Verdict>;
  resume(): Promise<Turned>;
  /** The new share, sealed for the store. */
  sealShare(secret: Sealing, pairs: Sealing): Promise<{ readonly secret: Uint8Array; readonly pairs: Uint8Array }>;
  /** Wipes everything. Always called, once. */
  end(): void;
}
export interface Sealing {
  readonly keys: KeyRing;
  readonly aad: Uint8Array;
}

export interface Runner {
  open(): AttemptSecrets;
  close(): Promise<void>;
}
