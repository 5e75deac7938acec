// Protocols as data. An entry says how to get from what everybody agreed on to a machine's public
// input (main thread), how to make the machine (worker), and what comes out. The driver knows no
// protocol by name.
import type { Machine, ProtocolName } from "@covault/mpc/protocol";
import { type Kind, kinds, type SchemeName, type SigningTerms, type VerifiedKey } from "@covault/trust";
import type { Intent, Member } from "@covault/wire";
import type { PrivateKey } from "../import/sealed-key.ts";
import type { StoredPair } from "../ports/pairs.ts";

/** What `plan` starts from. All of it is verified. */
export interface Agreed {
  readonly intent: Intent;
  /** This party's share index. */
  readonly self: number;
  /** The share indices of the signers, ascending. This party is one of them. */
  readonly signers: readonly number[];
  /** The signers by share index, with their identity keys. */
  readonly members: ReadonlyMap<number, Member>;
  /** The contributions by share index, 32 bytes each. */
  readonly contributions: ReadonlyMap<number, Uint8Array>;
  /**
   * The key in the epoch that signs, that the run continues, or that it stays in. Undefined when
   * the run makes the key.
   */
  readonly key: VerifiedKey | undefined;
  /** What is signed, as this party computed it. Undefined when the attempt does not sign. */
  readonly signing: SigningTerms | undefined;
  /** The pairs that this party has in the epoch, as far as the protocol is about pairs. */
  readonly pairs: readonly Pick<StoredPair, "partner" | "generation">[];
  /**
   * The share indices of the partners whose present pairs are burned, which this party must not
   * use.
   */
  readonly burned: readonly number[];
  /**
   * The pairs that the joins name: by signer, the id of its pair with each other signer, 32 bytes,
   * all zero where it has none. Empty for an attempt whose joins name none.
   */
  readonly pairIds: ReadonlyMap<number, ReadonlyMap<number, Uint8Array>>;
  /**
   * The record of this party's share, in the protocol's own encoding: of the epoch that signs, or
   * of the one that the run continues. Undefined when this party has no such share.
   */
  readonly record: Uint8Array | undefined;
  /** Whether this party has consented to an export of the key, of whatever epoch. */
  readonly isExported: boolean;
}

/** What the record of a share says in public, in the forms that an intent has them in. */
export interface PublicRecord {
  readonly keyId: Uint8Array;
  readonly epoch: Uint8Array;
  readonly threshold: number;
  readonly publicKey: Uint8Array;
  readonly chain: Uint8Array;
  /** All holders of the epoch, ascending, each with its public share. */
  readonly holders: readonly { readonly index: number; readonly publicShare: Uint8Array }[];
  /** Whether the key has been whole in one place, as this record knows. */
  readonly exposed: "imported" | "exported" | undefined;
}

/** One pair as it is stored. */
export interface PlainPair {
  /** The share index of the partner. */
  readonly partner: number;
  readonly generation: number;
  /** 32 bytes. */
  readonly pairId: Uint8Array;
  /** The OT state and the zero seed of this pair alone, in the protocol's own encoding. Secret. */
  readonly state: Uint8Array;
}

/** The parts of a share as they are stored, in the protocol's own encodings. */
export interface SharePlain {
  readonly record: Uint8Array;
  /** Secret. */
  readonly secret: Uint8Array;
  /**
   * The pairs of a new share, or those that an attempt needs. A protocol without pairs has none.
   */
  readonly pairs: readonly PlainPair[];
}

/** A share for the machine that is made of it. */
export interface OpenShare extends SharePlain {
  /**
   * Takes a secret that was decoded of the share, and gives it back. It is overwritten when the
   * attempt ends.
   */
  readonly keep: <B extends Uint8Array>(secret: B) => B;
}

/** What a run says of the epoch that it made. It goes into the acknowledgement. */
export interface ShareFacts {
  readonly keyId: Uint8Array;
  readonly epoch: Uint8Array;
  readonly h2: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly chain: Uint8Array;
  /** This party's share index. */
  readonly shareIndex: number;
}

/** What a renewal says of the pair that it made. It goes into the acknowledgement. */
export interface PairFacts {
  readonly keyId: Uint8Array;
  readonly epoch: Uint8Array;
  /** The share indices of the two ends. */
  readonly lo: number;
  readonly hi: number;
  readonly generation: number;
  /** 32 bytes, the same at both ends. */
  readonly pairId: Uint8Array;
}

export type Outcome =
  /** `publicKey` is the key that the signature verifies under, in the scheme's form. */
  | { readonly kind: "signature"; readonly signature: Uint8Array; readonly publicKey: Uint8Array }
  | { readonly kind: "share"; readonly facts: ShareFacts; readonly share: SharePlain }
  /**
   * This party has dealt, and gets no share of the new epoch. It keeps its old one until the
   * certificate.
   */
  | { readonly kind: "left"; readonly facts: ShareFacts }
  /** A pair within the epoch. */
  | { readonly kind: "pair"; readonly facts: PairFacts; readonly pair: PlainPair }
  /**
   * A share of the epoch was made again, for this party. A helper has no `share` here and keeps its
   * own.
   */
  | { readonly kind: "repaired"; readonly share: SharePlain | undefined };

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
   * Whether the protocol runs on the pairs of the signers. A party whose pair with a signer is
   * lost, as after a restore from a backup, cannot run it.
   */
  readonly usesPairs?: true;
  /**
   * Reads the record of a share. A protocol has it that continues a key.
   */
  readonly publicRecord?: (record: Uint8Array) => PublicRecord;
  /**
   * Gives the public key of a private key, in the scheme's form. A protocol has it that imports.
   */
  readonly publicKeyOf?: (key: PrivateKey) => Uint8Array;
  /**
   * Whether every member of a run that continues a key needs a share of the epoch before. When it
   * is left out, the dealers alone do.
   */
  readonly needsShare?: true;
  /**
   * Makes the public input of the machine. Throws a usage error when what was agreed cannot be run.
   */
  readonly plan: (agreed: Agreed) => Setup;
  /**
   * Makes the machine. `share` is there for protocols that use one. The machine takes over its
   * arrays, and the driver wipes them afterwards. `own` are 32 secret bytes of this party, for
   * protocols whose rounds are stored. A machine that needs them copies them. `imported` is the
   * whole key that this party deals, and nobody else has it. The driver wipes it afterwards.
   */
  readonly make: (
    setup: Setup,
    share: OpenShare | undefined,
    own: Uint8Array | undefined,
    imported?: PrivateKey | undefined,
  ) => Machine<Output>;
  /** Makes the machine again from a snapshot. Only stored protocols have one. */
  readonly restore: (setup: Setup, snapshot: Uint8Array) => Machine<Output>;
  /** `self` is this party's share index. */
  readonly outcome: (output: Output, self: number) => Outcome;
}

/**
 * The protocols of a party. They are found by kind and scheme for invites, and by name and scheme
 * in workers.
 */
export type Protocols = readonly Protocol[];

export const protocolFor = (protocols: Protocols, kind: Kind, scheme: string): Protocol | undefined =>
  protocols.find((protocol) => protocol.kind === kind && protocol.scheme === scheme);

/** Tells where the rounds of a protocol live: `stored` or `memory`. */
export const roundsOf = ({ kind }: Pick<Protocol, "kind">): "stored" | "memory" => kinds[kind].rounds;

/**
 * Tells whether the rounds of a protocol are stored and resume (dkls23-spec 0.6). Those of all
 * others live in memory only.
 */
export const storesRounds = (protocol: Pick<Protocol, "kind">): boolean => roundsOf(protocol) === "stored";
