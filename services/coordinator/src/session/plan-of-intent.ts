// The plan of a verified intent. Signing intents name parties; which share index each has comes from the certificate of the key's epoch.
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { CovaultError } from "@covault/errors";
import { isPublicKey, type OpenedIntent, schemes } from "@covault/trust";
import { type Certificate, CertificateSchema, type Intent, IntentSchema, type Member, type SignAction, SignedSchema } from "@covault/wire";
import { fromBase64, hex } from "./bytes.ts";
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

/** `holders`: of the key and epoch that a sign intent names. Throws coordinator/unknown-key without them, trust/bad-intent if they disagree. */
export function planOf(opened: OpenedIntent, holders: Holders | undefined): Plan {
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
  if (action.case === "sign") return { ...frame, ...signPlan(action.value, holders) };
  if (action.case !== "keygen" && action.case !== "refresh")
    throw new CovaultError("trust/bad-intent", "The intent asks for nothing known.");
  const { members, threshold } = action.value;
  const dealers = action.case === "refresh" ? action.value.oldMembers.filter((old) => action.value.dealers.includes(old.shareIndex)) : [];
  const everybody = [...members, ...dealers.filter((dealer) => !members.some((member) => member.shareIndex === dealer.shareIndex))];
  return {
    ...frame,
    scheme: action.case === "keygen" ? action.value.scheme : schemeOf(action.value.publicKey),
    threshold,
    holders: members.length,
    seats: everybody.map(seatOf).sort((a, b) => a.shareIndex - b.shareIndex),
    required: [],
    ackers: members.map((member) => member.shareIndex),
  };
}

/** A refresh intent does not name the scheme: the first whose key it is. */
function schemeOf(publicKey: Uint8Array): string {
  return schemes.find((scheme) => isPublicKey(scheme, publicKey)) ?? "";
}

function signPlan(sign: SignAction, holders: Holders | undefined) {
  const key = { keyId: hex(sign.keyId), epoch: hex(sign.epoch), publicKey: hex(sign.publicKey) };
  if (holders === undefined)
    throw new CovaultError("coordinator/unknown-key", `No certificate of key ${key.keyId}, epoch ${key.epoch} is known here.`);
  if (sign.threshold !== holders.threshold)
    throw new CovaultError("trust/bad-intent", `The intent says ${sign.threshold} sign; the key's certificate says ${holders.threshold}.`);
  const seats = sign.eligible.map((partyId) => {
    const member = holders.members.find((candidate) => candidate.partyId === partyId);
    if (member === undefined) throw new CovaultError("trust/bad-intent", `The intent's party ${partyId} holds no share of this epoch.`);
    return seatOf(member);
  });
  const { scheme, threshold, required } = sign;
  return { scheme, threshold, holders: holders.members.length, seats, required, ackers: [], key };
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
  });
}
