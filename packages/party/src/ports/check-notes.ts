// Part of the Store port: the write-ahead notes of OT-extension checks (dkls23-spec 9, rule 1), and what follows from the notes that are
// there. Every adapter asks `judgeNotes`, inside the transaction that writes the next note.
import type { Tenure } from "./lease.ts";

/** One use of a pair that went wrong for good (dkls23-spec 9, rule 1). Never updated, never deleted. */
export interface Burn {
  /** Share index. */
  readonly partner: number;
  /** An error code. */
  readonly reason: string;
  /** sid or ssid, 32 bytes. */
  readonly sid: Uint8Array;
  /** SHA-256 of the offending message, or of nothing. 32 bytes. */
  readonly digest: Uint8Array;
}

export interface CheckStart {
  readonly epoch: Uint8Array;
  readonly sid: Uint8Array;
  readonly partners: readonly number[];
  /** The instance that will run the check. */
  readonly tenure: Tenure;
  /** Instances that this one has seen renew their lease just now, itself included. */
  readonly alive: readonly Tenure[];
}

/**
 * `noted`: run the check. `burned`: these pairs are burned. `undecided`: the strikes of these pairs would burn them if the instances that
 * have not been seen alive are gone; nothing is decided before that is known. `full`: too many checks of these pairs are open in this
 * party. `lost`: this instance has lost its lease. Nothing was noted except with `noted`.
 */
export type CheckAnswer =
  | { readonly kind: "noted" | "lost" }
  | { readonly kind: "burned" | "undecided" | "full"; readonly partners: readonly number[] };

export interface CheckEnd {
  readonly epoch: Uint8Array;
  readonly sid: Uint8Array;
  /** The instance that began the check. */
  readonly tenure: Tenure;
  /** Partners whose check was passed. */
  readonly cleared: readonly number[];
  /** Partners whose result is lost: their notes are strikes from now on. */
  readonly struck: readonly number[];
  readonly burns: readonly Burn[];
}

/**
 * `ended`: it counts. `lost`: the instance has lost its lease, and only the burns were written; nothing that follows from a passed check may be
 * sent. `burned`: one of the pairs was burned otherwise before this end, which is written all the same; nothing of what it found may be shown.
 */
export type CheckOutcome = "ended" | "lost" | "burned";

/** From here on the pair burns. */
export const strikesMax = 8;
/** From here on a refresh is asked for. */
export const strikesWarn = 4;
/** Open checks of one pair in the whole party: so many failures of it can be open at one moment, whichever of its instances are killed then. */
export const openChecksMax = 256;

export interface CheckNote {
  readonly sid: Uint8Array;
  readonly partner: number;
  readonly tenure: Tenure;
  /** Its instance still has that lease. A note that is not in force is a strike. */
  readonly inForce: boolean;
}

/**
 * `notes`: all of the epoch. Gives the partners of `start` that have to burn, that are undecided, that have too many open checks, and those
 * that this very check has been noted for: the answer to that got lost, and the instance asks again.
 */
export function judgeNotes(
  notes: readonly CheckNote[],
  start: Pick<CheckStart, "sid" | "partners" | "tenure" | "alive">,
): Readonly<Record<"struck" | "undecided" | "full" | "known", readonly number[]>> {
  const isThis = ({ sid, tenure }: CheckNote): boolean =>
    sameTenure(tenure, start.tenure) && sid.every((byte, at) => byte === start.sid[at]);
  const having = (max: number, counts: (note: CheckNote) => boolean): readonly number[] =>
    start.partners.filter((partner) => notes.filter((note) => note.partner === partner && counts(note)).length >= max);
  const alive = (note: CheckNote): boolean => start.alive.some((tenure) => sameTenure(tenure, note.tenure));
  return {
    struck: having(strikesMax, (note) => !note.inForce),
    undecided: having(strikesMax, (note) => !note.inForce || !alive(note)),
    full: having(openChecksMax, (note) => note.inForce && !isThis(note)),
    known: having(1, isThis),
  };
}

export const sameTenure = (one: Tenure, other: Tenure): boolean => one.name === other.name && one.fence === other.fence;
