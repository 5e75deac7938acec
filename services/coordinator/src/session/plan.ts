// What a session is for, as the coordinator needs it: read once from the verified intent, stored in SessionOpened, never changed.
// Plain data: strings, numbers and lists, so that an event's JSON is the whole truth.

import { type Kind, kinds } from "@covault/trust";

/** A party in a session: who, and at which Shamir point of the key (1..65535). */
export interface Seat {
  readonly partyId: string;
  readonly shareIndex: number;
}

/** `idpk`: the party's identity key, hex, as the key's members agreed on it. */
export interface PlanSeat extends Seat {
  readonly idpk: string;
}

/** Hex. The certificates that lead to the epoch are read when they are sent. */
export interface PlanKey {
  readonly keyId: string;
  readonly epoch: string;
  readonly epochNumber: number;
  /** What the signature verifies under: the key itself, or the child and Taproot output that the intent asks for. */
  readonly signsUnder: string;
}

/** What follows from the epoch in which a key is: who could sign, and how many do. */
export type KeyTerms = Pick<Plan, "threshold" | "holders" | "seats" | "required"> & { readonly key: PlanKey };

export interface Plan {
  readonly sessionId: string;
  readonly tenantId: string;
  readonly accountId: string;
  readonly kind: Kind;
  /** SHA-256 of the intent's bytes, hex. */
  readonly intentId: string;
  /** Milliseconds since 1970: no attempt starts after it. */
  readonly expiresAtMs: number;
  readonly scheme: string;
  /** t of n. */
  readonly threshold: number;
  readonly holders: number;
  /** Sign: the eligible parties in order of preference. Otherwise all members, ascending share index. */
  readonly seats: readonly PlanSeat[];
  /** Sign: party ids that must be in the quorum. */
  readonly required: readonly string[];
  /** Share indices whose acknowledgements make the certificate, ascending; empty where no epoch is made. */
  readonly ackers: readonly number[];
  /** Of a reshare, those of dealers that hold no share afterwards, ascending: the certificate has their acknowledgements too. */
  readonly leaving: readonly number[];
  /** Sign: which key and epoch, hex. Burned pairs are looked up by it. */
  readonly key?: PlanKey;
}

/** Whether nobody can stand in for anybody: every member takes part, and not a quorum. */
export function needsEveryone(plan: Plan): boolean {
  return kinds[plan.kind].takes === "everyone";
}

/** A device comes when its person takes it up: it is waited for until the intent expires. */
export function isDevice(partyId: string): boolean {
  return partyId.startsWith("dev_");
}

/** What a session may be called here: nothing else reaches the table, which takes no zero byte. */
export const sessionIdForm = /^[A-Za-z0-9_.-]{1,64}$/;
