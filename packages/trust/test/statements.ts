// This file makes the statements of a 2-of-3 wallet for the tests. noble signs them, which is
// another implementation than the one that verifies on Node.
import { create, type DescMessage, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import {
  AckSchema,
  type Certificate,
  CertificateSchema,
  IntentSchema,
  JoinStatementSchema,
  RosterSchema,
  type SignatureTag,
  type Signed,
  SignedSchema,
  signatureTags,
  signedBytes,
} from "@covault/wire";
import { ed25519 } from "@noble/curves/ed25519.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { deviceIdOf, epochOf, intentIdOf, keyIdOf } from "../src/index.ts";

export const nowMs = 1_800_000_000_000;

export interface TestKey {
  readonly seed: Uint8Array;
  readonly publicKey: Uint8Array;
}
export function keyOf(number: number): TestKey {
  const seed = new Uint8Array(32).fill(number);
  return { seed, publicKey: ed25519.getPublicKey(seed) };
}
export const bytesOf = (length: number, fill: number): Uint8Array => new Uint8Array(length).fill(fill);

export function statement(tag: SignatureTag, signer: string, key: TestKey, body: Uint8Array): Signed {
  const device = signer.startsWith("dev_") ? { key: key.publicKey } : {};
  return create(SignedSchema, { body, signer, signature: ed25519.sign(signedBytes(tag, body), key.seed), ...device });
}
export const encode = <D extends DescMessage>(schema: D, init: MessageInitShape<D>): Uint8Array => toBinary(schema, create(schema, init));
export const encodeSigned = (signed: Signed): Uint8Array => toBinary(SignedSchema, signed);

export const root = keyOf(1);
export const initiator = keyOf(2);
export const parties = [1, 2, 3].map((index) => ({ index, partyId: `server-party-${index}`, key: keyOf(10 + index) }));
export const memberInits = parties.map(({ index, partyId, key }) => ({
  partyId,
  shareIndex: index,
  idpk: key.publicKey,
  role: "persistent",
}));

export const rosterInit = {
  version: 1,
  serial: 7n,
  parties: parties.map(({ partyId, key }) => ({ partyId, idpk: key.publicKey, role: "persistent", validFromMs: 5n, validUntilMs: 0n })),
  initiators: [initiatorInit()],
  tenants: [{ tenant: "strict", policyRoots: [bytesOf(32, 0x77)], versionZeroAllowed: false }],
};
export function initiatorInit(key = initiator) {
  return {
    initiatorId: "account",
    key: key.publicKey,
    tenants: [] as string[],
    kinds: [] as string[],
    retiredAtMs: 0n,
    revoked: false,
  };
}
export const roster = (change: (init: typeof rosterInit) => unknown = () => undefined, key = root): Uint8Array => {
  const init = structuredClone(rosterInit);
  change(init);
  return encodeSigned(statement(signatureTags.roster, "root", key, encode(RosterSchema, init)));
};

const head = {
  version: 1,
  tenantId: "default",
  initiatorId: "account",
  sessionId: "ses_1",
  issuedAtMs: BigInt(nowMs),
  expiresAtMs: BigInt(nowMs + 60_000),
  accountId: "acc_1",
  requestedBy: "",
};
const keygenAction = {
  scheme: "ecdsa-secp256k1",
  threshold: 2,
  members: memberInits,
  initiators: ["account"],
  policyRoot: new Uint8Array(),
  policyDocument: new Uint8Array(),
  required: [] as string[],
  custody: "server",
  initiatorsRule: "",
};
/** Gives the public key of number n, whose private key is n. */
export const publicKeyOf = (number: number): Uint8Array => secp256k1.Point.BASE.multiply(BigInt(number)).toBytes(true);
export const chain = bytesOf(32, 0xcc);
const signAction = {
  keyId: bytesOf(32, 1),
  epochNumberMin: 0,
  publicKey: publicKeyOf(5),
  scheme: "ecdsa-secp256k1",
  message: bytesOf(32, 3),
  eligible: parties.map((party) => party.partyId),
  required: ["server-party-2"],
  derivationPath: [0, 7],
};
const refreshAction = {
  kind: "refresh",
  keyId: keyIdOf("ecdsa-secp256k1", publicKeyOf(5), chain),
  oldEpoch: bytesOf(32, 9),
  publicKey: publicKeyOf(5),
  chain,
  oldThreshold: 2,
  oldMembers: structuredClone(memberInits),
  oldPublicShares: [6, 7, 8].map(publicKeyOf),
  dealers: [1, 2, 3],
  threshold: 2,
  members: memberInits,
  scheme: "ecdsa-secp256k1",
  epochNumber: 1,
  policyRoot: new Uint8Array(),
  custody: "",
  amendsRequired: false,
  required: [] as string[],
};
export const keygenInit = { ...head, action: { case: "keygen" as const, value: keygenAction } };
export const signInit = { ...head, action: { case: "sign" as const, value: signAction } };
export const refreshInit = { ...head, action: { case: "refresh" as const, value: refreshAction } };

/** Gives a signed intent, whose fields are changed before signing. */
export function intent<I extends typeof keygenInit | typeof signInit | typeof refreshInit>(
  base: I,
  change: (init: I) => unknown = () => undefined,
): Signed {
  const init = structuredClone(base);
  change(init);
  return statement(signatureTags.intent, "account", initiator, encode(IntentSchema, init));
}
/** These are the keys of people. A phone is a member under the id that its key makes. */
export const phone = keyOf(40);
export const phoneId = deviceIdOf(phone.publicKey);
export const deviceMember = (key: TestKey, shareIndex: number) => ({
  partyId: deviceIdOf(key.publicKey),
  shareIndex,
  idpk: key.publicKey,
  role: "device",
});
export const keysOf = (id: string): Uint8Array[] => (id === "account" ? [keyOf(99).publicKey, initiator.publicKey] : []);

export const joinInit = {
  rid: bytesOf(32, 4),
  intentId: bytesOf(32, 5),
  attempt: 1,
  partyId: "server-party-2",
  instanceId: "ins_1",
  shareIndex: 2,
  contribution: bytesOf(32, 6),
  x25519: bytesOf(32, 7),
  signers: [1, 2, 3],
  policyVersion: 0n,
  policyHash: new Uint8Array() as Uint8Array,
  generation: 0n,
  keyId: new Uint8Array() as Uint8Array,
  epoch: new Uint8Array() as Uint8Array,
  epochNumber: 0,
  pairs: [] as { shareIndex: number; pairId: Uint8Array }[],
};
export function join(
  change: (init: typeof joinInit) => unknown = () => undefined,
  key = parties[1]?.key as TestKey,
  signer = "server-party-2",
): Signed {
  const init = structuredClone(joinInit);
  change(init);
  return statement(signatureTags.join, signer, key, encode(JoinStatementSchema, init));
}

export interface AckTerms {
  readonly intentId: Uint8Array;
  readonly sessionId: string;
  readonly key: number;
  readonly h2: Uint8Array;
  readonly epochNumber: number;
}
export function ackInit(index: number, terms: AckTerms) {
  const publicKey = publicKeyOf(terms.key);
  const keyId = keyIdOf("ecdsa-secp256k1", publicKey, chain);
  const { h2, intentId, sessionId, epochNumber } = terms;
  return { keyId, epoch: epochOf(keyId, h2), h2, shareIndex: index, intentId, publicKey, chain, sessionId, epochNumber };
}
export type AckInit = ReturnType<typeof ackInit>;
export function ack(index: number, terms: AckTerms, change: (init: AckInit) => unknown = () => undefined): Signed {
  const init = ackInit(index, terms);
  change(init);
  const party = parties[index - 1] as (typeof parties)[number];
  return statement(signatureTags.ack, party.partyId, party.key, encode(AckSchema, init));
}
export const termsOf = (signed: Signed, key = 5, epochNumber = 0): AckTerms => ({
  intentId: intentIdOf(signed.body),
  sessionId: "ses_1",
  key,
  h2: bytesOf(32, 0x22 + epochNumber),
  epochNumber,
});
export function certificate(signed: Signed, acks: readonly Signed[] = [1, 2, 3].map((index) => ack(index, termsOf(signed)))): Certificate {
  return create(CertificateSchema, { intent: signed, acks: [...acks] });
}
