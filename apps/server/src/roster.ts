// This file signs a roster with the operator's root key. An embedded system is its own operator. In
// production the root key is offline.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { identityKeyFromSeed, signStatement } from "@covault/channel";
import { asCovaultError, CovaultError } from "@covault/errors";
import type { KeptRoster } from "@covault/service-kit/sql";
import { LiveRoster, parseExact, verifyRoster } from "@covault/trust";
import {
  type Roster,
  type RosterInitiatorSchema,
  type RosterPartySchema,
  RosterSchema,
  SignedSchema,
  signatureTags,
  type TenantSchema,
} from "@covault/wire";
import { rosterBytes, rosterText } from "./roster-file.ts";
import { readWhole, writeWhole } from "./secrets.ts";

export interface SignedRoster {
  /** The encoded `Signed` roster. */
  readonly signed: Uint8Array;
  /** The root public key, 32 bytes. */
  readonly rootKey: Uint8Array;
}

export interface RosterContent {
  readonly serial: bigint;
  readonly parties: MessageInitShape<typeof RosterPartySchema>[];
  readonly initiators: MessageInitShape<typeof RosterInitiatorSchema>[];
  /** The tenants. Without any, every tenant has policy version 0. */
  readonly tenants?: MessageInitShape<typeof TenantSchema>[];
}

export function signRoster(rootSeed: Uint8Array, content: RosterContent): SignedRoster {
  const root = identityKeyFromSeed(rootSeed);
  const body = toBinary(RosterSchema, create(RosterSchema, { ...content, version: 1 }));
  return { signed: toBinary(SignedSchema, signStatement(root, signatureTags.roster, "root", body)), rootKey: root.publicKey };
}

/**
 * Gives a roster of these persistent parties, by their seeds, and of the one initiator `account`.
 * `former` is the roster that was in use before. What it says of initiators stays when it has the
 * key of `account`. A roster with another content has a higher serial. So has one that could not
 * follow those in `kept`, which databases remember.
 */
export function ownRoster(
  rootSeed: Uint8Array,
  identities: ReadonlyMap<string, Uint8Array>,
  initiatorSeed: Uint8Array,
  former?: Uint8Array,
  kept: readonly KeptRoster[] = [],
): SignedRoster {
  const parties = [...identities].map(([partyId, seed]) => ({ partyId, idpk: identityKeyFromSeed(seed).publicKey, role: "persistent" }));
  const own = { initiatorId: "account", key: identityKeyFromSeed(initiatorSeed).publicKey };
  const before = former && verified(rootSeed, former)?.initiators;
  const initiators = before?.some((entry) => isKeyOf(entry, own)) ? before : [own];
  const sign = (serial: bigint) => signRoster(rootSeed, { serial, parties, initiators });
  const body = former && parseExact(SignedSchema, former)?.body;
  const serial = (body && parseExact(RosterSchema, body)?.serial) ?? BigInt(parties.length);
  const same = sign(serial);
  const isUnchanged = former === undefined || Buffer.from(same.signed).equals(former);
  if (isUnchanged && kept.every((mark) => mark.serial < serial || isOf(mark, same.signed))) return same;
  return sign([serial, ...kept.map((mark) => mark.serial)].reduce((highest, each) => (each > highest ? each : highest)) + 1n);
}

/** Gives a roster that this root has signed, and undefined for any other bytes. */
function verified(rootSeed: Uint8Array, signed: Uint8Array): Roster | undefined {
  try {
    return verifyRoster(signed, identityKeyFromSeed(rootSeed).publicKey);
  } catch (error) {
    if (asCovaultError(error) === undefined) throw error;
    return undefined;
  }
}

interface Entry {
  readonly initiatorId: string;
  readonly key: Uint8Array;
}
const isKeyOf = (one: Entry, other: Entry): boolean => one.initiatorId === other.initiatorId && same(one.key, other.key);

/**
 * Checks that a system that was used has its keys still, by the roster that it went by. A key that
 * an operator has put into that roster is none of another system. Throws config/other-key.
 */
function requireSameKeys({ initiators, parties }: Roster, identities: ReadonlyMap<string, Uint8Array>, initiatorSeed: Uint8Array): void {
  const own = { initiatorId: "account", key: identityKeyFromSeed(initiatorSeed).publicKey };
  if (!initiators.some((entry) => isKeyOf(entry, own)))
    throw otherKey("INITIATOR_KEY", "the roster has another key of the initiator account");
  for (const { partyId, idpk } of parties) {
    const seed = identities.get(partyId);
    if (seed !== undefined && !same(identityKeyFromSeed(seed).publicKey, idpk))
      throw otherKey(`secrets/parties/${partyId}`, `the roster has another identity key of ${partyId}`);
  }
}

export const otherKey = (name: string, why: string): CovaultError =>
  new CovaultError("config/other-key", `The data folder was used with another key than ${name} gives now: ${why}. Nothing was started.`, {
    facts: { key: name },
  });

const same = (one: Uint8Array, other: Uint8Array): boolean => Buffer.from(one).equals(other);

function isOf({ digest }: KeptRoster, signed: Uint8Array): boolean {
  const body = parseExact(SignedSchema, signed)?.body ?? new Uint8Array();
  return createHash("sha256").update(body).digest().equals(digest);
}

/**
 * Gives the same roster, and keeps it in a file as ROSTER_FILE has it, so that its serial rises
 * over restarts. A file that is gone, or older than what is kept, is no harm: its content comes
 * from the seeds. Throws config/other-key when databases keep a roster, and the file has another
 * key of the initiator or of a party.
 */
export function keptRoster(
  file: string,
  rootSeed: Uint8Array,
  identities: ReadonlyMap<string, Uint8Array>,
  initiatorSeed: Uint8Array,
  kept: readonly KeptRoster[] = [],
): SignedRoster {
  const former = existsSync(file) ? rosterBytes(readWhole(file)) : undefined;
  const before = former && verified(rootSeed, former);
  if (kept.length > 0 && before !== undefined) requireSameKeys(before, identities, initiatorSeed);
  const roster = ownRoster(rootSeed, identities, initiatorSeed, former, kept);
  writeWhole(file, rosterText(roster.signed));
  return roster;
}

export const liveRoster = ({ signed, rootKey }: SignedRoster): LiveRoster => new LiveRoster(signed, rootKey);
