// A keygen founds a key, so its fields are the charter to come (charter.ts).
import type { KeygenAction, Member } from "@covault/wire";
import { claimsToBeDevice } from "../device-id.ts";
import type { FieldChecks } from "../fields.ts";
import { schemeNames } from "../schemes/index.ts";

/** The custodies: they say in whose hands the shares of a key are. */
export const custodies = ["server", "delegate", "co-managed"] as const;
export type Custody = (typeof custodies)[number];
const initiatorsRules = ["devices"] as const;

export function checkKeygen(keygen: KeygenAction, initiatorId: string, check: FieldChecks): void {
  check.that(!claimsToBeDevice(initiatorId), "initiator_id is a device, and a key to come has no devices that could ask");
  check.word(keygen.scheme, schemeNames, "scheme");
  check.members(keygen.members, "members");
  check.threshold(keygen.threshold, keygen.members.length, "threshold");
  checkRequired(keygen, check);
  const custody = check.word(keygen.custody, custodies, "custody");
  checkWhoMayAsk(keygen, custody, check);
  checkUser(keygen, custody, check);
  check.bytesOrNone(keygen.policyRoot, 32, "policy_root");
  check.bytesOrNone(keygen.policyDocument, 32, "policy_document");
  check.that(keygen.policyDocument.length === 0 || keygen.policyRoot.length > 0, "policy_document is given without policy_root");
}

/**
 * Checks the parties that are in every quorum. They are members, and no more of them than sign
 * together.
 */
export function checkRequired(
  terms: { readonly required: readonly string[]; readonly members: readonly Member[]; readonly threshold: number },
  check: FieldChecks,
): void {
  const { required, members, threshold } = terms;
  check.distinct(required, "required");
  check.that(
    required.every((partyId) => members.some((member) => member.partyId === partyId)),
    "required names a party that is not a member",
  );
  check.that(required.length <= threshold, "required names more parties than sign");
}

function checkWhoMayAsk({ initiators, initiatorsRule, members }: KeygenAction, custody: Custody, check: FieldChecks): void {
  for (const [at, initiator] of initiators.entries()) check.initiatorId(initiator, `initiators[${at}]`);
  check.distinct(initiators, "initiators");
  const devices = initiatorsRule !== "" && check.word(initiatorsRule, initiatorsRules, "initiators_rule") === "devices";
  check.that(initiators.length > 0 || devices, "initiators is empty and has no rule: nobody could ever use the key");
  check.that(initiators.length === 0 || !devices, "initiators is a list and a rule at once");
  check.that(devices === (custody === "co-managed"), "initiators_rule devices and custody co-managed go together only");
  check.that(!devices || members.some(({ role }) => role === "device"), "members has no device: nobody could ever use the key");
}

function checkUser({ user }: KeygenAction, custody: Custody, check: FieldChecks): void {
  check.that((user !== undefined) === (custody === "delegate"), "user and custody delegate go together only");
  if (user === undefined) return;
  check.bytes(user.hpkeKey, 32, "user.hpke_key");
  check.idpk(user.signingKey, "user.signing_key");
}
