// What a session is for, as the coordinator needs it. It is read once from the verified intent,
// stored in SessionOpened, and never changed. It is plain data of strings, numbers and lists, so
// that an event's JSON is the whole truth.

import { type Kind, kinds } from "@covault/trust";

/** A party in a session, and its Shamir point of the key (1..65535). */
export interface Seat {
  readonly partyId: string;
  readonly shareIndex: number;
}

/** `idpk` is the party's identity key, hex, as the key's members agreed on it. */
export interface PlanSeat extends Seat {
  readonly idpk: string;
}

/**
 * An epoch of a key, in hex. The certificates that lead to the epoch are read when they are sent.
 */
export interface KeyEpoch {
  readonly keyId: string;
  readonly epoch: string;
  readonly epochNumber: number;
}

/** The key that a session signs with, in an epoch. */
export interface PlanKey extends KeyEpoch {
  /**
   * The public key that the signature verifies under. It is the key itself, or the child and
   * Taproot output that the intent asks for.
   */
  readonly signsUnder: string;
}

/** What follows from the epoch of a key: which parties could sign, and how many do. */
export type KeyTerms = Pick<Plan, "threshold" | "holders" | "seats" | "required"> & { readonly key: PlanKey };

export interface Plan {
  readonly sessionId: string;
  readonly tenantId: string;
  readonly accountId: string;
  readonly kind: Kind;
  /** SHA-256 of the intent's bytes, hex. */
  readonly intentId: string;
  /** The time after which no attempt starts, in milliseconds since 1970. */
  readonly expiresAtMs: number;
  readonly scheme: string;
  /** How many holders sign: t of n. */
  readonly threshold: number;
  readonly holders: number;
  /**
   * To sign, the eligible parties in order of preference. Otherwise all members, ascending by share
   * index.
   */
  readonly seats: readonly PlanSeat[];
  /** To sign, the party ids that must be in the quorum. */
  readonly required: readonly string[];
  /**
   * The share indices whose acknowledgements make the certificate, ascending. Empty where no epoch
   * is made.
   */
  readonly ackers: readonly number[];
  /**
   * The share indices of a reshare's dealers that hold no share afterwards, ascending. The
   * certificate has their acknowledgements too.
   */
  readonly leaving: readonly number[];
  /**
   * The party ids of the holders of the epoch before that neither deal nor hold a share afterwards.
   * They are told of the certificate, and may ask for it. Absent means none.
   */
  readonly leftOut?: readonly string[];
  /** To sign, the key and epoch, hex. Burned pairs are looked up by it. */
  readonly key?: PlanKey;
  /** For a session that makes a further epoch of a key, the epoch that it continues. */
  readonly continues?: KeyEpoch;
  /** For a session that renews a pair or repairs a share, the epoch that the key stays in. */
  readonly within?: KeyEpoch;
  /** For a renewal, the generation of the pair that it makes. The two ends are `ackers`. */
  readonly generation?: number;
  /** For a repair, the party that gets its share back. */
  readonly receiver?: string;
}

/** What a session changes, of which one may be open or running at a time. */
export interface Subject {
  /** The key, in hex. */
  readonly keyId: string;
  /** One pair or one share of the key. Empty stands for the key as a whole. */
  readonly part: string;
}

/** Gives what a session changes of a key that is there. Undefined when it changes nothing. */
export function subjectOf(plan: Plan): Subject | undefined {
  if (plan.continues !== undefined) return { keyId: plan.continues.keyId, part: "" };
  if (plan.within === undefined) return undefined;
  const { keyId } = plan.within;
  return plan.receiver === undefined ? { keyId, part: `pair ${plan.ackers.join("-")}` } : { keyId, part: `share of ${plan.receiver}` };
}

/** The epoch that a session is about, where the key is there before it. */
export const epochOfPlan = (plan: Plan): KeyEpoch | undefined => plan.key ?? plan.continues ?? plan.within;

/**
 * Says whether a session waits for all of its members until its intent expires. The key signs on
 * meanwhile.
 */
export const isPatient = (plan: Plan): boolean => subjectOf(plan) !== undefined;

/** Says whether the members store their rounds, and go on in them after a restart. */
export const isStored = (plan: Plan): boolean => kinds[plan.kind].rounds === "stored";

/** Says whether every member takes part, and not a quorum. Then nobody can stand in for another. */
export function needsEveryone(plan: Plan): boolean {
  return kinds[plan.kind].takes === "everyone";
}

/** Says whether the session's certificate is this party's business. */
export function isConcerned(plan: Plan, partyId: string): boolean {
  return plan.seats.some((seat) => seat.partyId === partyId) || plan.leftOut?.includes(partyId) === true;
}

/**
 * Says whether the party is a device. A device comes when its person takes it up, so it is waited
 * for until the intent expires.
 */
export function isDevice(partyId: string): boolean {
  return partyId.startsWith("dev_");
}
