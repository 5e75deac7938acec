// The roster says who is a party and who may sign intents. The operator's root key, which is kept
// offline, signs it. The roster is the succession of the initiators' keys as well
// (docs/decisions/0037): a key names its initiators by id, and the roster says which key speaks for
// an id now.
import { hex, same } from "@covault/crypto";
import { CovaultError } from "@covault/errors";
import { type Member, type Roster, type RosterInitiator, type RosterParty, RosterSchema, signatureTags, type Tenant } from "@covault/wire";
import { claimsToBeDevice } from "./device-id.ts";
import { fieldChecks, parseExact } from "./fields.ts";
import { type Kind, kindNames } from "./kinds.ts";
import { readSigned, signingKeyOf } from "./signature.ts";

const check = fieldChecks("trust/bad-roster", "The roster");
const rosterRoles = ["persistent", "delegate", "temporary", "co-managed"] as const;

/**
 * Gives the public keys, 32 bytes each, that an initiator may have signed with. It is asked before
 * parsing, with `Signed.signer`, and never for a device.
 */
export type InitiatorKeys = (initiatorId: string) => readonly Uint8Array[];

/** The last serial of 64 bits. */
const serialEnd = 2n ** 64n - 1n;

/**
 * Verifies a roster. `signedBytes` is an encoded `Signed`, and `rootKey` has 32 bytes and comes
 * from the configuration. Throws `trust/bad-roster`.
 */
export function verifyRoster(signedBytes: Uint8Array, rootKey: Uint8Array): Roster {
  const signed = readSigned(signedBytes) ?? check.fail("its bytes are not a signed statement");
  signingKeyOf(signed, signatureTags.roster, [rootKey], check, "the root key did not sign it");
  const roster = parseExact(RosterSchema, signed.body) ?? check.fail("its body cannot be read in exactly one way");
  check.that(roster.version === 1, `version ${roster.version} is not 1`);
  check.that(roster.serial < serialEnd, "serial is the last one that there is, and no roster could ever follow");
  checkParties(roster.parties);
  checkInitiators(roster.initiators);
  checkTenants(roster.tenants);
  return roster;
}

function checkParties(parties: readonly RosterParty[]): void {
  for (const [at, party] of parties.entries()) {
    check.partyId(party.partyId, `parties[${at}].party_id`);
    check.that(!claimsToBeDevice(party.partyId), `parties[${at}].party_id is a device, which no roster has`);
    check.idpk(party.idpk, `parties[${at}].idpk`);
    check.word(party.role, rosterRoles, `parties[${at}].role`);
    check.that(party.validUntilMs === 0n || party.validUntilMs > party.validFromMs, `parties[${at}] ends before it begins`);
  }
  check.distinct(
    parties.map((party) => party.partyId),
    "parties.party_id",
  );
  check.distinct(
    parties.map((party) => hex(party.idpk)),
    "parties.idpk",
  );
}

/**
 * Checks the initiators. An initiator is listed once for each key that it has or had, and that is
 * how its key is rotated.
 */
function checkInitiators(initiators: readonly RosterInitiator[]): void {
  for (const [at, initiator] of initiators.entries()) {
    check.initiatorId(initiator.initiatorId, `initiators[${at}].initiator_id`);
    check.idpk(initiator.key, `initiators[${at}].key`);
    for (const tenant of initiator.tenants) check.name(tenant, `initiators[${at}].tenants`);
    for (const kind of initiator.kinds) check.word(kind, kindNames, `initiators[${at}].kinds`);
  }
  check.distinct(
    initiators.map((initiator) => `${initiator.initiatorId} ${hex(initiator.key)}`),
    "initiators",
  );
}

function checkTenants(tenants: readonly Tenant[]): void {
  for (const [at, { tenant, policyRoots }] of tenants.entries()) {
    check.name(tenant, `tenants[${at}].tenant`);
    for (const root of policyRoots) check.bytes(root, 32, `tenants[${at}].policy_roots`);
    check.distinct(policyRoots.map(hex), `tenants[${at}].policy_roots`);
  }
  check.distinct(
    tenants.map(({ tenant }) => tenant),
    "tenants",
  );
}

/** Gives the party, if the roster has it and it is valid at this time, and undefined otherwise. */
export function rosterParty(roster: Roster, partyId: string, nowMs: number): RosterParty | undefined {
  const party = roster.parties.find((entry) => entry.partyId === partyId);
  if (party === undefined || BigInt(nowMs) < party.validFromMs) return undefined;
  return party.validUntilMs === 0n || BigInt(nowMs) < party.validUntilMs ? party : undefined;
}

/**
 * Checks that the roster knows the holders of an epoch to come, with these keys, at this time.
 * Devices are in no roster, since their id is made of their key. But at least one holder must be a
 * party of the roster, because nobody else can tell a run that took place from one that somebody
 * only claims. Throws `trust/unknown-party`.
 */
export function checkHolders(roster: Roster, members: readonly Member[], atMs: number): void {
  const parties = members.filter(({ role }) => role !== "device");
  if (parties.length === 0) throw new CovaultError("trust/unknown-party", "None of the members is a party of the roster.");
  for (const { partyId, idpk, role } of parties) {
    const known = rosterParty(roster, partyId, atMs);
    if (known === undefined || !same(known.idpk, idpk) || known.role !== role)
      throw new CovaultError("trust/unknown-party", `The roster has no valid party ${partyId} with that identity key and role.`);
  }
}

/**
 * Whether the roster has this holder of a share at this time: a party with that identity key, or a
 * device, which no roster has. One that was removed, that has expired, or that got another identity
 * key signs nothing more.
 */
export function isStillHolder(roster: Roster, { partyId, idpk, role }: Pick<Member, "partyId" | "idpk" | "role">, atMs: number): boolean {
  if (role === "device") return true;
  const known = rosterParty(roster, partyId, atMs);
  return known !== undefined && same(known.idpk, idpk);
}

/**
 * Gives a holder of an epoch with the identity key that speaks for it now, and undefined when none
 * does. The epoch's certificate has the key of its time. The roster may have given the party
 * another one since, under the same id and role: its successor, which speaks in its place
 * (dkls23-spec 7.1; docs/decisions/0081). The former key speaks no more. Only the roster says so,
 * and no intent, join or message. The id of a device is made of its key, so that it has no
 * successor.
 */
export function speakerOf<Holder extends Pick<Member, "partyId" | "idpk" | "role">>(
  roster: Roster,
  holder: Holder,
  atMs: number,
): Holder | undefined {
  if (isStillHolder(roster, holder, atMs)) return holder;
  const known = rosterParty(roster, holder.partyId, atMs);
  return known === undefined || known.role !== holder.role ? undefined : { ...holder, idpk: known.idpk };
}

/**
 * Gives the key, each of its holders with the identity key that speaks for it now. One that nobody
 * speaks for keeps that of the certificate, and `checkSigners` refuses it.
 */
export const asOfNow = <Key extends { readonly members: readonly Member[] }>(key: Key, roster: Roster, atMs: number): Key => ({
  ...key,
  members: key.members.map((member) => speakerOf(roster, member, atMs) ?? member),
});

/** Gives the identity keys, 32 bytes each, whose word about an epoch counts for a holder. */
export type HolderKeys = (holder: Pick<Member, "partyId" | "idpk" | "role">) => readonly Uint8Array[];

/**
 * Gives the keys under which a holder may have acknowledged a pair: that of the epoch's
 * certificate, and that of the roster. What was acknowledged stays so when the roster gives the
 * party another key.
 */
export const holderKeysOf =
  (roster: Roster): HolderKeys =>
  ({ partyId, idpk, role }) => {
    const successor = role === "device" ? undefined : roster.parties.find((party) => party.partyId === partyId && party.role === role);
    return successor === undefined || same(successor.idpk, idpk) ? [idpk] : [idpk, successor.idpk];
  };

/**
 * Throws `trust/unknown-party` when one of the signing members is no party of the roster any more.
 */
export function checkSigners(roster: Roster, members: readonly Member[], atMs: number): void {
  const removed = members.filter((member) => !isStillHolder(roster, member, atMs)).map(({ partyId }) => partyId);
  if (removed.length > 0)
    throw new CovaultError(
      "trust/unknown-party",
      `The roster with serial ${roster.serial} has no valid party ${removed.join(", ")} with that identity key.`,
    );
}

/** Gives all entries of an initiator, one for each of its keys. */
export function rosterInitiator(roster: Roster, initiatorId: string): readonly RosterInitiator[] {
  return roster.initiators.filter((entry) => entry.initiatorId === initiatorId);
}

/**
 * Gives all keys of an initiator, to verify what it signed in the past. Retired and revoked keys
 * are among them, since what was certified stays certified. `mayAsk` decides whether a key may ask
 * for something now.
 */
export const keysOf =
  (roster: Roster): InitiatorKeys =>
  (initiatorId) =>
    rosterInitiator(roster, initiatorId).map((entry) => entry.key);

/**
 * Gives the keys that are not revoked. They may still say something new about what was asked
 * before, as an abandonment does.
 */
export const speakingKeysOf = (roster: Roster, initiatorId: string): readonly Uint8Array[] =>
  rosterInitiator(roster, initiatorId)
    .filter((entry) => !entry.revoked)
    .map((entry) => entry.key);

/**
 * Whether an entry may ask for this kind of thing on behalf of this tenant. Its key may have been
 * retired or revoked.
 */
export const isEntitled = ({ tenants, kinds }: RosterInitiator, tenantId: string, kind: Kind): boolean =>
  (tenants.length === 0 || tenants.includes(tenantId)) && (kinds.length === 0 || kinds.includes(kind));

export interface Asking {
  readonly initiatorId: string;
  /** The key that signed, 32 bytes. */
  readonly key: Uint8Array;
  readonly tenantId: string;
  readonly kind: Kind;
  /** The time of issue of the intent, in milliseconds since 1970. */
  readonly issuedAtMs: bigint;
}

/**
 * Whether the roster lets this initiator with this key ask for this kind of thing on behalf of this
 * tenant. It is false for every device.
 */
export function mayAsk(roster: Roster, { initiatorId, key, tenantId, kind, issuedAtMs }: Asking): boolean {
  return rosterInitiator(roster, initiatorId).some(
    (entry) =>
      same(entry.key, key) &&
      !entry.revoked &&
      (entry.retiredAtMs === 0n || issuedAtMs < entry.retiredAtMs) &&
      isEntitled(entry, tenantId, kind),
  );
}

/**
 * Whether a key of this tenant may be made with this policy root, which is empty when there is
 * none. A tenant that is not listed has no roots.
 */
export function mayHaveRoot(roster: Roster, tenantId: string, policyRoot: Uint8Array): boolean {
  const entry = roster.tenants.find(({ tenant }) => tenant === tenantId);
  if (policyRoot.length === 0) return entry?.versionZeroAllowed ?? true;
  return entry?.policyRoots.some((root) => same(root, policyRoot)) ?? false;
}
