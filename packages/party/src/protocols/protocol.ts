// Protocols as data: an entry says how to get from what everybody agreed on to a machine's public input (main thread), how
// to make the machine (worker), and what comes out. The driver knows no protocol by name.
import type { Machine, ProtocolName } from "@covault/mpc/protocol";
import { type Kind, kinds, type SchemeName, type SigningTerms, type VerifiedKey } from "@covault/trust";
import type { Intent } from "@covault/wire";

/** What `plan` starts from: all of it verified. */
export interface Agreed {
  readonly intent: Intent;
  /** My share index. */
  readonly self: number;
  /** Ascending, me included. */
  readonly signers: readonly number[];
  /** By share index, 32 bytes each. */
  readonly contributions: ReadonlyMap<number, Uint8Array>;
  /** Of a signature: what is signed, as this party computed it. */
  readonly signing: SigningTerms | undefined;
  /** Partners that I must not use in this epoch. */
  readonly burned: readonly number[];
}

/** The parts of a share as they are stored: the protocol's own encodings. */
export interface SharePlain {
  readonly record: Uint8Array;
  /** Secret. */
  readonly secret: Uint8Array;
  /** Secret. Undefined: restored from a backup, or a protocol without pairs. */
  readonly pairs: Uint8Array | undefined;
}

/** A share for the machine that it makes. */
export interface OpenShare extends SharePlain {
  /** What is decoded of it goes through here: it is overwritten when the session ends. Gives it back. */
  readonly keep: <B extends Uint8Array>(secret: B) => B;
}

/** What a new share says of itself: goes into the acknowledgement. */
export interface ShareFacts {
  readonly keyId: Uint8Array;
  readonly epoch: Uint8Array;
  readonly h2: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly chain: Uint8Array;
  readonly shareIndex: number;
}

export type Outcome =
  /** `publicKey`: what it verifies under, in the scheme's form. */
  | { readonly kind: "signature"; readonly signature: Uint8Array; readonly publicKey: Uint8Array }
  | { readonly kind: "share"; readonly facts: ShareFacts; readonly share: SharePlain };

/** `Setup`: plain data without secrets (strings, numbers, bytes, lists, maps), so that it can cross to a worker. */
export interface Protocol<Setup = unknown, Output = unknown> {
  readonly name: ProtocolName;
  /** Which intents it serves. */
  readonly kind: Kind;
  readonly scheme: SchemeName;
  /** Of a protocol that runs on pairs: the name of one, 32 bytes (dkls23-spec 7.1). A share without pairs (restored from a backup) cannot run it. */
  readonly pairId?: (key: Pick<VerifiedKey, "epoch" | "h2">, self: number, partner: number) => Uint8Array;
  /** Throws a usage error when what was agreed cannot be run. */
  readonly plan: (agreed: Agreed) => Setup;
  /**
   * `share` for protocols that use one. Takes over its arrays; the driver wipes them afterwards. `own`: 32 secret bytes of this party for protocols
   * whose rounds are stored; a machine that needs them copies them.
   */
  readonly make: (setup: Setup, share: OpenShare | undefined, own: Uint8Array | undefined) => Machine<Output>;
  /** Stored protocols only. */
  readonly restore: (setup: Setup, snapshot: Uint8Array) => Machine<Output>;
  readonly outcome: (output: Output) => Outcome;
}

/** By kind and scheme for invites, by name for workers. */
export type Protocols = readonly Protocol[];

export const protocolFor = (protocols: Protocols, kind: Kind, scheme: string): Protocol | undefined =>
  protocols.find((protocol) => protocol.kind === kind && protocol.scheme === scheme);

/** Its rounds are stored and resume (dkls23-spec 0.6); otherwise they live in memory only. */
export const storesRounds = ({ kind }: Pick<Protocol, "kind">): boolean => kinds[kind].rounds === "stored";
