// The roster: who is a party and who may sign intents, signed by the operator's root key, which is kept offline.
import { fromBinary } from "@bufbuild/protobuf";
import { type Roster, type RosterInitiator, type RosterParty, RosterSchema, type Signed, SignedSchema, signatureTags } from "@covault/wire";
import { fieldChecks, type IntentKind, intentKinds, parseExact, same } from "./fields.ts";
import { verifySignature } from "./signature.ts";

const check = fieldChecks("trust/bad-roster", "The roster");
const rosterRoles = ["persistent", "delegate", "temporary", "co-managed"] as const;

/** `signedBytes`: an encoded `Signed`. `rootKey`: 32 bytes, from the configuration. Throws `trust/bad-roster`. */
export function verifyRoster(signedBytes: Uint8Array, rootKey: Uint8Array): Roster {
  const signed = readSigned(signedBytes) ?? check.fail("its bytes are not a signed statement");
  check.that(verifySignature(signatureTags.roster, signed.body, signed.signature, rootKey), "the root key did not sign it");
  const roster = parseExact(RosterSchema, signed.body) ?? check.fail("its body cannot be read in exactly one way");
  check.that(roster.version === 1, `version ${roster.version} is not 1`);
  for (const [at, party] of roster.parties.entries()) {
    check.partyId(party.partyId, `parties[${at}].party_id`);
    check.idpk(party.idpk, `parties[${at}].idpk`);
    check.word(party.role, rosterRoles, `parties[${at}].role`);
    check.that(party.validUntilMs === 0n || party.validUntilMs > party.validFromMs, `parties[${at}] ends before it begins`);
  }
  check.distinct(
    roster.parties.map((party) => party.partyId),
    "parties.party_id",
  );
  check.distinct(
    roster.parties.map((party) => String(party.idpk)),
    "parties.idpk",
  );
  checkInitiators(roster.initiators, "initiators", check);
  return roster;
}

/** An initiator may be listed more than once, with other keys: that is how its key is rotated. */
export function checkInitiators(initiators: readonly RosterInitiator[], field: string, checks: typeof check): void {
  for (const [at, initiator] of initiators.entries()) {
    checks.name(initiator.initiatorId, `${field}[${at}].initiator_id`);
    checks.idpk(initiator.key, `${field}[${at}].key`);
    for (const tenant of initiator.tenants) checks.name(tenant, `${field}[${at}].tenants`);
    for (const kind of initiator.kinds) checks.word(kind, intentKinds, `${field}[${at}].kinds`);
  }
  checks.distinct(
    initiators.map((initiator) => `${initiator.initiatorId} ${String(initiator.key)}`),
    field,
  );
}

/** The party, if the roster has it and it is valid at this time. */
export function rosterParty(roster: Roster, partyId: string, nowMs: number): RosterParty | undefined {
  const party = roster.parties.find((entry) => entry.partyId === partyId);
  if (party === undefined || BigInt(nowMs) < party.validFromMs) return undefined;
  return party.validUntilMs === 0n || BigInt(nowMs) < party.validUntilMs ? party : undefined;
}

/** All entries of an initiator, one for each of its keys. */
export function rosterInitiator(roster: Roster, initiatorId: string): readonly RosterInitiator[] {
  return roster.initiators.filter((entry) => entry.initiatorId === initiatorId);
}

/** Whether this initiator with this key may ask for this kind of thing on behalf of this tenant. */
export function isEntitled(
  initiators: readonly RosterInitiator[],
  request: { readonly initiatorId: string; readonly key: Uint8Array; readonly tenantId: string; readonly kind: IntentKind },
): boolean {
  return initiators.some(
    (entry) =>
      entry.initiatorId === request.initiatorId &&
      same(entry.key, request.key) &&
      (entry.tenants.length === 0 || entry.tenants.includes(request.tenantId)) &&
      (entry.kinds.length === 0 || entry.kinds.includes(request.kind)),
  );
}

/** The envelope around a statement: reading it trusts nothing yet. */
export function readSigned(bytes: Uint8Array): Signed | undefined {
  try {
    return fromBinary(SignedSchema, bytes);
  } catch {
    return undefined;
  }
}
