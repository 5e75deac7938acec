// What a party asks of an intent that repairs a share, one lie at a time. Each check refuses what
// no other one does.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { identityKeyFromSeed } from "@covault/channel";
import { asCovaultError } from "@covault/errors";
import type { Charter, VerifiedKey } from "@covault/trust";
import { IntentSchema, MemberSchema, type RepairAction, RepairActionSchema } from "@covault/wire";
import { describe, expect, it } from "vitest";
import type { PublicRecord } from "../protocols/protocol.ts";
import { checkHelpersRecord, checkRepair } from "./check-repair.ts";

const fill = (value: number, length = 32): Uint8Array => new Uint8Array(length).fill(value);
const member = (index: number, seed = index) =>
  create(MemberSchema, {
    partyId: `party-${index}`,
    shareIndex: index,
    idpk: identityKeyFromSeed(fill(seed)).publicKey,
    role: "persistent",
  });
const points = [fill(11, 33), fill(12, 33), fill(15, 33)];
const charter = {
  keyId: fill(1),
  scheme: "ecdsa-secp256k1",
  publicKey: fill(7, 33),
  chain: fill(8),
  tenantId: "default",
  accountId: "acc_1",
  custody: "server",
  policyRoot: new Uint8Array(),
  required: [],
  initiators: ["account"],
} as unknown as Charter;
const key = { charter, epoch: fill(2), epochNumber: 3, threshold: 2, members: [member(1), member(2), member(5)] } as unknown as VerifiedKey;

const repair = (change: MessageInitShape<typeof RepairActionSchema> = {}): RepairAction =>
  create(RepairActionSchema, {
    ...{ keyId: fill(1), scheme: "ecdsa-secp256k1", epoch: fill(2), epochNumber: 3, threshold: 2 },
    helpers: [1, 5],
    receiver: member(2),
    publicShares: points,
    ...change,
  });

function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    const known = asCovaultError(error);
    if (known === undefined) throw error;
    return `${known.code}: ${known.message}`;
  }
  return "accepted";
}

describe("checkRepair", () => {
  const check = (terms: RepairAction, signers: readonly number[], of: Partial<Charter> = {}) => {
    const head = { tenantId: "default", accountId: "acc_1", initiatorId: "account" };
    const intent = create(IntentSchema, { ...head, action: { case: "repair", value: terms } });
    return checkRepair({ intent, key: fill(9) }, terms, signers, { ...key, charter: { ...charter, ...of } });
  };

  it("gives the helpers as the certificate has them and the receiver with the key that it has now, ascending", () => {
    const now = member(2, 77);
    expect(check(repair({ receiver: now }), [1, 2, 5])).toEqual([member(1), now, member(5)]);
  });

  const quorum = "party/bad-quorum: A repair needs exactly the helpers and the receiver of its intent.";
  it.each<[string, RepairAction, readonly number[], Partial<Charter>, string]>([
    [
      "an intent for another epoch",
      repair({ epoch: fill(3) }),
      [1, 2, 5],
      {},
      "trust/bad-intent: The intent is refused: epoch is not the one that the key is in.",
    ],
    [
      "a key of another custody",
      repair(),
      [1, 2, 5],
      { custody: "delegate" },
      "party/unknown-protocol: This party continues no key of custody delegate.",
    ],
    [
      "a key with a policy",
      repair(),
      [1, 2, 5],
      { policyRoot: fill(1) },
      "party/policy-denied: This key has a policy, and this party has no document of it: it allows nothing.",
    ],
    ["an attempt without a helper", repair(), [1, 2], {}, quorum],
    ["an attempt without the receiver", repair(), [1, 5], {}, quorum],
    ["an attempt with one more", repair(), [1, 2, 5, 6], {}, quorum],
    ["an attempt with another", repair(), [1, 2, 6], {}, quorum],
  ])("refuses %s", (_name, terms, signers, of, text) => expect(refusal(() => check(terms, signers, of))).toBe(text));
});

describe("checkHelpersRecord", () => {
  const record: PublicRecord = {
    ...{ keyId: fill(1), epoch: fill(2), threshold: 2, publicKey: fill(7, 33), chain: fill(8) },
    holders: [1, 2, 5].map((index, at) => ({ index, publicShare: points[at] as Uint8Array })),
    exposed: undefined,
  };
  const holders = (change: (holder: PublicRecord["holders"][number]) => PublicRecord["holders"]) => ({
    holders: record.holders.flatMap(change),
  });

  it("takes what a helper's own record says", () => expect(refusal(() => checkHelpersRecord(repair(), key, record))).toBe("accepted"));

  it.each<[string, Partial<PublicRecord>, string]>([
    ["another key's id", { keyId: fill(9) }, "certificate's key_id"],
    ["another epoch", { epoch: fill(9) }, "certificate's epoch"],
    ["another public key", { publicKey: fill(9, 33) }, "certificate's public_key"],
    ["another chain code", { chain: fill(9) }, "certificate's chain"],
    ["another threshold", { threshold: 3 }, "certificate's threshold"],
    ["a holder less", { holders: record.holders.slice(0, 2) }, "certificate's list of members"],
    ["a holder at another index", holders((one) => [one.index === 5 ? { ...one, index: 6 } : one]), "certificate's list of members"],
    [
      "another public share of the first",
      holders((one) => [one.index === 1 ? { ...one, publicShare: fill(9, 33) } : one]),
      "intent's public_shares",
    ],
    [
      "another public share of the last",
      holders((one) => [one.index === 5 ? { ...one, publicShare: fill(9, 33) } : one]),
      "intent's public_shares",
    ],
  ])("refuses where it has %s", (_name, change, what) =>
    expect(refusal(() => checkHelpersRecord(repair(), key, { ...record, ...change }))).toBe(
      `party/wrong-key: The ${what} is not that of the share.`,
    ),
  );

  it("refuses an intent that has a public share less", () =>
    expect(refusal(() => checkHelpersRecord(repair({ publicShares: points.slice(0, 2) }), key, record))).toBe(
      "party/wrong-key: The intent's public_shares is not that of the share.",
    ));
});
