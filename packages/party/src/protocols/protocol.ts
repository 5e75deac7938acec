// Protocols as data. An entry says how to get from what everybody agreed on to a machine's public
// input (main thread), how to make the machine (worker), and what comes out. The driver knows no
// protocol by name.
import type { Machine, ProtocolName } from "@covault/mpc/protocol";
import { type Kind, kinds, type SchemeName, type SigningTerms, type VerifiedKey } from "@covault/trust";
import type { Intent } from "@covault/wire";

/** What `plan` starts from. All of it is verified. */
export interface Agreed {
  readonly intent: Intent;
  /** This party's share index. */
  readonly self: number;
  /** The share indices of the signers, ascending. This party is one of them. */
  readonly signers: readonly number[];
  /** The contributions by share index, 32 bytes each. */
  readonly contributions: ReadonlyMap<number, Uint8Array>;
  /** What is signed, as this party computed it. Undefined when the attempt does not sign. */
  readonly signing: SigningTerms | undefined;
  /** The share indices of the partners that this party must not use in this epoch. */
  readonly burned: readonly number[];
}

/** The parts of a share as they are stored, in the protocol's own encodings. */
export interface SharePlain {
  readonly record: Uint8Array;
  /** Secret. */
  readonly secret: Uint8Array;
  /**
   * The OT state, secret. Undefined when the store was restored from a backup, and for a protocol
   * without pairs.
   */
  readonly pairs: Uint8Array | undefined;
}

/** A share for the machine that is made of it. */
export interface OpenShare extends SharePlain {
  /**
   * Takes a secret that was decoded of the share, and gives it back. It is overwritten when the
   * attempt ends.
   */
  readonly keep: <B extends Uint8Array>(secret: B) => B;
}

/** What a new share says of itself. It goes into the acknowledgement. */
export interface ShareFacts {
  readonly keyId: Uint8Array;
  readonly epoch: Uint8Array;
  readonly h2: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly chain: Uint8Array;
  readonly shareIndex: number;
}

export type Outcome =
  /** `publicKey` is the key that the signature verifies under, in the scheme's form. */
  | { readonly kind: "signature"; readonly signature: Uint8Array; readonly publicKey: Uint8Array }
  | { readonly kind: "share"; readonly facts: ShareFacts; readonly share: SharePlain };

/**
 * One protocol for one scheme. `Setup` is plain data without secrets (strings, numbers, bytes,
 * lists, maps), so that it can cross to a worker.
 */
export interface Protocol<Setup = unknown, Output = unknown> {
  readonly name: ProtocolName;
  /** The kind of intents that it serves. */
  readonly kind: Kind;
  readonly scheme: SchemeName;
  /**
   * Gives the name of a pair, 32 bytes (dkls23-spec 7.1), for a protocol that runs on pairs. A
   * share without pairs, as a restore from a backup leaves it, cannot run such a protocol.
   */
  readonly pairId?: (key: Pick<VerifiedKey, "epoch" | "h2">, self: number, partner: number) => Uint8Array;
  /**
   * Makes the public input of the machine. Throws a usage error when what was agreed cannot be run.
   */
  readonly plan: (agreed: Agreed) => Setup;
  /**
   * Makes the machine. `share` is there for protocols that use one. The machine takes over its
   * arrays, and the driver wipes them afterwards. `own` are 32 secret bytes of this party, for
   * protocols whose rounds are stored. A machine that needs them copies them.
   */
  readonly make: (setup: Setup, share: OpenShare | undefined, own: Uint8Array | undefined) => Machine<Output>;
  /** Makes the machine again from a snapshot. Only stored protocols have one. */
  readonly restore: (setup: Setup, snapshot: Uint8Array) => Machine<Output>;
  readonly outcome: (output: Output) => Outcome;
}

/**
 * The protocols of a party. They are found by kind and scheme for invites, and by name and scheme
 * in workers.
 */
export type Protocols = readonly Protocol[];

export const protocolFor = (protocols: Protocols, kind: Kind, scheme: string): Protocol | undefined =>
  protocols.find((protocol) => protocol.kind === kind && protocol.scheme === scheme);

/**
 * Tells whether the rounds of a protocol are stored and resume (dkls23-spec 0.6). Those of all
 * others live in memory only.
 */
export const storesRounds = ({ kind }: Pick<Protocol, "kind">): boolean => kinds[kind].rounds === "stored";
