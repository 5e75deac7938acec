// The plan of a verified intent. Intents to sign name parties. The share index of each comes from
// the certificates of the key.

import { create, fromBinary } from "@bufbuild/protobuf";
import { fromBase64, hex } from "@covault/crypto";
import { CovaultError } from "@covault/errors";
import {
  asOfNow,
  checkContinues,
  checkHolders,
  checkRenews,
  checkRepairs,
  checkSigners,
  foundingOf,
  kinds,
  type OpenedIntent,
  signingTerms,
  type VerifiedKey,
} from "@covault/trust";
import {
  type Certificate,
  CertificateSchema,
  type Intent,
  IntentSchema,
  type Member,
  type RefreshAction,
  type Roster,
  SignedSchema,
} from "@covault/wire";
import type { KeyEpoch, KeyTerms, Plan, PlanSeat } from "./plan.ts";

/** The holders of shares by a certificate. `certificate` is encoded, and was verified before. */
export function holdersOf(certificate: Uint8Array): readonly Member[] {
  const { intent } = fromBinary(CertificateSchema, certificate);
  return epochTerms(fromBinary(IntentSchema, intent?.body ?? new Uint8Array()))?.members ?? [];
}

/**
 * The members that will hold shares of the epoch that an intent makes, and its number. Undefined if
 * the intent makes no epoch.
 */
export function epochTerms(intent: Intent): { readonly members: readonly Member[]; readonly epochNumber: number } | undefined {
  const founding = foundingOf(intent);
  return founding === undefined ? continuing(intent) : { members: founding.members, epochNumber: 0 };
}

/**
 * The intent of a stored session. `intent` is the statement of SessionOpened, which was verified
 * before it was appended.
 */
export function storedIntent(intent: string): Intent {
  return fromBinary(IntentSchema, fromBinary(SignedSchema, fromBase64(intent)).body);
}

/**
 * Gives the plan. `key` is the one that the intent names, in its highest epoch. Throws
 * coordinator/unknown-key without it, trust/bad-intent if they disagree, and trust/unknown-party
 * when the holders of an epoch to come are not those of the roster at the intent's time.
 */
export function planOf(opened: OpenedIntent, key: VerifiedKey | undefined, roster: Roster): Plan {
  const { intent, kind, intentId } = opened;
  if (key !== undefined) checkBelongs(intent, key);
  const { sessionId, tenantId, accountId, action } = intent;
  const frame = { sessionId, tenantId, accountId, kind, intentId: hex(intentId), expiresAtMs: Number(intent.expiresAtMs) };
  const { ends } = kinds[kind];
  if (ends === "signature") {
    if (key === undefined) throw new CovaultError("coordinator/unknown-key", "No certificate of the intent's key is known here.");
    return {
      ...frame,
      scheme: key.charter.scheme,
      ...keyTerms(intent, asOfNow(key, roster, Number(intent.issuedAtMs))),
      ackers: [],
      leaving: [],
    };
  }
  if (ends === "pair" || ends === "share") return { ...frame, ...stayingTerms(opened, key, roster) };
  const terms = foundingOf(intent) ?? (action.case === "refresh" ? action.value : undefined);
  if (terms === undefined) return misfit(`asks for a ${kind}, which is not run here`);
  const { members, threshold, scheme } = terms;
  checkHolders(roster, members, Number(intent.issuedAtMs));
  const continues = action.case === "refresh" ? continuedEpoch(opened, action.value, key) : undefined;
  const leaving = leavingDealers(intent);
  const leftOut = leftOutBy(intent);
  return {
    ...frame,
    scheme,
    threshold,
    holders: members.length,
    seats: [...members, ...leaving].map(seatOf).sort((a, b) => a.shareIndex - b.shareIndex),
    required: [],
    ackers: members.map(({ shareIndex }) => shareIndex),
    leaving: leaving.map(({ shareIndex }) => shareIndex),
    ...(leftOut.length > 0 && { leftOut }),
    ...(continues !== undefined && { continues }),
  };
}

/** The plan of a session that leaves its key in its epoch (dkls23-spec 7.1, 7.2). */
function stayingTerms(opened: OpenedIntent, key: VerifiedKey | undefined, roster: Roster) {
  const { action, issuedAtMs } = opened.intent;
  if (key === undefined) throw new CovaultError("coordinator/unknown-key", "No certificate of the intent's key is known here.");
  const isRenewal = kinds[opened.kind].ends === "pair";
  const keyNow = asOfNow(key, roster, Number(issuedAtMs));
  const members = isRenewal ? checkRenews(keyNow, opened) : checkRepairs(keyNow, opened);
  checkSigners(roster, members, Number(issuedAtMs));
  const { charter, epoch, epochNumber, threshold } = key;
  return {
    scheme: charter.scheme,
    threshold,
    holders: key.members.length,
    seats: members.map(seatOf),
    required: [],
    ackers: isRenewal ? members.map(({ shareIndex }) => shareIndex) : [],
    leaving: [],
    within: { keyId: hex(charter.keyId), epoch: hex(epoch), epochNumber },
    ...(action.case === "renew" && { generation: action.value.generation }),
    ...(action.case === "repair" && { receiver: action.value.receiver?.partyId ?? "" }),
  };
}

/** The dealers of a reshare that hold no share afterwards, ascending. */
export function leavingDealers(intent: Intent): readonly Member[] {
  const { oldMembers = [], dealers = [], members = [] } = continuing(intent) ?? {};
  const stays = new Set(members.map(({ shareIndex }) => shareIndex));
  return oldMembers.filter(({ shareIndex }) => dealers.includes(shareIndex) && !stays.has(shareIndex));
}

/**
 * The party ids of the holders before that neither deal nor hold a share afterwards. A device that
 * is recovered has another id, and its former one is among them.
 */
function leftOutBy(intent: Intent): readonly string[] {
  const { oldMembers = [], members = [] } = continuing(intent) ?? {};
  const takesPart = new Set([...members, ...leavingDealers(intent)].map(({ partyId }) => partyId));
  return oldMembers.map(({ partyId }) => partyId).filter((partyId) => !takesPart.has(partyId));
}

/**
 * The party ids that hold a share of the epoch that an intent makes of a key, and none of the one
 * before.
 */
export function newMembers(intent: Intent): readonly string[] {
  const { oldMembers = [], members = [] } = continuing(intent) ?? {};
  const before = new Set(oldMembers.map(({ partyId }) => partyId));
  return members.map(({ partyId }) => partyId).filter((partyId) => !before.has(partyId));
}

/** What an intent says of the key that it continues. Undefined when it continues none. */
const continuing = ({ action }: Intent): RefreshAction | undefined => (action.case === "refresh" ? action.value : undefined);

/** An initiator of several tenants asks for each tenant's keys in that tenant's name alone. */
function checkBelongs({ tenantId, accountId }: Intent, { charter }: VerifiedKey): void {
  if (tenantId !== charter.tenantId) misfit(`tenant_id is ${tenantId}, and the key is of another tenant`);
  if (accountId !== charter.accountId) misfit(`account_id is ${accountId}, and the key is of another account`);
}

function continuedEpoch(opened: OpenedIntent, { keyId, oldEpoch, epochNumber }: RefreshAction, key: VerifiedKey | undefined): KeyEpoch {
  if (key === undefined) throw new CovaultError("coordinator/unknown-key", `No certificate of key ${hex(keyId)} is known here.`);
  if (hex(oldEpoch) !== hex(key.epoch)) misfit(`old_epoch is not the key's epoch ${key.epochNumber}, by its certificates`);
  if (epochNumber <= key.epochNumber) misfit(`epoch_number is not above ${key.epochNumber}`);
  // What every party would refuse, such as fewer signers than the charter requires, is not begun.
  checkContinues(key, opened);
  return { keyId: hex(keyId), epoch: hex(key.epoch), epochNumber: key.epochNumber };
}

/**
 * What an intent to sign makes of the key as it is now. With `since`, the key got another epoch
 * after the session was opened, and eligible parties that hold no share of that are left out.
 * Throws trust/bad-intent, and what `signingTerms` throws.
 */
export function keyTerms(
  { action }: Intent,
  { charter, threshold, members, epoch, epochNumber }: VerifiedKey,
  since?: "since opened",
): KeyTerms {
  if (action.case !== "sign") return misfit("asks for no signature");
  const sign = action.value;
  const wrong = (what: string): never => misfit(`${what}, by the key's certificates`);
  if (sign.scheme !== charter.scheme || hex(sign.publicKey) !== hex(charter.publicKey)) wrong("scheme or public key is not the key's");
  if (sign.epochNumberMin > epochNumber) wrong(`epoch_number_min is above ${epochNumber}`);
  const required = [...new Set([...sign.required, ...charter.required])];
  const seats = sign.eligible.flatMap((partyId) => {
    const member = members.find((candidate) => candidate.partyId === partyId);
    if (member !== undefined) return [seatOf(member)];
    return since === undefined || required.includes(partyId) ? wrong(`party ${partyId} holds no share`) : [];
  });
  if (seats.length < threshold) wrong(`eligible parties are fewer than the ${threshold} who sign`);
  if (required.length > threshold) wrong(`required parties are more than the ${threshold} who sign`);
  const signsUnder = hex(signingTerms(sign, charter).publicKey);
  const key = { keyId: hex(charter.keyId), epoch: hex(epoch), epochNumber, signsUnder };
  return { threshold, holders: members.length, seats, required, key };
}

function misfit(what: string): never {
  throw new CovaultError("trust/bad-intent", `The intent's ${what}.`);
}

function seatOf(member: Member): PlanSeat {
  return { partyId: member.partyId, shareIndex: member.shareIndex, idpk: hex(member.idpk) };
}

/**
 * One certificate from the intent and all acknowledgements, each list ascending by share index. It
 * is not verified yet.
 */
export function certificateOf(intent: string, acks: readonly string[], dealerAcks: readonly string[]): Certificate {
  const signed = (text: string) => fromBinary(SignedSchema, fromBase64(text));
  return create(CertificateSchema, { intent: signed(intent), acks: acks.map(signed), dealerAcks: dealerAcks.map(signed) });
}
