// What an intent changes of a key that is there. It is read here for everybody.
import type { Intent, RenewAction, RepairAction } from "@covault/wire";
import { continuationOf } from "./continuation.ts";

/** What a session changes, of which one may be open at a time. */
export interface KeyPart {
  /** 32 bytes. */
  readonly keyId: Uint8Array;
  /** One pair or one share of the key. Empty stands for the key as a whole. */
  readonly part: string;
}

/** The pair of two holders, by their share indices in either order. */
export const pairPart = (one: number, other: number): string => `pair ${Math.min(one, other)}-${Math.max(one, other)}`;
export const sharePart = (partyId: string): string => `share of ${partyId}`;

/**
 * Gives what an intent asks for that leaves the key in its epoch. Undefined for every other one.
 */
export const stayingOf = ({ action }: Pick<Intent, "action">): RenewAction | RepairAction | undefined =>
  action.case === "renew" || action.case === "repair" ? action.value : undefined;

export const isRenewal = (staying: RenewAction | RepairAction): staying is RenewAction => "generation" in staying;

const partOf = (staying: RenewAction | RepairAction): string =>
  isRenewal(staying) ? pairPart(staying.shareIndexLo, staying.shareIndexHi) : sharePart(staying.receiver?.partyId ?? "");

/** Gives undefined for an intent that changes no key that is there. */
export function subjectOf(intent: Pick<Intent, "action">): KeyPart | undefined {
  const staying = stayingOf(intent);
  if (staying !== undefined) return { keyId: staying.keyId, part: partOf(staying) };
  const continued = continuationOf(intent);
  return continued && { keyId: continued.keyId, part: "" };
}
