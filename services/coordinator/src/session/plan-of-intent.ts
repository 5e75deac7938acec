// The plan of a verified intent. Signing intents name parties; which share index each has comes from the certificate of the key's epoch.
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { CovaultError } from "@covault/errors";
import type { OpenedIntent, VerifiedKey } from "@covault/trust";
import { type Certificate, CertificateSchema, type Intent, IntentSchema, type Member, type SignAction, SignedSchema } from "@covault/wire";
import { base64, fromBase64, hex } from "./bytes.ts";
import type { Plan, PlanSeat } from "./plan.ts";

/** Who holds shares of an epoch, and how many of them sign. */
export interface Holders {
  readonly threshold: number;
  readonly members: readonly Member[];
}

/** The holders that a certificate makes; undefined if its intent makes no epoch. `certificate`: verified before. */
export function holdersOf(certificate: Certificate | Uint8Array): Holders | undefined {
  const read = certificate instanceof Uint8Array ? fromBinary(CertificateSchema, certificate) : certificate;
  const { action } = fromBinary(IntentSchema, read.intent?.body ?? new Uint8Array());
  return action.case === "keygen" || action.case === "refresh" ? action.value : undefined;
}

/** The intent of a stored session. `intent`: as in SessionOpened, verified before it was appended. */
export function storedIntent(intent: string): Intent {
  return fromBinary(IntentSchema, fromBinary(SignedSchema, fromBase64(intent)).body);
}

/** A key as this coordinator knows it, and what it knows it by: the founding certificate and every later one, ascending. */
export interface KnownKey {
  readonly key: VerifiedKey;
  readonly certificates: readonly Uint8Array[];
}

/** `known`: the key that a sign intent names. Throws coordinator/unknown-key without it, trust/bad-intent if they disagree. */
export function planOf(opened: OpenedIntent, known: KnownKey | undefined): Plan {
  const { intent } = opened;
  const frame = {
    sessionId: intent.sessionId,
    tenantId: intent.tenantId,
    accountId: intent.accountId,
    kind: opened.kind,
    intentId: hex(opened.intentId),
    expiresAtMs: Number(intent.expiresAtMs),
  };
  const { action } = intent;
  if (action.case === "sign") return { ...frame, ...signPlan(action.value, known) };
  if (action.case !== "keygen" && action.case !== "refresh")
    throw new CovaultError("trust/bad-intent", "The intent asks for nothing known.");
  const { members, threshold } = action.value;
  const dealers = action.case === "refresh" ? action.value.oldMembers.filter((old) => action.value.dealers.includes(old.shareIndex)) : [];
  const everybody = [...members, ...dealers.filter((dealer) => !members.some((member) => member.shareIndex === dealer.shareIndex))];
  return {
    ...frame,
    scheme: action.value.scheme,
    threshold,
    holders: members.length,
    seats: everybody.map(seatOf).sort((a, b) => a.shareIndex - b.shareIndex),
    required: [],
    ackers: members.map((member) => member.shareIndex),
  };
}

function signPlan(sign: SignAction, known: KnownKey | undefined) {
  if (known === undefined) throw new CovaultError("coordinator/unknown-key", `No certificate of key ${hex(sign.keyId)} is known here.`);
  const { charter, threshold, members, epoch, epochNumber } = known.key;
  const wrong = (what: string): never => {
    throw new CovaultError("trust/bad-intent", `The intent's ${what}, by the key's certificates.`);
  };
  if (sign.scheme !== charter.scheme || hex(sign.publicKey) !== hex(charter.publicKey)) wrong("scheme or public key is not the key's");
  if (sign.epochNumberMin > epochNumber) wrong(`epoch_number_min is above ${epochNumber}`);
  const seats = sign.eligible.map((partyId) => {
    const member = members.find((candidate) => candidate.partyId === partyId);
    return member === undefined ? wrong(`party ${partyId} holds no share`) : seatOf(member);
  });
  const required = [...new Set([...sign.required, ...charter.required])];
  if (seats.length < threshold) wrong(`eligible parties are fewer than the ${threshold} who sign`);
  if (required.length > threshold) wrong(`required parties are more than the ${threshold} who sign`);
  const key = {
    keyId: hex(charter.keyId),
    epoch: hex(epoch),
    epochNumber,
    publicKey: hex(charter.publicKey),
    certificates: known.certificates.map(base64),
  };
  return { scheme: charter.scheme, threshold, holders: members.length, seats, required, ackers: [], key };
}

function seatOf(member: Member): PlanSeat {
  return { partyId: member.partyId, shareIndex: member.shareIndex, idpk: hex(member.idpk) };
}

/** One certificate from the intent and all acknowledgements, ascending share index. Not verified yet. */
export function certificateBytes(intent: string, acks: readonly string[]): Uint8Array {
  return toBinary(CertificateSchema, {
    $typeName: "covault.v1.Certificate",
    intent: fromBinary(SignedSchema, fromBase64(intent)),
    acks: acks.map((ack) => fromBinary(SignedSchema, fromBase64(ack))),
    dealerAcks: [],
  });
}
