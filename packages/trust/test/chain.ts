// The keys of the tests are chains of certificates. Each further certificate continues the key as
// it is, and a test can change its intent and its acknowledgements.
import { toBinary } from "@bufbuild/protobuf";
import {
  AckSchema,
  type Certificate,
  CertificateSchema,
  IntentSchema,
  type RefreshAction,
  type Signed,
  signatureTags,
} from "@covault/wire";
import { type ExpectedKey, intentIdOf, openKey, type VerifiedKey } from "../src/index.ts";
import {
  type AckTerms,
  ackInit,
  bytesOf,
  certificate,
  chain,
  encode,
  initiator,
  intent,
  keygenInit,
  keyOf,
  keysOf,
  parties,
  publicKeyOf,
  statement,
  type TestKey,
  termsOf,
} from "./statements.ts";

/** Every key that a test gave to a party, by its index in the key, beside the three parties'. */
export const holders = new Map<number, { readonly partyId: string; readonly key: TestKey }>(
  parties.map(({ index, partyId, key }) => [index, { partyId, key }]),
);

type Keygen = (typeof keygenInit)["action"]["value"];

/** Gives the founding certificate. `change` changes the keygen before it is signed. */
export function founding(change: (keygen: Keygen) => unknown = () => undefined, by = holders): Certificate {
  const signed = intent(keygenInit, (init) => change(init.action.value));
  return certificate(signed, acksOf([1, 2, 3], termsOf(signed), by));
}

export function acksOf(indices: readonly number[], terms: AckTerms, by = holders): Signed[] {
  return indices.map((index) => {
    const { partyId, key } = by.get(index) as { partyId: string; key: TestKey };
    return statement(signatureTags.ack, partyId, key, encode(AckSchema, ackInit(index, terms)));
  });
}

export interface Next {
  /** Changes the intent before it is signed. */
  readonly change?: (action: RefreshAction, head: Record<string, unknown>) => unknown;
  /** The signer of the intent. Default: the account service. */
  readonly signer?: { readonly id: string; readonly key: TestKey };
  /** The key that the acknowledgements are of. Default 5. */
  readonly key?: number;
  /** A number that tells this run from another of the same epoch number. */
  readonly run?: number;
  readonly by?: typeof holders;
}

/** Gives a certificate that continues `key`. It is a refresh unless it is changed. */
export function next(
  key: VerifiedKey,
  { change = () => undefined, signer, key: number = 5, run = 0, by = holders }: Next = {},
): Certificate {
  const action = {
    kind: "refresh",
    keyId: key.charter.keyId,
    oldEpoch: key.epoch,
    publicKey: publicKeyOf(5),
    chain,
    oldThreshold: key.threshold,
    oldMembers: structuredClone(key.members),
    oldPublicShares: key.members.map((_, at) => publicKeyOf(6 + at)),
    dealers: key.members.map(({ shareIndex }) => shareIndex),
    threshold: key.threshold,
    members: structuredClone(key.members),
    scheme: "ecdsa-secp256k1",
    epochNumber: key.epochNumber + 1,
    policyRoot: new Uint8Array(),
    custody: "",
    amendsRequired: false,
    required: [],
  } as unknown as RefreshAction;
  const { action: _keygen, ...base } = keygenInit;
  const head = { ...base, sessionId: `ses_${key.epochNumber + 1}_${run}`, initiatorId: signer?.id ?? "account" };
  change(action, head);
  const body = encode(IntentSchema, { ...head, action: { case: "refresh", value: action } });
  const signed = statement(signatureTags.intent, head.initiatorId, signer?.key ?? initiator, body);
  const terms = {
    intentId: intentIdOf(body),
    sessionId: head.sessionId,
    key: number,
    h2: bytesOf(32, 0x80 + action.epochNumber + 16 * run),
    epochNumber: action.epochNumber,
  };
  const made = certificate(
    signed,
    acksOf(
      action.members.map(({ shareIndex }) => shareIndex),
      terms,
      by,
    ),
  );
  const leaving = action.dealers.filter((dealer) => !action.members.some(({ shareIndex }) => shareIndex === dealer));
  return { ...made, dealerAcks: acksOf(leaving, terms, by) };
}

export const any: ExpectedKey = { keysOf, foundingIntentId: "any" };
export const open = (certificates: readonly Certificate[], expected: ExpectedKey = any): VerifiedKey => {
  const [first, ...later] = certificates.map((each) => toBinary(CertificateSchema, each));
  return openKey(first as Uint8Array, later, expected);
};

/** Gives a newcomer: number n of the roster, which is none of the parties of the tests before. */
export const newcomer = (n: number) => ({ partyId: `server-party-${n}`, key: keyOf(100 + n) });
export const asMember = ({ partyId, key }: { partyId: string; key: TestKey }, shareIndex: number, role = "persistent") =>
  ({ partyId, shareIndex, idpk: key.publicKey, role }) as RefreshAction["members"][number];
