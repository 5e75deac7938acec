// This file decides whether certificates may take the place of those that are held of a key
// (docs/decisions/0049). Certificates that continue the last held one may. A fork below it was
// asked for and dealt by the holders of an epoch that is over. They have erased their shares, may
// have lost their keys since, and may all lie by now. So a fork needs an initiator who speaks for
// the key today, and enough dealers that are still the parties they were.
import { isBytes, same } from "@covault/crypto";
import { CovaultError } from "@covault/errors";
import {
  AckSchema,
  type Certificate,
  CertificateSchema,
  type Intent,
  IntentSchema,
  type KeygenAction,
  type Member,
  type RefreshAction,
  type Roster,
  type Signed,
  signatureTags,
} from "@covault/wire";
import { compareEpochs } from "./charter.ts";
import { claimsToBeDevice } from "./device-id.ts";
import { parseExact } from "./fields.ts";
import { foundingOf } from "./founding.ts";
import { intentIdOf } from "./key-id.ts";
import { kindOf } from "./kinds.ts";
import { isEntitled, rosterInitiator, rosterParty } from "./roster.ts";
import { verifySignature } from "./signature.ts";

/**
 * The verdict. `held`: the shown chain leads no further than what is held. `continues`: it goes on
 * from the last certificate that is held, or nothing is held. `forks`: it leaves the held chain
 * below its end, and is allowed to.
 */
export type ChainVerdict = "held" | "continues" | "forks";

export interface Present {
  /** The newest roster that the reader has. */
  readonly roster: Roster;
  readonly nowMs: number;
}

/**
 * Judges two chains of one key, each from its founding certificate, and each verified before
 * (`openKey`). Chains that are shown one by one and all at once are judged alike: a certificate
 * that leads higher than what is held counts as held from there on. Throws `trust/bad-chain` for a
 * fork that may not take the place of what is held, whether it leads higher or lower.
 */
export function judgeChain(held: readonly CertificateOrBytes[], shown: readonly CertificateOrBytes[], present: Present): ChainVerdict {
  const end = held.at(-1);
  if (end === undefined) return "continues";
  const parts = shown.findIndex((each, at) => !isSameEpoch(each, held[at]));
  if (parts < 0) return "held";
  if (parts === held.length) return "continues";
  const last = linkOf(end);
  const standing = { committed: membersOf(last.intent), byDevices: held.some((each) => custodyOf(linkOf(each).intent) === "co-managed") };
  for (const [at, each] of shown.entries()) {
    if (at < parts) continue;
    const link = linkOf(each);
    const fault = faultOf(link, standing, present);
    if (fault !== undefined)
      throw new CovaultError(
        "trust/bad-chain",
        `Certificate ${at} of the key's chain is refused: it forks below the committed epoch ${last.epochNumber}, and ${fault}.`,
      );
    if (compareEpochs(link, last) > 0) break;
  }
  return "forks";
}

type CertificateOrBytes = Certificate | Uint8Array;

interface Link {
  readonly epoch: Uint8Array;
  readonly epochNumber: number;
  readonly signed: Signed;
  readonly intent: Intent;
}

function linkOf(certificate: CertificateOrBytes): Link {
  const { intent: signed, acks = [] } = isBytes(certificate) ? (parseExact(CertificateSchema, certificate) ?? {}) : certificate;
  const ack = acks[0] && parseExact(AckSchema, acks[0].body);
  const intent = signed && parseExact(IntentSchema, signed.body);
  if (ack === undefined || intent === undefined || signed === undefined)
    throw new CovaultError("trust/bad-chain", "A certificate of the key's chain cannot be read in exactly one way.");
  return { epoch: ack.epoch, epochNumber: ack.epochNumber, signed, intent };
}

/**
 * Whether two certificates are of the same epoch. Other signatures make no other epoch. The intents
 * are compared as well, because the acknowledging holders name the epoch, and those of another
 * intent could give theirs the same name.
 */
function isSameEpoch(one: CertificateOrBytes, other: CertificateOrBytes | undefined): boolean {
  if (other === undefined) return false;
  if (isBytes(one) && isBytes(other) && same(one, other)) return true;
  const [a, b] = [linkOf(one), linkOf(other)];
  return same(a.epoch, b.epoch) && same(intentIdOf(a.signed.body), intentIdOf(b.signed.body));
}

const termsOf = (intent: Intent): KeygenAction | RefreshAction | undefined =>
  foundingOf(intent) ?? (intent.action.case === "refresh" ? intent.action.value : undefined);

const membersOf = (intent: Intent): readonly Member[] => termsOf(intent)?.members ?? [];

const custodyOf = (intent: Intent): string => termsOf(intent)?.custody ?? "";

/** How a key stands by the chain that is held. */
interface Standing {
  /** The holders of the epoch that is committed here. */
  readonly committed: readonly Member[];
  /** Only devices may ask for the key. It stays so once it is (`openKey`). */
  readonly byDevices: boolean;
}

/** Gives what a fork's certificate lacks, or undefined when it lacks nothing. */
function faultOf({ signed, intent }: Link, { committed, byDevices }: Standing, { roster, nowMs }: Present): string | undefined {
  const { action } = intent;
  if (action.case !== "refresh") return "it founds the key in another epoch";
  const { dealers, oldMembers, oldThreshold } = action.value;
  const isDeviceNow = (partyId: string): boolean => committed.some((member) => member.partyId === partyId);
  if (claimsToBeDevice(signed.signer) ? !isDeviceNow(signed.signer) : byDevices || !speaks(signed, intent, roster))
    return `nobody who may speak for the key now has asked for it (${signed.signer})`;
  const isValidNow = ({ partyId, idpk, role }: Member): boolean => {
    if (role === "device") return isDeviceNow(partyId);
    const known = rosterParty(roster, partyId, nowMs);
    return known !== undefined && same(known.idpk, idpk);
  };
  const valid = oldMembers.filter((member) => dealers.includes(member.shareIndex) && isValidNow(member)).length;
  return valid >= oldThreshold ? undefined : `${valid} of its dealers are valid now, and not ${oldThreshold}`;
}

/**
 * Whether the intent is signed by a key of the initiator that is not revoked and may ask for this
 * kind of thing for this tenant (docs/decisions/0056). Everything else of the intent was checked
 * with its certificate.
 */
const speaks = ({ signer, body, signature }: Signed, intent: Intent, roster: Roster): boolean =>
  rosterInitiator(roster, signer).some(
    (entry) =>
      !entry.revoked &&
      isEntitled(entry, intent.tenantId, kindOf(intent)) &&
      verifySignature(signatureTags.intent, body, signature, entry.key),
  );
