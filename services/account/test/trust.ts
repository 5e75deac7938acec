// This file holds the parties, the root and the initiator of the tests, and makes what honest
// parties would deliver. Certificates and signatures are made in one place, since this service only
// ever sees them from outside.
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { sealShare } from "@covault/mpc/backup";
import { encodeRecord } from "@covault/mpc/dkls23";
import type { ShareIndex } from "@covault/mpc/protocol";
import { epochOf, foundingOf, intentIdOf, keyIdOf, type SchemeName, type SigningTerms, taprootOutput } from "@covault/trust";
import {
  type Ack,
  AckSchema,
  BackupSchema,
  CertificateSchema,
  HoldingSchema,
  ImportRecipientSchema,
  type Intent,
  IntentSchema,
  type Member,
  PairAckSchema,
  PairCertificateSchema,
  ReleaseSchema,
  RosterSchema,
  type SignatureTag,
  type Signed,
  SignedSchema,
  signatureTags,
  signedBytes,
} from "@covault/wire";
import { ed25519 } from "@noble/curves/ed25519.js";
import { schnorr, secp256k1 } from "@noble/curves/secp256k1.js";
import { bytesToNumberBE, bytesToNumberLE } from "@noble/curves/utils.js";
import { type BackupDocument, contextOf, encodeBackup } from "../../../packages/party/src/backup/backup-document.ts";

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
  /** The id of the initiator. Default: `initiator`. */
  readonly initiatorId?: string;
  readonly key: Uint8Array;
  readonly retiredAtMs?: bigint;
  readonly revoked?: boolean;
}

export const roster = (...initiatorKeys: readonly RosterKey[]): Uint8Array => rosterOf({ initiatorKeys });

/**
 * The root's key, the serial, and the parties that are no longer in the roster, where a test
 * changes them.
 */
export interface RosterChanges {
  readonly serial?: bigint;
  readonly initiatorKeys?: readonly RosterKey[];
  readonly without?: readonly string[];
  /** Parties that have another identity key in this roster. */
  readonly succeeded?: readonly string[];
}

export function rosterOf({ serial = 1n, initiatorKeys = [], without = [], succeeded = [] }: RosterChanges): Uint8Array {
  const keys = initiatorKeys.length === 0 ? [{ key: initiator.publicKey }] : initiatorKeys;
  const body = create(RosterSchema, {
    version: 1,
    serial,
    parties: [
      ...parties
        .filter(({ id }) => !without.includes(id))
        .map(({ id, publicKey }) => ({ id, idpk: succeeded.includes(id) ? identity(`successor of ${id}`).publicKey : publicKey }))
        .map(({ id, idpk }) => ({ partyId: id, idpk, role: "persistent", validFromMs: 0n, validUntilMs: 0n })),
      { partyId: "expired", idpk: identity("expired").publicKey, role: "persistent", validFromMs: 0n, validUntilMs: 1n },
      { partyId: "helper", idpk: identity("helper").publicKey, role: "delegate", validFromMs: 0n, validUntilMs: 0n },
    ],
    initiators: keys.map((entry) => ({ initiatorId: "account", ...entry })),
  });
  return toBinary(SignedSchema, root.statement(signatureTags.roster, toBinary(RosterSchema, body)));
}

/** A joint key, which is in one place for the tests alone. */
export interface JointKey {
  readonly scheme: SchemeName;
  /** The secret. For BIP-340 it is that of the point with an even y. */
  readonly secret: bigint;
  /** The public key, in the scheme's form. */
  readonly publicKey: Uint8Array;
}

const { Fn } = secp256k1.Point;
const even = (secret: bigint): bigint => (secp256k1.getPublicKey(Fn.toBytes(secret))[0] === 3 ? Fn.neg(secret) : secret);
const ofScheme: Record<SchemeName, (bytes: Uint8Array) => Omit<JointKey, "scheme">> = {
  "ecdsa-secp256k1"(bytes) {
    const secret = Fn.create(bytesToNumberBE(bytes));
    return { secret, publicKey: secp256k1.getPublicKey(Fn.toBytes(secret)) };
  },
  "schnorr-bip340"(bytes) {
    const secret = even(Fn.create(bytesToNumberBE(bytes)));
    return { secret, publicKey: secp256k1.getPublicKey(Fn.toBytes(secret)).slice(1) };
  },
  "eddsa-ed25519"(bytes) {
    const secret = ed25519.Point.Fn.create(bytesToNumberLE(bytes));
    return { secret, publicKey: ed25519.Point.BASE.multiply(secret).toBytes() };
  },
};

export function jointKey(name: string, scheme: SchemeName = "ecdsa-secp256k1"): JointKey {
  return { scheme, ...ofScheme[scheme](digest(`joint key of ${name}`)) };
}

export interface Forgery {
  /** The acknowledgement of this index names another key. */
  readonly otherKeyAt?: number;
  /** Somebody else signs the acknowledgement of this index. */
  readonly otherSignerAt?: number;
  /** The acknowledgement of this index is left out. */
  readonly withoutAckAt?: number;
}

/**
 * Gives a certificate that continues the key of a founding one, with the same holders. It is what a
 * refresh of number `epochNumber` would deliver.
 */
export function refreshed(founding: Uint8Array, key: JointKey, epochNumber: number): Uint8Array {
  const { intent, acks } = fromBinary(CertificateSchema, founding);
  const keygen = fromBinary(IntentSchema, intent?.body ?? new Uint8Array());
  const { keyId, epoch, chain } = fromBinary(AckSchema, acks[0]?.body ?? new Uint8Array());
  const charter = foundingOf(keygen);
  if (charter === undefined) throw new Error("not a founding certificate");
  const { scheme, threshold, members } = charter;
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
  return certificateOf(signed, body, members, { scheme: key.scheme, publicKey: key.publicKey, chain, epochNumber });
}

/** Gives the public share that the tests say a holder has in an epoch. */
export const publicShareOf = (partyId: string, epoch: Uint8Array): Uint8Array =>
  jointKey(`${partyId} in ${Buffer.from(epoch).toString("hex")}`).publicKey;

/**
 * Gives what the holders and leaving dealers of an intent to continue a key would deliver.
 * `signedIntent` is an encoded `Signed`.
 */
export function continued(signedIntent: Uint8Array, key: JointKey): Uint8Array {
  const signed = fromBinary(SignedSchema, signedIntent);
  const intent: Intent = fromBinary(IntentSchema, signed.body);
  const { action } = intent;
  if (action.case !== "refresh") throw new Error("not an intent that continues a key");
  const { members, oldMembers, dealers, chain, epochNumber } = action.value;
  const stays = new Set(members.map(({ shareIndex }) => shareIndex));
  const leaving = oldMembers.filter(({ shareIndex }) => dealers.includes(shareIndex) && !stays.has(shareIndex));
  const made = { scheme: key.scheme, publicKey: key.publicKey, chain, epochNumber };
  const [own, left] = [members, leaving].map((some) => fromBinary(CertificateSchema, certificateOf(signed, intent, some, made)));
  return toBinary(CertificateSchema, create(CertificateSchema, { intent: signed, acks: own?.acks ?? [], dealerAcks: left?.acks ?? [] }));
}

/** Gives the epoch and the number that a certificate says, its holders, and its session. */
export function factsOf(certificate: Uint8Array): {
  epoch: Uint8Array;
  epochNumber: number;
  members: readonly Member[];
  oldEpoch: Uint8Array;
} {
  const { intent: signed, acks } = fromBinary(CertificateSchema, certificate);
  const { action } = fromBinary(IntentSchema, signed?.body ?? new Uint8Array());
  const { epoch, epochNumber } = fromBinary(AckSchema, acks[0]?.body ?? new Uint8Array());
  const { members } = foundingOf({ action }) ?? (action.case === "refresh" ? action.value : { members: [] });
  return { epoch, epochNumber, members, oldEpoch: action.case === "refresh" ? action.value.oldEpoch : new Uint8Array() };
}

/** The id of the pair of two holders that was made with their epoch. */
export const pairIdOf = (one: number, other: number): Uint8Array => digest(`pair ${Math.min(one, other)}-${Math.max(one, other)}`);

/** Gives what a party says that it holds, signed by its identity key. */
export function holdingOf(
  partyId: string,
  { keyId, nonce, certificate }: { readonly keyId: Uint8Array; readonly nonce: Uint8Array; readonly certificate: Uint8Array },
  change: MessageInitShape<typeof HoldingSchema> = {},
): Signed {
  const { epoch, epochNumber, members } = factsOf(certificate);
  const publicShares = members.map((member) => ({ shareIndex: member.shareIndex, point: publicShareOf(member.partyId, epoch) }));
  const shareIndex = members.find((member) => member.partyId === partyId)?.shareIndex ?? 0;
  const pairs = members
    .filter((member) => member.shareIndex !== shareIndex)
    .map((member) => ({ shareIndex: member.shareIndex, state: "usable", pairId: pairIdOf(shareIndex, member.shareIndex) }));
  const held = shareIndex > 0 ? { share: "held", shareIndex, publicShares, pairs } : { share: "none" };
  const known = shareIndex > 0 ? { epoch, epochNumber, highestEpochNumber: epochNumber } : {};
  const body = create(HoldingSchema, { keyId, nonce, partyId, ...known, ...held, ...change });
  return identity(partyId).statement(signatureTags.holding, toBinary(HoldingSchema, body));
}

/** Gives what both ends of a renewal would deliver. `signedIntent` is an encoded `Signed`. */
export function pairCertificate(signedIntent: Uint8Array, change: MessageInitShape<typeof PairAckSchema> = {}): Uint8Array {
  const signed = fromBinary(SignedSchema, signedIntent);
  const intent = fromBinary(IntentSchema, signed.body);
  if (intent.action.case !== "renew") throw new Error("not an intent that renews a pair");
  const { keyId, epoch, shareIndexLo, shareIndexHi, generation } = intent.action.value;
  const intentId = new Uint8Array(createHash("sha256").update(signed.body).digest());
  const acks = [shareIndexLo, shareIndexHi].map((shareIndex) => {
    const { sessionId } = intent;
    const said = { keyId, epoch, shareIndexLo, shareIndexHi, generation, pairId: intentId, intentId, sessionId, shareIndex };
    const body = toBinary(PairAckSchema, create(PairAckSchema, { ...said, ...change }));
    return identity(`server-party-${shareIndex}`).statement(signatureTags.pairAck, body);
  });
  return toBinary(PairCertificateSchema, create(PairCertificateSchema, { intent: signed, acks }));
}

/** Gives what the receiver of a repair says at its end. */
export function repairedHolding(signedIntent: Uint8Array, change: MessageInitShape<typeof HoldingSchema> = {}): Uint8Array {
  const { action } = fromBinary(IntentSchema, fromBinary(SignedSchema, signedIntent).body);
  if (action.case !== "repair") throw new Error("not an intent that repairs a share");
  const { keyId, epoch, epochNumber, receiver, publicShares } = action.value;
  const { partyId = "", shareIndex = 0 } = receiver ?? {};
  const others = publicShares.map((_, at) => at + 1).filter((index) => index !== shareIndex);
  const body = create(HoldingSchema, {
    ...{ keyId, nonce: digest("attempt"), partyId, epoch, epochNumber, highestEpochNumber: epochNumber, share: "held", shareIndex },
    publicShares: publicShares.map((point, at) => ({ shareIndex: at + 1, point })),
    pairs: others.map((index) => ({ shareIndex: index, state: "lost", pairId: new Uint8Array(32) })),
    ...change,
  });
  return toBinary(SignedSchema, identity(partyId).statement(signatureTags.holding, toBinary(HoldingSchema, body)));
}

/** Gives what a party says that it has sealed, signed by its identity key. */
export function backupOf(
  partyId: string,
  { keyId, nonce, certificate }: { readonly keyId: Uint8Array; readonly nonce: Uint8Array; readonly certificate: Uint8Array },
  change: MessageInitShape<typeof BackupSchema> = {},
): Signed {
  const { epoch, epochNumber, members } = factsOf(certificate);
  const shareIndex = members.find((member) => member.partyId === partyId)?.shareIndex ?? 0;
  const copy = { recipient: digest("recipient"), document: digest(`document of ${partyId}`), madeAtMs: 1_796_032_800_000n };
  const body = create(BackupSchema, { keyId, nonce, partyId, epoch, epochNumber, shareIndex, copies: [copy], ...change });
  return identity(partyId).statement(signatureTags.backup, toBinary(BackupSchema, body));
}

/** What a holder says that has lost its share. */
export const lost = { share: "none", shareIndex: 0, publicShares: [], pairs: [] };

export const chainOf = (keygenSessionId: string): Uint8Array => digest(`chain of ${keygenSessionId}`);

/**
 * Gives what the members of an intent that founds a key would deliver. `signedIntent` is an encoded
 * `Signed`.
 */
export function certificate(signedIntent: Uint8Array, key: JointKey, forgery: Forgery = {}): Uint8Array {
  const signed = fromBinary(SignedSchema, signedIntent);
  const intent: Intent = fromBinary(IntentSchema, signed.body);
  const founding = foundingOf(intent);
  if (founding === undefined) throw new Error("not an intent that founds a key");
  const chain = intent.action.case === "import" ? intent.action.value.chain : chainOf(intent.sessionId);
  return certificateOf(signed, intent, founding.members, { ...key, chain, epochNumber: 0 }, forgery);
}

function certificateOf(
  signed: Signed,
  intent: Intent,
  members: readonly Member[],
  made: { readonly scheme: SchemeName; readonly publicKey: Uint8Array; readonly chain: Uint8Array; readonly epochNumber: number },
  forgery: Forgery = {},
): Uint8Array {
  const { chain, epochNumber } = made;
  const h2 = digest(`h2 of ${intent.sessionId}`);
  const acks = members.map((member) => {
    const publicKey = member.shareIndex === forgery.otherKeyAt ? jointKey("somebody else").publicKey : made.publicKey;
    const keyId = keyIdOf(made.scheme, publicKey, chain);
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

/**
 * Gives what the holders of `key` report for these terms. For ECDSA it is r || s || recovery id, 65
 * bytes, and otherwise 64 bytes.
 */
export function signature(
  key: JointKey,
  { message, tweak, merkleRoot }: Pick<SigningTerms, "message" | "tweak" | "merkleRoot">,
): Uint8Array {
  return signing[key.scheme](key.secret, message, tweak, merkleRoot);
}

const signing: Record<
  SchemeName,
  (secret: bigint, message: Uint8Array, tweak: Uint8Array, merkleRoot: Uint8Array | undefined) => Uint8Array
> = {
  "ecdsa-secp256k1"(secret, message, tweak) {
    const child = Fn.toBytes(Fn.add(secret, bytesToNumberBE(tweak)));
    const recovered = secp256k1.sign(message, child, { prehash: false, format: "recovered", lowS: true });
    return Uint8Array.of(...recovered.subarray(1), recovered[0] as number);
  },
  "schnorr-bip340"(secret, message, tweak, merkleRoot) {
    const child = even(Fn.add(secret, bytesToNumberBE(tweak)));
    const publicKey = secp256k1.getPublicKey(Fn.toBytes(child)).slice(1);
    const tap = merkleRoot === undefined ? 0n : bytesToNumberBE(taprootOutput(publicKey, merkleRoot).tweak);
    return schnorr.sign(message, Fn.toBytes(Fn.add(child, tap)));
  },
  "eddsa-ed25519"(secret, message, tweak) {
    const { BASE, Fn: Scalar } = ed25519.Point;
    const child = Scalar.add(secret, bytesToNumberLE(tweak));
    const hashed = (...parts: readonly Uint8Array[]): bigint =>
      Scalar.create(bytesToNumberLE(new Uint8Array(createHash("sha512").update(Buffer.concat(parts)).digest())));
    const nonce = hashed(Scalar.toBytes(child), message);
    const R = BASE.multiply(nonce).toBytes();
    const challenge = hashed(R, BASE.multiply(child).toBytes(), message);
    return Uint8Array.of(...R, ...Scalar.toBytes(Scalar.add(nonce, Scalar.mul(challenge, child))));
  },
};

/** Gives the terms of a digest that the key itself signs. */
export const untweaked = (message: Uint8Array) => ({ message, tweak: new Uint8Array(32), merkleRoot: undefined });

/**
 * Gives the same signature with s on the high side. It is valid mathematics, and refused
 * everywhere.
 */
export function highS(bytes: Uint8Array): Uint8Array {
  const s = secp256k1.Point.Fn.ORDER - BigInt(`0x${Buffer.from(bytes.subarray(32, 64)).toString("hex")}`);
  const high = Buffer.from(s.toString(16).padStart(64, "0"), "hex");
  return Uint8Array.of(...bytes.subarray(0, 32), ...high, 1 - (bytes[64] as number));
}

/** What an honest holder answers to an export, with a document that stands for its sealed share. */
export function releaseOf(partyId: string, asked: AskedExport, change: MessageInitShape<typeof ReleaseSchema> = {}): Signed {
  const { body } = fromBinary(SignedSchema, asked.signedIntent);
  const { action } = fromBinary(IntentSchema, body);
  const keyId = action.case === "export" ? action.value.keyId : new Uint8Array();
  const document = change.document ?? encodeBackup(sealedShare(partyId, asked));
  const release = create(ReleaseSchema, { intentId: intentIdOf(body), keyId, partyId, ...change, document });
  return identity(partyId).statement(signatureTags.release, toBinary(ReleaseSchema, release));
}

/** What a holder is asked for an export with, and the key that it holds a share of. */
export interface AskedExport {
  /** An encoded `Signed`. */
  readonly signedIntent: Uint8Array;
  readonly key: JointKey;
  /** The certificate of the epoch. */
  readonly certificate: Uint8Array;
}

/** Who opens the documents of exports, by the public key. */
export const recipient: Uint8Array = secp256k1.getPublicKey(digest("the recipient's key"), true);

/**
 * Gives the document of a holder of a 2-of-n key for ECDSA: its share, really sealed. `terms` are
 * what a lying holder says otherwise before it seals, and with another `slope` the shares lie on
 * another polynomial.
 */
export function sealedShare(
  partyId: string,
  { signedIntent, key, certificate }: AskedExport,
  { slope = 7n, ...terms }: Partial<BackupDocument> & { readonly slope?: bigint } = {},
): BackupDocument {
  const { acks } = fromBinary(CertificateSchema, certificate);
  const { keyId, epoch, epochNumber, h2, chain } = fromBinary(AckSchema, acks[0]?.body ?? new Uint8Array());
  const { members } = factsOf(certificate);
  const shareOf = (index: number): Uint8Array => Fn.toBytes(Fn.create(key.secret + slope * BigInt(index)));
  const self = members.find((member) => member.partyId === partyId)?.shareIndex ?? 0;
  const holders = members.map(({ shareIndex }) => ({
    index: shareIndex as ShareIndex,
    publicShare: secp256k1.getPublicKey(shareOf(shareIndex)),
  }));
  const head = { version: 1, keyId, epoch, h2, self: self as ShareIndex, threshold: 2, holders } as const;
  const record = encodeRecord({ ...head, publicKey: key.publicKey, chain, exposed: undefined });
  const of = { scheme: key.scheme, keyId, epoch, epochNumber, partyId, shareIndex: self, record, recipient };
  const document = { ...of, intentId: intentIdOf(fromBinary(SignedSchema, signedIntent).body), certificates: [], initiators: [], ...terms };
  const publicShare = secp256k1.getPublicKey(shareOf(self));
  const statement = { curve: "secp256k1", publicShare, recipient: document.recipient, context: contextOf(document) } as const;
  return { ...document, sealed: terms.sealed ?? sealShare(statement, shareOf(self), digest(`entropy of ${partyId}`)) };
}

/** The key that a party gives for an import, signed by its identity key. */
export function recipientOf(partyId: string, nonce: Uint8Array, change: MessageInitShape<typeof ImportRecipientSchema> = {}): Signed {
  const given = { nonce, partyId, x25519: new Uint8Array(32).fill(9), expiresAtMs: BigInt(Date.now() + 600_000), ...change };
  const body = toBinary(ImportRecipientSchema, create(ImportRecipientSchema, given));
  return identity(partyId).statement(signatureTags.importRecipient, body);
}
