// What a party asks of an intent that continues a key, one lie at a time. Each check refuses what
// no other one does.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { identityKeyFromSeed } from "@covault/channel";
import { asCovaultError } from "@covault/errors";
import type { Charter, VerifiedKey } from "@covault/trust";
import { IntentSchema, MemberSchema, type RefreshAction, RefreshActionSchema, RosterSchema } from "@covault/wire";
import { describe, expect, it } from "vitest";
import type { PublicRecord } from "../protocols/protocol.ts";
import { checkEpochNumber, checkOwnRecord, checkSuccession, checkSuccessors } from "./check-succession.ts";

const nowMs = 1_800_000_000_000;
const fill = (value: number, length = 32): Uint8Array => new Uint8Array(length).fill(value);
const idpk = (index: number): Uint8Array => identityKeyFromSeed(fill(index)).publicKey;
const member = (index: number, role = "persistent") =>
  create(MemberSchema, { partyId: `party-${index}`, shareIndex: index, idpk: idpk(index), role });
const own = { partyId: "party-2", idpk: idpk(2) };
const old = [member(1), member(2), member(5)];

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

const charter = {
  keyId: fill(1),
  tenantId: "default",
  accountId: "acc_1",
  custody: "server",
  policyRoot: new Uint8Array(),
  required: [],
  initiators: ["account"],
} as unknown as Charter;
const key = { charter, epoch: fill(2), epochNumber: 3, threshold: 2, members: old, indexMax: 5 } as unknown as VerifiedKey;

/** A reshare in which 1 deals and leaves, 5 is left out, and 6 comes. */
const reshare = (change: MessageInitShape<typeof RefreshActionSchema> = {}): RefreshAction =>
  create(RefreshActionSchema, {
    kind: "reshare",
    keyId: fill(1),
    oldEpoch: fill(2),
    publicKey: fill(7),
    chain: fill(8),
    oldThreshold: 2,
    oldMembers: old,
    oldPublicShares: [fill(11, 33), fill(12, 33), fill(15, 33)],
    dealers: [1, 2],
    threshold: 2,
    members: [member(2), member(6)],
    epochNumber: 4,
    ...change,
  });

describe("checkSuccession", () => {
  const answer = (
    change: MessageInitShape<typeof RefreshActionSchema> = {},
    { signers = [1, 2, 6], self = own, of = {} as Partial<Charter> } = {},
  ): string => {
    const terms = reshare(change);
    const head = { tenantId: "default", accountId: "acc_1", initiatorId: "account" };
    const intent = create(IntentSchema, { ...head, action: { case: "refresh", value: terms } });
    const named = { ...key, charter: { ...charter, ...of } };
    return refusal(() => checkSuccession({ intent, key: fill(9) }, terms, signers, self, named));
  };
  const quorum = "party/bad-quorum: A run that continues a key needs exactly the dealers and the members of its intent.";

  it("gives everybody who takes part, ascending, and this party's own entry", () => {
    const terms = reshare();
    const intent = create(IntentSchema, {
      ...{ tenantId: "default", accountId: "acc_1", initiatorId: "account" },
      action: { case: "refresh", value: terms },
    });
    const { members, self } = checkSuccession({ intent, key: fill(9) }, terms, [1, 2, 6], own, key);
    expect([members.map(({ shareIndex }) => shareIndex), self.shareIndex]).toEqual([[1, 2, 6], 2]);
  });

  it.each<[string, Parameters<typeof answer>, string]>([
    [
      "an intent that does not continue the key as it is",
      [{ oldThreshold: 3 }],
      "trust/bad-intent: The intent is refused: old_threshold is not that of the epoch before.",
    ],
    [
      "a key of another custody",
      [{}, { of: { custody: "delegate" } }],
      "party/unknown-protocol: This party continues no key of custody delegate.",
    ],
    [
      "a key that gets another custody",
      [{ custody: "co-managed", members: [member(2), member(6, "device")] }],
      "party/unknown-protocol: This party continues no key of custody co-managed.",
    ],
    [
      "a key with a policy",
      [{}, { of: { policyRoot: fill(1) } }],
      "party/policy-denied: This key has a policy, and this party has no document of it: it allows nothing.",
    ],
    [
      "a device, which no roster has",
      [{ members: [member(2), member(6, "device")] }],
      "trust/unknown-party: A key of custody server has no devices among its members.",
    ],
    ["a run without a dealer that leaves", [{}, { signers: [2, 6] }], quorum],
    ["a run with one that only held a share", [{}, { signers: [1, 2, 5, 6] }], quorum],
    ["another than a member", [{}, { signers: [1, 2, 7] }], quorum],
    ["one more than its members", [{}, { signers: [1, 2, 6, 7] }], quorum],
    [
      "a run without me",
      [{}, { self: { partyId: "party-5", idpk: idpk(5) } }],
      "party/not-a-member: The intent does not name party-5 with its identity key.",
    ],
  ])("refuses %s", (_name, lie, text) => expect(answer(...lie)).toBe(text));
});

describe("checkSuccessors", () => {
  const parties = (...indices: number[]) => indices.map((index) => ({ partyId: `party-${index}`, idpk: idpk(index), role: "persistent" }));
  const answer = (change: MessageInitShape<typeof RefreshActionSchema> = {}, known = [1, 2, 6], policyRoots: Uint8Array[] = []): string => {
    const roster = create(RosterSchema, { parties: parties(...known), tenants: [{ tenant: "default", policyRoots }] });
    return refusal(() => checkSuccessors(create(IntentSchema, { tenantId: "default" }), reshare(change), roster, nowMs));
  };
  const unknown = (party: string, what: string) => `trust/unknown-party: The roster ${what}${party} with that identity key`;

  it("takes holders that the roster has, and looks for nobody who is left out", () => expect(answer()).toBe("accepted"));
  it("refuses a newcomer that the roster does not have", () =>
    expect(answer({}, [1, 2])).toBe(`${unknown("party-6", "has no valid party ")} and role.`));
  it("refuses a dealer that the roster does not have any more, though it leaves", () =>
    expect(answer({}, [2, 6])).toBe(`${unknown("party-1", "with serial 0 has no valid party ")}.`));
  it("refuses a policy root that the roster does not let the tenant have", () => {
    const denied = "party/policy-denied: The roster does not let tenant default have a key with this policy root.";
    expect(answer({ policyRoot: fill(3) })).toBe(denied);
    expect(answer({ policyRoot: fill(3) }, [1, 2, 6], [fill(3)])).toBe("accepted");
  });
});

describe("checkOwnRecord", () => {
  const record: PublicRecord = {
    keyId: fill(1),
    epoch: fill(2),
    threshold: 2,
    publicKey: fill(7),
    chain: fill(8),
    exposed: undefined,
    holders: [
      { index: 1, publicShare: fill(11, 33) },
      { index: 2, publicShare: fill(12, 33) },
      { index: 5, publicShare: fill(15, 33) },
    ],
  };
  const answer = (change: MessageInitShape<typeof RefreshActionSchema>): string => refusal(() => checkOwnRecord(reshare(change), record));

  it("takes what the record says", () => expect(answer({})).toBe("accepted"));
  it.each<[string, MessageInitShape<typeof RefreshActionSchema>]>([
    ["key_id", { keyId: fill(3) }],
    ["old_epoch", { oldEpoch: fill(3) }],
    ["public_key", { publicKey: fill(3) }],
    ["chain", { chain: fill(3) }],
    ["old_threshold", { oldThreshold: 3 }],
    ["old_members", { oldMembers: [...old, member(6)] }],
    ["old_members", { oldMembers: [member(1), member(2), member(6)] }],
    ["old_public_shares", { oldPublicShares: [fill(11, 33), fill(12, 33), fill(16, 33)] }],
    ["old_public_shares", { oldPublicShares: [fill(11, 33), fill(12, 33)] }],
  ])("refuses another %s", (what, change) =>
    expect(answer(change)).toBe(`party/wrong-key: The intent's ${what} is not that of the share.`),
  );
});

describe("checkEpochNumber", () => {
  const answer = (kind: "refresh" | "reshare" | "recover", epochNumber: number, inDoubt = 0): string =>
    refusal(() => checkEpochNumber(kind, { epochNumber }, { highest: 7, inDoubt }));

  it("takes a number above all that are known, and not far above", () => {
    expect([answer("refresh", 8), answer("recover", 7 + 65_536)]).toEqual(["accepted", "accepted"]);
  });
  it("refuses a number that was used, or is used up", () => {
    const used = "party/epoch-number: The intent's epoch_number 7 is not above 7, which this party has acknowledged.";
    expect([answer("reshare", 7), answer("reshare", 6)]).toEqual([used, used.replace("number 7", "number 6")]);
    expect(answer("reshare", 7 + 65_537)).toBe("party/epoch-number: The intent's epoch_number 65544 is more than 65536 above 7.");
  });
  it("takes only a reshare when 16 shares are in doubt", () => {
    const full = "party/runs-in-doubt: This party has acknowledged 16 shares of the key that have no certificate.";
    expect((["refresh", "recover", "reshare"] as const).map((kind) => answer(kind, 8, 16))).toEqual([full, full, "accepted"]);
    expect(answer("refresh", 8, 15)).toBe("accepted");
  });
});
