// Parties, root and initiator of the tests, and what honest parties would deliver: certificates and signatures made in one place, since
// this service only ever sees them from outside.
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { epochOf, keyIdOf } from "@covault/trust";
import {
  type Ack,
  AckSchema,
  CertificateSchema,
  type Intent,
  IntentSchema,
  type Member,
  RosterSchema,
  type SignatureTag,
  type Signed,
  SignedSchema,
  signatureTags,
  signedBytes,
} from "@covault/wire";
import { secp256k1 } from "@noble/curves/secp256k1.js";

const digest = (text: string): Uint8Array => new Uint8Array(createHash("sha256").update(text).digest());

export interface Identity {
  readonly id: string;
  readonly seed: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly statement: (tag: SignatureTag, body: Uint8Array) => Signed;
}

export function identity(id: string): Identity {
  const seed = digest(`identity of ${id}`);
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
  const key: KeyObject = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const publicKey = new Uint8Array(createPublicKey(key).export({ format: "der", type: "spki" }).subarray(12));
  const statement = (tag: SignatureTag, body: Uint8Array): Signed =>
    create(SignedSchema, { body, signature: new Uint8Array(sign(null, signedBytes(tag, body), key)), signer: id });
  return { id, seed, publicKey, statement };
}

export const root = identity("root");
export const initiator = identity("account");
export const parties = ["server-party-1", "server-party-2", "server-party-3", "server-party-4"].map(identity);

/** An initiator's key in the roster, and what became of it. */
export interface RosterKey {
  /** Default: `initiator`. */
  readonly initiatorId?: string;
  readonly key: Uint8Array;
  readonly retiredAtMs?: bigint;
  readonly revoked?: boolean;
}

export function roster(...initiatorKeys: readonly RosterKey[]): Uint8Array {
  const keys = initiatorKeys.length === 0 ? [{ key: initiator.publicKey }] : initiatorKeys;
  const body = create(RosterSchema, {
    version: 1,
    serial: 1n,
    parties: [
      ...parties.map(({ id, publicKey }) => ({ partyId: id, idpk: publicKey, role: "persistent", validFromMs: 0n, validUntilMs: 0n })),
      { partyId: "expired", idpk: identity("expired").publicKey, role: "persistent", validFromMs: 0n, validUntilMs: 1n },
      { partyId: "helper", idpk: identity("helper").publicKey, role: "delegate", validFromMs: 0n, validUntilMs: 0n },
    ],
    initiators: keys.map((entry) => ({ initiatorId: "account", ...entry })),
  });
  return toBinary(SignedSchema, root.statement(signatureTags.roster, toBinary(RosterSchema, body)));
}

/** A joint key, in one place for the tests alone. */
export interface JointKey {
  readonly secretKey: Uint8Array;
  readonly publicKey: Uint8Array;
}

export function jointKey(name: string): JointKey {
  const secretKey = digest(`joint key of ${name}`);
  return { secretKey, publicKey: secp256k1.getPublicKey(secretKey) };
}

export interface Forgery {
  /** Another key in the acknowledgement of this index. */
  readonly otherKeyAt?: number;
  /** The acknowledgement of this index is signed by somebody else. */
  readonly otherSignerAt?: number;
  /** The acknowledgement of this index is left out. */
  readonly withoutAckAt?: number;
}

/** A certificate that continues the key of a founding one, of the same holders: what a refresh of number `epochNumber` would deliver. */
export function refreshed(founding: Uint8Array, key: JointKey, epochNumber: number): Uint8Array {
  const { intent, acks } = fromBinary(CertificateSchema, founding);
  const keygen = fromBinary(IntentSchema, intent?.body ?? new Uint8Array());
  const { keyId, epoch, chain } = fromBinary(AckSchema, acks[0]?.body ?? new Uint8Array());
  if (keygen.action.case !== "keygen") throw new Error("not a keygen's certificate");
  const { scheme, threshold, members } = keygen.action.value;
  const { $typeName: _, ...head } = keygen;
  const body = create(IntentSchema, {
    ...head,
    sessionId: `${keygen.sessionId}-${epochNumber}`,
    action: {
      case: "refresh",
      value: {
        kind: "refresh",
        keyId,
        oldEpoch: epoch,
        publicKey: key.publicKey,
        chain,
        oldThreshold: threshold,
        oldMembers: members,
        oldPublicShares: members.map(({ partyId }) => jointKey(partyId).publicKey),
        dealers: members.map(({ shareIndex }) => shareIndex),
        threshold,
        members,
        scheme,
        epochNumber,
      },
    },
  });
  const signed = initiator.statement(signatureTags.intent, toBinary(IntentSchema, body));
  return certificateOf(signed, body, members, { publicKey: key.publicKey, chain, epochNumber });
}

/** What the members of a keygen intent would deliver. `signedIntent`: encoded `Signed`. */
export function certificate(signedIntent: Uint8Array, key: JointKey, forgery: Forgery = {}): Uint8Array {
  const signed = fromBinary(SignedSchema, signedIntent);
  const intent: Intent = fromBinary(IntentSchema, signed.body);
  if (intent.action.case !== "keygen") throw new Error("not a keygen intent");
  const made = { publicKey: key.publicKey, chain: digest(`chain of ${intent.sessionId}`), epochNumber: 0 };
  return certificateOf(signed, intent, intent.action.value.members, made, forgery);
}

function certificateOf(
  signed: Signed,
  intent: Intent,
  members: readonly Member[],
  made: { readonly publicKey: Uint8Array; readonly chain: Uint8Array; readonly epochNumber: number },
  forgery: Forgery = {},
): Uint8Array {
  const { chain, epochNumber } = made;
  const h2 = digest(`h2 of ${intent.sessionId}`);
  const acks = members.map((member) => {
    const publicKey = member.shareIndex === forgery.otherKeyAt ? jointKey("somebody else").publicKey : made.publicKey;
    const keyId = keyIdOf("ecdsa-secp256k1", publicKey, chain);
    const ack: Omit<Ack, "$typeName"> = {
      keyId,
      epoch: epochOf(keyId, h2),
      h2,
      shareIndex: member.shareIndex,
      intentId: new Uint8Array(createHash("sha256").update(signed.body).digest()),
      publicKey,
      chain,
      sessionId: intent.sessionId,
      epochNumber,
    };
    const body = toBinary(AckSchema, create(AckSchema, ack));
    const honest = identity(member.partyId).statement(signatureTags.ack, body);
    if (member.shareIndex !== forgery.otherSignerAt) return honest;
    return create(SignedSchema, { ...identity("stranger").statement(signatureTags.ack, body), signer: member.partyId });
  });
  const kept = acks.filter((_, at) => at + 1 !== forgery.withoutAckAt);
  return toBinary(CertificateSchema, create(CertificateSchema, { intent: signed, acks: kept }));
}

/** r || s || recovery id, 65 bytes. */
export function signature(key: JointKey, message: Uint8Array): Uint8Array {
  const recovered = secp256k1.sign(message, key.secretKey, { prehash: false, format: "recovered", lowS: true });
  return Uint8Array.of(...recovered.subarray(1), recovered[0] as number);
}

/** The same signature with s on the high side: valid mathematics, refused everywhere. */
export function highS(bytes: Uint8Array): Uint8Array {
  const s = secp256k1.Point.Fn.ORDER - BigInt(`0x${Buffer.from(bytes.subarray(32, 64)).toString("hex")}`);
  const high = Buffer.from(s.toString(16).padStart(64, "0"), "hex");
  return Uint8Array.of(...bytes.subarray(0, 32), ...high, 1 - (bytes[64] as number));
}
