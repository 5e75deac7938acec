// What a party asks of an intent beyond its signature, one lie at a time. Each check refuses what
// no other one does.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { identityKeyFromSeed } from "@covault/channel";
import { asCovaultError } from "@covault/errors";
import type { Charter, OpenedIntent, VerifiedKey } from "@covault/trust";
import { IntentSchema, KeygenActionSchema, MemberSchema, RosterSchema, SignActionSchema } from "@covault/wire";
import { describe, expect, it } from "vitest";
import { checkKeygen, checkSign, findSelf } from "./check.ts";

const nowMs = 1_800_000_000_000;
const fill = (value: number): Uint8Array => new Uint8Array(32).fill(value);
const idpk = (index: number): Uint8Array => identityKeyFromSeed(fill(index)).publicKey;
const member = (index: number, role = "persistent") =>
  create(MemberSchema, { partyId: `party-${index}`, shareIndex: index, idpk: idpk(index), role });
const members = [member(1), member(2), member(5)];
const own = { partyId: "party-2", idpk: idpk(2) };

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

describe("findSelf", () => {
  const refused = "party/not-a-member: The intent does not name party-2 with its identity key.";
  it("gives my own entry", () => expect(findSelf(members, own)).toBe(members[1]));
  it.each([
    ["that leaves me out", [member(1), member(5)]],
    ["with another key in my name", [member(1), create(MemberSchema, { ...member(2), idpk: idpk(9) })]],
    ["with my key in another name", [create(MemberSchema, { ...member(2), partyId: "party-9" })]],
  ])("refuses a list %s", (_name, list) => expect(refusal(() => findSelf(list, own))).toBe(refused));
});

describe("checkKeygen", () => {
  const roster = create(RosterSchema, {
    parties: [1, 2, 5].map((index) => ({ partyId: `party-${index}`, idpk: idpk(index), role: "persistent" })),
    tenants: [{ tenant: "strict", policyRoots: [], versionZeroAllowed: false }],
  });
  const answer = (
    change: MessageInitShape<typeof KeygenActionSchema> = {},
    { tenantId = "default", signers = [1, 2, 5], self = own } = {},
  ): string => {
    const keygen = create(KeygenActionSchema, { members, custody: "server", ...change });
    return refusal(() => checkKeygen(create(IntentSchema, { tenantId }), keygen, signers, self, roster, nowMs));
  };

  it("takes the members that the roster has, all of whom sign", () => expect(answer()).toBe("accepted"));

  it.each<[string, Parameters<typeof answer>, string]>([
    ["another custody", [{ custody: "delegate" }], "party/unknown-protocol: This party makes no key of custody delegate."],
    [
      "a policy root that the roster does not let the tenant have",
      [{ policyRoot: fill(1) }],
      "party/policy-denied: The roster does not let tenant default have a key with this policy root.",
    ],
    [
      "no policy root of a tenant that needs one",
      [{}, { tenantId: "strict" }],
      "party/policy-denied: The roster does not let tenant strict have a key with this policy root.",
    ],
    [
      "a member that does not sign",
      [{}, { signers: [1, 2] }],
      "party/bad-quorum: A key generation needs exactly the members of its intent.",
    ],
    [
      "a signer that is no member",
      [{}, { signers: [1, 2, 5, 6] }],
      "party/bad-quorum: A key generation needs exactly the members of its intent.",
    ],
    [
      "another signer than a member",
      [{}, { signers: [1, 2, 6] }],
      "party/bad-quorum: A key generation needs exactly the members of its intent.",
    ],
    [
      "a device, which no roster has",
      [{ members: [member(1), member(2), member(5, "device")] }],
      "trust/unknown-party: A key of custody server has no devices among its members.",
    ],
    [
      "a member that the roster does not have",
      [{ members: [member(1), member(2), member(6)] }, { signers: [1, 2, 6] }],
      "trust/unknown-party: The roster has no valid party party-6 with that identity key and role.",
    ],
    [
      "members without me",
      [{ members: [member(1), member(5)] }, { signers: [1, 5] }],
      "party/not-a-member: The intent does not name party-2 with its identity key.",
    ],
  ])("refuses %s", (_name, lie, text) => expect(answer(...lie)).toBe(text));
});

describe("checkSign", () => {
  const publicKey = fill(7);
  const charter: Pick<Charter, "tenantId" | "accountId" | "scheme" | "publicKey" | "policyRoot" | "required"> = {
    tenantId: "default",
    accountId: "acc_1",
    scheme: "eddsa-ed25519",
    publicKey,
    policyRoot: new Uint8Array(),
    required: [],
  };
  const signing = { scheme: "eddsa-ed25519", publicKey, eligible: ["party-1", "party-2", "party-5"], required: [] as string[] };
  const head = { tenantId: "default", accountId: "acc_1" };
  const answer = ({
    asked = {},
    intent = {},
    of = {},
    signers = [1, 2],
  }: {
    asked?: object;
    intent?: object;
    of?: Partial<typeof charter>;
    signers?: readonly number[];
  } = {}): string => {
    const opened = { intent: create(IntentSchema, { ...head, ...intent }) } as OpenedIntent;
    const key = { charter: { ...charter, ...of }, threshold: 2, members } as unknown as VerifiedKey;
    return refusal(() => checkSign(opened, create(SignActionSchema, { ...signing, ...asked }), signers, own, key));
  };
  const wrong = (what: string): string => `party/wrong-key: The intent's ${what} is not that of the share.`;
  const quorum = (what: string): string => `party/bad-quorum: The quorum is refused: ${what}.`;

  it("takes a quorum of the key's eligible holders, with those that are required", () => {
    expect(answer()).toBe("accepted");
    expect(answer({ asked: { required: ["party-5"] }, of: { required: ["party-2"] }, signers: [2, 5] })).toBe("accepted");
  });

  it.each<[string, Parameters<typeof answer>[0], string]>([
    ["another tenant", { intent: { tenantId: "other" } }, wrong("tenant")],
    ["another account", { intent: { accountId: "acc_2" } }, wrong("account")],
    ["another scheme", { asked: { scheme: "schnorr-bip340" } }, wrong("scheme")],
    ["another public key", { asked: { publicKey: fill(8) } }, wrong("public key")],
    [
      "a key with a policy",
      { of: { policyRoot: fill(1) } },
      "party/policy-denied: This key has a policy, and this party has no document of it: it allows nothing.",
    ],
    ["fewer signers than the threshold", { signers: [2] }, quorum("2 sign, not 1")],
    ["more signers than the threshold", { signers: [1, 2, 5] }, quorum("2 sign, not 3")],
    ["signers in another order", { signers: [2, 1] }, quorum("it is not ascending")],
    ["one signer twice", { signers: [2, 2] }, quorum("it is not ascending")],
    ["an index that nobody holds", { signers: [2, 3] }, quorum("nobody holds share 3")],
    ["a signer that is not eligible", { asked: { eligible: ["party-2", "party-5"] } }, quorum("it has a party that is not eligible")],
    ["a quorum without one that the intent requires", { asked: { required: ["party-5"] } }, quorum("a required party is not in it")],
    ["a quorum without one that the key requires", { of: { required: ["party-5"] } }, quorum("a required party is not in it")],
    ["a quorum without me", { signers: [1, 5] }, "party/not-a-member: The intent does not name party-2 with its identity key."],
  ])("refuses %s", (_name, lie, text) => expect(answer(lie)).toBe(text));
});
