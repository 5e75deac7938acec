// This file decides who may ask, by the roster and by the charter of the key that is asked for.
import { same } from "@covault/crypto";
import { CovaultError } from "@covault/errors";
import type { Roster } from "@covault/wire";
import type { VerifiedKey } from "./charter.ts";
import { claimsToBeDevice } from "./device-id.ts";
import type { OpenedIntent } from "./intent.ts";
import { kinds } from "./kinds.ts";
import { mayAsk } from "./roster.ts";

/**
 * Whether an initiator is one of the charter's. It is on the charter's list, or by the rule
 * `devices` it is a device among `members` with the key that signed. For an initiator on the list,
 * the roster says in addition which key speaks for it.
 */
export function isInitiatorOf(
  { charter, members }: Pick<VerifiedKey, "charter" | "members">,
  initiatorId: string,
  signingKey: Uint8Array,
): boolean {
  if (charter.initiators !== "devices") return charter.initiators.includes(initiatorId);
  return members.some(({ partyId, role, idpk }) => role === "device" && partyId === initiatorId && same(idpk, signingKey));
}

/**
 * Checks that the signer of an intent may ask for this now. `key` is the key that the intent asks
 * for, as it is now. It is undefined for an intent that founds a key, which is not there yet.
 * Throws `trust/not-entitled`.
 */
export function checkMayAsk(
  { intent, kind, key: signingKey }: Pick<OpenedIntent, "intent" | "kind" | "key">,
  roster: Roster,
  key: VerifiedKey | undefined,
): void {
  const { initiatorId, tenantId, issuedAtMs } = intent;
  const isDevice = claimsToBeDevice(initiatorId);
  if (!isDevice && !mayAsk(roster, { initiatorId, key: signingKey, tenantId, kind, issuedAtMs }))
    throw new CovaultError("trust/not-entitled", `The initiator ${initiatorId} may not ask for ${kind} on behalf of tenant ${tenantId}.`);
  if (key === undefined && !isDevice && kinds[kind].abandonable) return;
  if (key === undefined || !isInitiatorOf(key, initiatorId, signingKey))
    throw new CovaultError("trust/not-entitled", `The initiator ${initiatorId} is none of the key's.`);
}
