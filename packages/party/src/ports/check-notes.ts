// Part of the Store port: the write-ahead notes of OT-extension checks (dkls23-spec 9, rule 1), and
// what follows from the notes that are there. Every adapter asks `judgeNotes`, inside the
// transaction that writes the next note.
import { same } from "@covault/crypto";
import type { Tenure } from "./lease.ts";

/** Which pair is checked: whose it is, and which making of it (dkls23-spec 7.1). */
export interface CheckedPair {
  /** The share index of the partner. */
  readonly partner: number;
  /** 32 bytes. */
  readonly pairId: Uint8Array;
}

/**
 * One use of a pair that went wrong for good (dkls23-spec 9, rule 1). A burn is that of its pair
 * id. It is never updated and never deleted, and a pair made anew has another id. A pair that
 * strikes have burned may get a second one, for a check that failed.
 */
export interface Burn extends CheckedPair {
  /** The error code that says why the pair was burned. */
  readonly reason: string;
  /** The sid or ssid of the run, 32 bytes. */
  readonly sid: Uint8Array;
  /** The SHA-256 of the offending message, 32 bytes. All are zero when there is no such message. */
  readonly digest: Uint8Array;
}

export interface CheckStart {
  /** The id of the key and the name of its epoch, 32 bytes each. */
  readonly keyId: Uint8Array;
  readonly epoch: Uint8Array;
  /** The ssid of the run, 32 bytes. */
  readonly sid: Uint8Array;
  readonly pairs: readonly CheckedPair[];
  /** The instance that will run the check. */
  readonly tenure: Tenure;
  /** The instances that this one has seen renew their lease just now. It is one of them itself. */
  readonly alive: readonly Tenure[];
}

/**
 * What the store says to a check that is about to run. Only `noted` has written a note.
 * - `noted`: the check may run.
 * - `burned`: the pairs with these partners are burned.
 * - `superseded`: these are not the present pairs any more. A higher generation of them is signed
 *   here, a higher epoch is committed, or their states were lost by a restore.
 * - `undecided`: the strikes of these pairs would burn them if the instances that have not been
 *   seen alive are gone. Nothing is decided before that is known.
 * - `full`: too many checks of these pairs are open in this party.
 * - `lost`: this instance has lost its lease.
 */
export type CheckAnswer =
  | { readonly kind: "noted" | "lost" }
  | { readonly kind: "burned" | "superseded" | "undecided" | "full"; readonly partners: readonly number[] };

export interface CheckEnd {
  readonly epoch: Uint8Array;
  readonly sid: Uint8Array;
  /** The instance that began the check. */
  readonly tenure: Tenure;
  /** The pairs whose check was passed. */
  readonly cleared: readonly CheckedPair[];
  /** The pairs whose result is lost. Their notes are strikes from now on. */
  readonly struck: readonly CheckedPair[];
  readonly burns: readonly Burn[];
}

/**
 * What became of the end of a check.
 * - `ended`: it counts.
 * - `lost`: the instance has lost its lease, and only the burns were written. Nothing that follows
 *   from a passed check may be sent.
 * - `burned`: the pairs with these partners were burned by something else before this end, which is
 *   written all the same. Nothing of what the check found may be shown.
 */
export type CheckOutcome = { readonly kind: "ended" | "lost" } | { readonly kind: "burned"; readonly partners: readonly number[] };

/** The number of strikes from which on a pair burns. */
export const strikesMax = 8;
/** The reason of a burn for strikes. Every other reason is a check that failed. */
export const strikesReason = "party/strikes";
/** The number of strikes from which on the pair should be renewed. */
export const strikesWarn = 4;
/**
 * The most open checks of one pair in the whole party. At one moment, so many failures of the pair
 * can be open, whichever of the party's instances are killed then.
 */
export const openChecksMax = 256;

export interface CheckNote {
  readonly sid: Uint8Array;
  readonly pairId: Uint8Array;
  readonly tenure: Tenure;
  /**
   * True when the note's instance still has that lease. A note that is not in force is a strike.
   */
  readonly inForce: boolean;
}

/**
 * Judges a check by `notes`, which are all notes of its pairs. Gives the pairs of `start` that have
 * to burn, those that are undecided, and those that have too many open checks. `known` are those
 * that this very check has been noted for: the answer to that was lost, and the instance asks
 * again.
 */
export function judgeNotes(
  notes: readonly CheckNote[],
  start: Pick<CheckStart, "sid" | "pairs" | "tenure" | "alive">,
): Readonly<Record<"struck" | "undecided" | "full" | "known", readonly CheckedPair[]>> {
  const isThis = ({ sid, tenure }: CheckNote): boolean => sameTenure(tenure, start.tenure) && same(sid, start.sid);
  const having = (max: number, counts: (note: CheckNote) => boolean): readonly CheckedPair[] =>
    start.pairs.filter(({ pairId }) => notes.filter((note) => same(note.pairId, pairId) && counts(note)).length >= max);
  const alive = (note: CheckNote): boolean => start.alive.some((tenure) => sameTenure(tenure, note.tenure));
  return {
    struck: having(strikesMax, (note) => !note.inForce),
    undecided: having(strikesMax, (note) => !note.inForce || !alive(note)),
    full: having(openChecksMax, (note) => note.inForce && !isThis(note)),
    known: having(1, isThis),
  };
}

/** Gives the burns that strikes demand at the start of the check with this sid. */
export const strikeBurns = (struck: readonly CheckedPair[], sid: Uint8Array): readonly Burn[] =>
  struck.map(({ partner, pairId }) => ({ partner, pairId, reason: strikesReason, sid, digest: new Uint8Array(32) }));

export const sameTenure = (one: Tenure, other: Tenure): boolean => one.name === other.name && one.fence === other.fence;
