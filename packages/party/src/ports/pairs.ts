// Part of the Store port: pairs, each by itself (dkls23-spec 7.1). A pair is what two holders of an
// epoch share for signing. It was made with its epoch (generation 0), or anew by a renewal of the
// two alone. Burns, clearances, notes of checks and strikes are by pair id, so that none of one
// generation counts for another.
import { same } from "@covault/crypto";
import { type Burn, strikesReason } from "./check-notes.ts";

/** Which two holders a pair is of, in which epoch. This party is one of them. */
export interface PairName {
  /** The id of the key and the name of its epoch, 32 bytes each. */
  readonly keyId: Uint8Array;
  readonly epoch: Uint8Array;
  /** The share index of the other holder. */
  readonly partner: number;
}

/** A pair that was made with its epoch, which is generation 0. */
export interface NewPair {
  readonly partner: number;
  /** 32 bytes, the same at both ends. */
  readonly pairId: Uint8Array;
  /** The OT state and the zero seed of this pair alone, sealed. */
  readonly state: Uint8Array;
}

/** A pair that a renewal made anew, with this party's acknowledgement. */
export interface NewRenewal extends PairName {
  /** From 1 to 16. */
  readonly generation: number;
  /** 32 bytes, the same at both ends. */
  readonly pairId: Uint8Array;
  /** The OT state and the zero seed of this pair alone, sealed. */
  readonly state: Uint8Array;
  readonly sessionId: string;
  /** The SHA-256 of the intent's bytes, 32 bytes. A renewal is found by it. */
  readonly intentId: Uint8Array;
  /** The exact encoded `Signed` intent of the renewal. */
  readonly intent: Uint8Array;
  /** This party's own acknowledgement, as an exact encoded `Signed`. */
  readonly ack: Uint8Array;
}

/**
 * Where a pair stands. A `staged` one is acknowledged here, and its certificate is not here. A pair
 * of generation 0 is committed, since its epoch's certificate is that of the pair.
 */
export type PairStatus = "staged" | "committed";

/** What a renewal made, without its secret. */
export interface StoredRenewal extends Omit<NewRenewal, "state"> {
  readonly status: PairStatus;
  /** The exact encoded `PairCertificate`. Undefined while the pair is staged. */
  readonly certificate: Uint8Array | undefined;
}

/** The highest generation that this party knows of a pair. */
export interface StoredPair extends PairName {
  readonly generation: number;
  /** 32 bytes. */
  readonly pairId: Uint8Array;
  readonly status: PairStatus;
  /** The sealed OT state and zero seed. Undefined when they are lost, as after a restore. */
  readonly state: Uint8Array | undefined;
  /**
   * What stands against the pair: the burn of this very pair id, or one of a lower generation for
   * a failed check that nobody has cleared (`standingPair`).
   */
  readonly burn: Burn | undefined;
  /** True when this party's operator has cleared the pair id that `burn` is of. */
  readonly cleared: boolean;
  /** The checks of this very pair id whose result is lost. */
  readonly strikes: number;
}

/**
 * What became of a pair whose certificate came. `superseded`: a higher generation of the pair is
 * here. `unknown`: there is no such renewal, or its epoch is superseded.
 */
export type CommitPairAnswer = "committed" | "superseded" | "unknown";

/**
 * The most renewals that a party begins of one pair in one epoch, failed ones included (dkls23-spec
 * 9, rule 4).
 */
export const renewalRunsMax = 16;

/** Tells whether a signature may use the pair. */
export const canSign = (pair: StoredPair | undefined): pair is StoredPair => pairStateOf(pair) === "usable";

/** How a pair stands, in the words of a statement about it (packages/wire, PairStanding). */
export type PairState = "usable" | "burned" | "lost" | "staged";

/** Says how a pair stands. A pair that is not here is lost. */
export function pairStateOf(pair: Pick<StoredPair, "burn" | "status" | "state"> | undefined): PairState {
  if (pair === undefined) return "lost";
  if (pair.burn !== undefined) return "burned";
  if (pair.status === "staged") return "staged";
  return pair.state === undefined ? "lost" : "usable";
}

/** Tells whether a failed check burned the pair, which the system does not renew by itself. */
export const hasFailed = ({ burn }: Pick<StoredPair, "burn">): boolean => burn !== undefined && burn.reason !== strikesReason;

/**
 * Tells whether a failed check stands against the pair that this party's operator has not cleared.
 * Such a pair is not renewed.
 */
export const isUncleared = (pair: Pick<StoredPair, "burn" | "cleared">): boolean => hasFailed(pair) && !pair.cleared;

/**
 * Gives the present pair of `generations`, which are all that a store knows of one pair, ascending,
 * each with what stands against it by itself. A check may have begun with a generation and fail
 * after a renewal has replaced it. That failure stands against the pair until this party's operator
 * has cleared it (dkls23-spec 9, rule 2; docs/decisions/0082): the pair neither signs nor is
 * renewed. Every adapter asks.
 */
export function standingPair(generations: readonly StoredPair[]): StoredPair | undefined {
  const present = generations.at(-1);
  const { burn } = generations.findLast(isUncleared) ?? {};
  return present === undefined || burn === undefined ? present : { ...present, burn, cleared: false };
}

/** Gives the pair ids that an operator's clearing of the present pair `pairId` clears. */
export function clearedBy(generations: readonly StoredPair[], pairId: Uint8Array): readonly Uint8Array[] {
  const present = standingPair(generations);
  if (present === undefined || !same(present.pairId, pairId) || !hasFailed(present)) return [];
  return generations.filter(hasFailed).map((each) => each.pairId);
}

/**
 * Gives the burn that counts of those of one pair id. There is at most one for strikes and one for
 * a failed check, which is the graver one.
 */
export const graverBurn = (burns: readonly Burn[]): Burn | undefined => burns.find((burn) => hasFailed({ burn })) ?? burns[0];

/** Tells whether a burn is written beside those that are `known` of its pair id. */
export const addsBurn = (known: readonly Burn[], burn: Burn): boolean =>
  known.length === 0 || (hasFailed({ burn }) && !known.some((each) => hasFailed({ burn: each })));

/**
 * Tells whether a renewal may take the place of the present pair. Every adapter asks, inside the
 * transaction of `stagePair`: a check may have failed since the renewal was admitted, and whoever
 * delivers messages could hold its last one back until then.
 */
export const mayReplace = (present: StoredPair | undefined, generation: number): boolean =>
  present === undefined || (generation > present.generation && !isUncleared(present));
