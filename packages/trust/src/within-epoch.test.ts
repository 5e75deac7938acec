// These tests renew a pair and repair a share within an epoch, and lie about every field: of the
// intents, of the acknowledgements and of the pair certificate.
import { toBinary } from "@bufbuild/protobuf";
import { IntentSchema, PairAckSchema, type PairCertificate, PairCertificateSchema, type Signed, signatureTags } from "@covault/wire";
import { describe, expect, it } from "vitest";
import { any, founding, holders, open as openChain } from "../test/chain.ts";
import { refusal } from "../test/refused.ts";
import {
  bytesOf,
  deviceMember,
  encode,
  encodeSigned,
  initiator,
  initiatorInit,
  keygenInit,
  keyOf,
  keysOf,
  nowMs,
  parties,
  phone,
  phoneId,
  publicKeyOf,
  root,
  roster,
  statement,
  type TestKey,
} from "../test/statements.ts";
import {
  checkMayAsk,
  checkRenews,
  checkRepairs,
  compareGenerations,
  type HolderKeys,
  intentIdOf,
  openIntent,
  type VerifiedKey,
  verifyPairAck,
  verifyPairCertificate,
  verifyRoster,
} from "./index.ts";

const key = openChain([founding()]);
/** A key of Ed25519 in the same epoch, whose certificate no test needs. */
const ed25519Key: VerifiedKey = { ...key, charter: { ...key.charter, scheme: "eddsa-ed25519" } };
const { action: _keygen, ...head } = keygenInit;
const renewValue = {
  keyId: key.charter.keyId,
  scheme: "ecdsa-secp256k1",
  epoch: key.epoch,
  epochNumber: 0,
  shareIndexLo: 1,
  shareIndexHi: 3,
  generation: 2,
  oldPairId: bytesOf(32, 0x31),
};
const receiver = { partyId: "server-party-3", shareIndex: 3, idpk: keyOf(60).publicKey, role: "persistent" };
const repairValue = {
  keyId: key.charter.keyId,
  scheme: "ecdsa-secp256k1",
  epoch: key.epoch,
  epochNumber: 0,
  threshold: 2,
  helpers: [1, 2],
  receiver: receiver as typeof receiver | undefined,
  publicShares: [6, 7, 8].map(publicKeyOf),
};
type Renew = typeof renewValue;
type Repair = typeof repairValue;
interface Asker {
  readonly id: string;
  readonly key: TestKey;
}
const account: Asker = { id: "account", key: initiator };
type Change<T> = (value: T, intent: Record<string, unknown>) => unknown;

function asked(name: "renew" | "repair", value: object, by: Asker, intent: Record<string, unknown>): Signed {
  const init = { ...intent, initiatorId: by.id, action: { case: name, value } };
  return statement(signatureTags.intent, by.id, by.key, encode(IntentSchema, init as never));
}
function renew(change: Change<Renew> = () => undefined, by = account): Signed {
  const [value, intent] = [structuredClone(renewValue), { ...head }];
  change(value, intent);
  return asked("renew", value, by, intent);
}
function repair(change: Change<Repair> = () => undefined, by = account): Signed {
  const [value, intent] = [structuredClone(repairValue), { ...head }];
  change(value, intent);
  return asked("repair", value, by, intent);
}
const opened = (signed: Signed) => openIntent(encodeSigned(signed), keysOf, nowMs);
const set =
  (change: object) =>
  (value: object): unknown =>
    Object.assign(value, change);
const inIntent =
  (change: object) =>
  (_value: unknown, intent: object): unknown =>
    Object.assign(intent, change);
const edwards = () => ({ scheme: "eddsa-ed25519", publicShares: parties.map((party) => party.key.publicKey) });

describe("openIntent, of a renewal", () => {
  const answer = (change: Change<Renew>): string => refusal(() => opened(renew(change)));
  it("gives its kind", () => expect(opened(renew()).kind).toBe("renew"));
  it("takes the first and the last generation, and a pair that was lost", () => {
    expect(answer(set({ generation: 1, oldPairId: bytesOf(32, 0) }))).toBe("accepted");
    expect(answer(set({ generation: 16 }))).toBe("accepted");
  });
  it.each<[string, object, string]>([
    ["an unknown scheme", { scheme: "rsa" }, "scheme is none of"],
    ["a scheme without pairs", { scheme: "eddsa-ed25519" }, "scheme eddsa-ed25519 has no pairs"],
    ["a key id of 31 bytes", { keyId: bytesOf(31, 1) }, "key_id has 31 bytes"],
    ["an epoch of 33 bytes", { epoch: bytesOf(33, 1) }, "epoch has 33 bytes"],
    ["the share index 0", { shareIndexLo: 0 }, "share_index_lo, share_index_hi is not ascending in 1..65535"],
    ["the share index 65536", { shareIndexHi: 65536 }, "is not ascending in 1..65535"],
    ["a pair with itself", { shareIndexHi: 1 }, "is not ascending"],
    ["the higher index first", { shareIndexLo: 3, shareIndexHi: 1 }, "is not ascending"],
    ["the generation that an epoch makes", { generation: 0 }, "generation is 0, not 1 to 16"],
    ["a generation too many", { generation: 17 }, "generation is 17, not 1 to 16"],
    ["no old pair id", { oldPairId: bytesOf(0, 0) }, "old_pair_id has 0 bytes"],
  ])("refuses %s", (_name, change, text) => {
    expect(answer(set(change))).toContain("trust/bad-intent: The intent is refused: ");
    expect(answer(set(change))).toContain(text);
  });
});

describe("openIntent, of a repair", () => {
  const answer = (change: Change<Repair>): string => refusal(() => opened(repair(change)));
  it("gives its kind, in both families", () => {
    expect(opened(repair()).kind).toBe("repair");
    expect(answer(set(edwards()))).toBe("accepted");
    expect(answer(set({ scheme: "schnorr-bip340" }))).toBe("accepted");
  });
  const many = Array.from({ length: 21 }, () => bytesOf(1, 1));
  it.each<[string, object, string]>([
    ["an unknown scheme", { scheme: "rsa" }, "scheme is none of"],
    ["a key id of 31 bytes", { keyId: bytesOf(31, 1) }, "key_id has 31 bytes"],
    ["an epoch of 33 bytes", { epoch: bytesOf(33, 1) }, "epoch has 33 bytes"],
    ["more public shares than holders may be", { publicShares: many }, "public_shares has 21 entries, more than 20"],
    ["threshold 1", { threshold: 1, helpers: [1] }, "threshold is 1 of 3"],
    ["a threshold above the number of holders", { threshold: 4 }, "threshold is 4 of 3"],
    ["a helper too few", { helpers: [1] }, "helpers has 1 entries, not 2"],
    ["a helper too many", { helpers: [1, 2, 4] }, "helpers has 3 entries, not 2"],
    ["a helper twice", { helpers: [1, 1] }, "helpers is not ascending"],
    ["no receiver", { receiver: undefined }, "it has no receiver"],
    ["a receiver without a key", { receiver: { ...receiver, idpk: bytesOf(31, 1) } }, "receiver[0].idpk has 31 bytes"],
    ["a receiver that helps itself", { helpers: [1, 3] }, "receiver is one of the helpers"],
    ["a point of another form", { publicShares: [publicKeyOf(6), bytesOf(33, 1), publicKeyOf(8)] }, "no point of ecdsa-secp256k1"],
  ])("refuses %s", (_name, change, text) => {
    expect(answer(set(change))).toContain("trust/bad-intent: The intent is refused: ");
    expect(answer(set(change))).toContain(text);
  });
});

/** What no intent of either kind may say of the key. */
const ofAnotherKey: readonly [string, Change<object>, string][] = [
  ["another key", set({ keyId: bytesOf(32, 1) }), "it is that of another key"],
  ["another epoch", set({ epoch: bytesOf(32, 1) }), "epoch is not the one that the key is in"],
  ["another number of the epoch", set({ epochNumber: 1 }), "epoch_number is 1, not 0"],
  ["another tenant", inIntent({ tenantId: "other" }), "another tenant or account"],
  ["another account", inIntent({ accountId: "acc_2" }), "another tenant or account"],
];
const shared = openChain([
  founding(
    (k) =>
      Object.assign(k, {
        custody: "co-managed",
        initiators: [],
        initiatorsRule: "devices",
        members: [...k.members.slice(0, 2), deviceMember(phone, 3)],
      }),
    new Map([...holders, [3, { partyId: phoneId, key: phone }]]),
  ),
]);
const byPhone: Asker = { id: phoneId, key: phone };
const ofShared = { keyId: shared.charter.keyId, epoch: shared.epoch };
/** An initiator of the roster that is none of the key's. */
const other: Asker = { id: "other", key: keyOf(90) };
const bothKeysOf = (id: string) => (id === "other" ? [other.key.publicKey] : keysOf(id));
const openedBoth = (signed: Signed) => openIntent(signed, bothKeysOf, nowMs);

describe("checkRenews", () => {
  const answer = (change: Change<Renew>, of = key): string => refusal(() => checkRenews(of, opened(renew(change))));
  it("gives the two ends as the epoch's certificate has them", () => {
    expect(checkRenews(key, opened(renew()))).toEqual([key.members[0], key.members[2]]);
  });
  it.each<[string, Change<Renew>, string]>([
    ...ofAnotherKey,
    ["a lower end that is no holder", set({ shareIndexLo: 2, shareIndexHi: 4 }), "share_index_hi is 4, which is no holder of the epoch"],
    ["a pair of strangers", set({ shareIndexLo: 4, shareIndexHi: 5 }), "share_index_lo is 4, which is no holder of the epoch"],
  ])("refuses %s", (_name, change, text) => {
    expect(answer(change)).toContain("trust/bad-intent: The intent is refused: ");
    expect(answer(change)).toContain(text);
  });
  it("refuses another scheme than the key's, another action, and who is no initiator of the key", () => {
    expect(answer(set({}), ed25519Key)).toContain("scheme is ecdsa-secp256k1, not the key's eddsa-ed25519");
    expect(refusal(() => checkRenews(key, opened(repair())))).toContain("it renews no pair");
    expect(refusal(() => checkRenews(key, openedBoth(renew(undefined, other))))).toContain("initiator other is none of the key's");
  });
  it("takes a device that holds a share, where devices may ask", () => {
    expect(refusal(() => checkRenews(shared, opened(renew(set(ofShared), byPhone))))).toBe("accepted");
    expect(refusal(() => checkRenews(shared, opened(renew(set(ofShared)))))).toContain("is none of the key's");
  });
});

describe("checkRepairs", () => {
  const answer = (change: Change<Repair>, of = key): string => refusal(() => checkRepairs(of, opened(repair(change))));
  it("gives the helpers of the epoch, and the receiver with the key that it has now", () => {
    const members = checkRepairs(key, opened(repair()));
    expect(members.slice(0, 2)).toEqual(key.members.slice(0, 2));
    expect(members[2]).toMatchObject(receiver);
  });
  it("gives them ascending, wherever the receiver stands, also with the key that it had", () => {
    const first = { ...key.members[0] };
    const members = checkRepairs(key, opened(repair(set({ helpers: [2, 3], receiver: first }))));
    expect(members.map(({ shareIndex }) => shareIndex)).toEqual([1, 2, 3]);
  });
  const taken = (key.members[1] as { idpk: Uint8Array }).idpk;
  it.each<[string, Change<Repair>, string]>([
    ...ofAnotherKey,
    ["another threshold", set({ threshold: 3, helpers: [1, 2, 4] }), "threshold is 3, not the epoch's 2"],
    ["a public share too few", set({ publicShares: [6, 7].map(publicKeyOf) }), "public_shares has not one for each holder"],
    ["a public share too many", set({ publicShares: [6, 7, 8, 9].map(publicKeyOf) }), "public_shares has not one for each holder"],
    ["a helper that is no holder", set({ helpers: [1, 4] }), "helpers has 4, which is no holder of the epoch"],
    ["a share for an index that has none", set({ receiver: { ...receiver, shareIndex: 4 } }), "receiver is no holder of the epoch"],
    ["a share for another party", set({ receiver: { ...receiver, partyId: "server-party-9" } }), "receiver is another party"],
    ["another role", set({ receiver: { ...receiver, role: "temporary" } }), "receiver is another party"],
    ["a helper's key for the receiver", set({ receiver: { ...receiver, idpk: taken } }), "identity key of another holder"],
  ])("refuses %s", (_name, change, text) => {
    expect(answer(change)).toContain("trust/bad-intent: The intent is refused: ");
    expect(answer(change)).toContain(text);
  });
  it("refuses another scheme than the key's, another action, and who is no initiator of the key", () => {
    expect(answer(set({}), ed25519Key)).toContain("scheme is ecdsa-secp256k1, not the key's eddsa-ed25519");
    expect(answer(set(edwards()), ed25519Key)).toBe("accepted");
    expect(refusal(() => checkRepairs(key, opened(renew())))).toContain("it repairs no share");
    expect(refusal(() => checkRepairs(key, openedBoth(repair(undefined, other))))).toContain("initiator other is none of the key's");
  });
});

describe("checkMayAsk, of a renewal and a repair", () => {
  const answer = (signed: Signed, kinds: string[], of: VerifiedKey | undefined = key): string => {
    const bytes = roster((init) => Object.assign(init, { initiators: [{ ...initiatorInit(), kinds }] }));
    return refusal(() => checkMayAsk(opened(signed), verifyRoster(bytes, root.publicKey), of));
  };
  it.each(["renew", "repair"] as const)("of %s: by the roster's kinds and by the key's charter", (kind) => {
    const signed = { renew, repair }[kind]();
    expect(answer(signed, [])).toBe("accepted");
    expect(answer(signed, [kind])).toBe("accepted");
    expect(answer(signed, ["refresh"])).toContain(`trust/not-entitled: The initiator account may not ask for ${kind}`);
    expect(answer(signed, [], shared)).toContain("trust/not-entitled: The initiator account is none of the key's");
    expect(refusal(() => checkMayAsk(opened(signed), verifyRoster(roster(), root.publicKey), undefined))).toContain("none of the key's");
  });
});

const intent = renew();
const ackInit = {
  keyId: key.charter.keyId,
  epoch: key.epoch,
  shareIndexLo: 1,
  shareIndexHi: 3,
  generation: 2,
  pairId: bytesOf(32, 0x32),
  intentId: intentIdOf(intent.body),
  sessionId: "ses_1",
};
const party = (index: number) => parties[index - 1] as (typeof parties)[number];
const pairAck = (index: number, change: object = {}): Signed => {
  const { partyId, key: signer } = party(index);
  return statement(signatureTags.pairAck, partyId, signer, encode(PairAckSchema, { ...ackInit, shareIndex: index, ...change }));
};
/** The lies that one end can tell in its acknowledgement. */
const lies: readonly [string, object, string][] = [
  ["the other end's index", { shareIndex: 1 }, "share_index is not the signer's"],
  ["another intent", { intentId: bytesOf(32, 1) }, "intent_id is that of another intent"],
  ["another session", { sessionId: "ses_2" }, "session_id is that of another session"],
  ["another key", { keyId: bytesOf(32, 1) }, "key_id is that of another key"],
  ["another epoch", { epoch: bytesOf(32, 1) }, "epoch is another one"],
  ["another lower end", { shareIndexLo: 2 }, "those of another pair"],
  ["another higher end", { shareIndexHi: 2 }, "those of another pair"],
  ["a lower generation", { generation: 1 }, "generation is 1, not 2"],
  ["a higher generation", { generation: 3 }, "generation is 3, not 2"],
  ["a pair id of 31 bytes", { pairId: bytesOf(31, 1) }, "pair_id has 31 bytes, not 32"],
  ["the id of a lost pair", { pairId: bytesOf(32, 0) }, "pair_id is that of a lost pair"],
  ["the id of the pair before", { pairId: renewValue.oldPairId }, "pair_id is the old one"],
];

/** The roster has given nobody another key. */
const asCertified: HolderKeys = ({ idpk }) => [idpk];

describe("verifyPairAck", () => {
  const expected = { ...ackInit, oldPairId: renewValue.oldPairId, ends: checkRenews(key, opened(intent)), holderKeys: asCertified };
  const answer = (signed: Signed): string => refusal(() => verifyPairAck(signed, expected));
  it("gives what either end acknowledged", () => {
    expect([1, 3].map((index) => verifyPairAck(pairAck(index), expected).shareIndex)).toEqual([1, 3]);
  });
  it("refuses a holder that is no end of the pair, the other end's signature, another tag, and more than one reading", () => {
    const body = pairAck(3).body;
    const by = (index: number, tag: keyof typeof signatureTags = "pairAck", bytes = body) =>
      statement(signatureTags[tag], "server-party-3", party(index).key, bytes);
    expect(answer(pairAck(2))).toContain("trust/bad-pair-ack: The acknowledgement of a pair is refused: its signer is no end of the pair");
    expect(answer(by(1))).toContain("the identity key of server-party-3 did not sign it");
    expect(answer(by(3, "ack"))).toContain("did not sign it");
    expect(answer(by(3, "pairAck", Uint8Array.of(...body, 0xf8, 0x07, 1)))).toContain("exactly one way");
  });
  it("takes the key of the certificate and that of the roster, and no third one", () => {
    const by = (index: number) => statement(signatureTags.pairAck, "server-party-3", party(index).key, pairAck(3).body);
    const holderKeys: HolderKeys = ({ idpk, partyId }) => [idpk, party(partyId === "server-party-3" ? 2 : 1).key.publicKey];
    const answers = [3, 2, 1].map((index) => refusal(() => verifyPairAck(by(index), { ...expected, holderKeys })));
    expect(answers).toEqual(["accepted", "accepted", expect.stringContaining("did not sign it")]);
  });
  it.each(lies)("refuses %s", (_name, change, text) => {
    expect(answer(pairAck(3, change))).toContain("trust/bad-pair-ack: The acknowledgement of a pair is refused: ");
    expect(answer(pairAck(3, change))).toContain(text);
  });
});

describe("verifyPairCertificate", () => {
  const expected = { key, keysOf, holderKeys: asCertified, intentId: ackInit.intentId };
  const made = (acks: readonly Signed[] = [pairAck(1), pairAck(3)], of: Signed | undefined = intent): Uint8Array =>
    encode(PairCertificateSchema, { intent: of, acks: [...acks] } as never);
  const answer = (certificate: Uint8Array | PairCertificate, change: Partial<Parameters<typeof verifyPairCertificate>[1]> = {}): string =>
    refusal(() => verifyPairCertificate(certificate, { ...expected, ...change }));
  /** Both ends answer another intent. */
  const answering = (signed: Signed, change: object = {}): Uint8Array =>
    made(
      [1, 3].map((index) => pairAck(index, { intentId: intentIdOf(signed.body), ...change })),
      signed,
    );

  it("gives the pair that both ends acknowledged, from bytes as from the message", () => {
    const verified = verifyPairCertificate(made(), expected);
    const { keyId, epoch, generation, pairId, intentId, sessionId } = ackInit;
    const { oldPairId } = renewValue;
    expect(verified).toMatchObject({ keyId, epoch, epochNumber: 0, generation, pairId, oldPairId, intentId, sessionId });
    expect(verified.ends.map(({ partyId }) => partyId)).toEqual(["server-party-1", "server-party-3"]);
    expect(verified.initiatorKey).toEqual(initiator.publicKey);
    expect(verified.intent.sessionId).toBe("ses_1");
    expect(toBinary(PairCertificateSchema, verified.certificate)).toEqual(made());
    expect(verifyPairCertificate(verified.certificate, expected)).toEqual(verified);
  });
  it("takes every renewal of the key's epoch where the caller compares, and none without being told", () => {
    const another = renew(inIntent({ requestedBy: "key_1" }));
    expect(answer(answering(another))).toBe("trust/bad-pair-certificate: The pair certificate is refused: it answers another intent.");
    expect(answer(answering(another), { intentId: "any" })).toBe("accepted");
    expect(answer(made(), { intentId: undefined as never })).toContain("it answers another intent");
  });
  it("stays good when its intent has expired", () => {
    const past = renew(inIntent({ issuedAtMs: 1n, expiresAtMs: 2n }));
    expect(answer(answering(past), { intentId: "any" })).toBe("accepted");
  });
  it("refuses bytes with more than one reading, and a message with a field that is not known", () => {
    expect(answer(Uint8Array.of(...made(), 0xf8, 0x07, 1))).toContain("it cannot be read in exactly one way");
    const unknown = { ...verifyPairCertificate(made(), expected).certificate, $unknown: [{ no: 99, wireType: 0, data: Uint8Array.of(1) }] };
    expect(answer(unknown)).toContain("it cannot be read in exactly one way");
  });
  it("refuses the intent of nobody known, none, and one of a device that holds no share", () => {
    expect(answer(made(), { keysOf: () => [] })).toContain("trust/bad-pair-certificate: The pair certificate is refused: The intent");
    expect(answer(encode(PairCertificateSchema, { acks: [pairAck(1), pairAck(3)] }))).toContain("it has no intent");
    expect(answer(answering(renew(undefined, byPhone)), { intentId: "any" })).toContain("by a device that held no share then");
    expect(answer(answering(renew(undefined, other)), { intentId: "any", keysOf: bothKeysOf })).toContain("other is none of the key's");
  });
  it("takes the intent of a device that holds a share, where devices may ask", () => {
    const signed = renew((value) => Object.assign(value, ofShared, { shareIndexHi: 2 }), byPhone);
    const acks = [1, 2].map((index) => pairAck(index, { ...ofShared, shareIndexHi: 2, intentId: intentIdOf(signed.body) }));
    expect(answer(made(acks, signed), { key: shared, intentId: "any" })).toBe("accepted");
  });
  it("calls no fault of its caller a fault of the certificate", () => {
    const broken = () => {
      throw new RangeError("the roster cannot be read");
    };
    expect(() => answer(made(), { keysOf: broken })).toThrow(new RangeError("the roster cannot be read"));
  });
  it("refuses a renewal of another key or epoch, and an intent that renews nothing", () => {
    expect(answer(made(), { key: { ...key, epoch: bytesOf(32, 1) } })).toContain(
      "trust/bad-pair-certificate: The pair certificate is refused: epoch is not the one that the key is in",
    );
    expect(answer(made(), { key: openChain([founding()], any), intentId: bytesOf(32, 7) })).toContain("another intent");
    expect(answer(answering(repair()), { intentId: "any" })).toContain("it renews no pair");
  });
  it.each<[string, readonly Signed[], string]>([
    ["no acknowledgements", [], "it has 0 acknowledgements, not 2"],
    ["one acknowledgement", [pairAck(1)], "it has 1 acknowledgements, not 2"],
    ["three acknowledgements", [pairAck(1), pairAck(3), pairAck(3)], "it has 3 acknowledgements, not 2"],
    ["the lower end's twice", [pairAck(1), pairAck(1)], "not one of each end, ascending"],
    ["the higher end's twice", [pairAck(3), pairAck(3)], "not one of each end, ascending"],
    ["the higher end's first", [pairAck(3), pairAck(1)], "not one of each end, ascending"],
    ["that of a third holder", [pairAck(1), pairAck(2)], "its signer is no end of the pair"],
    ["two pairs", [pairAck(1), pairAck(3, { pairId: bytesOf(32, 0x33) })], "of different pairs"],
    ...lies.map(
      ([name, change, text]) => [`${name} by the higher end`, [pairAck(1), pairAck(3, change)], text] as [string, Signed[], string],
    ),
  ])("refuses %s", (_name, acks, text) => {
    expect(answer(made(acks))).toContain("trust/bad-pair-certificate: ");
    expect(answer(made(acks))).toContain(text);
  });
});

describe("compareGenerations", () => {
  const of = (generation: number, fill: number) => ({ generation, pairId: bytesOf(32, fill) });
  it.each<[string, ReturnType<typeof of>, ReturnType<typeof of>, number]>([
    ["a higher generation, whatever its id", of(2, 1), of(1, 9), 1],
    ["a lower one", of(1, 9), of(2, 1), -1],
    ["two runs of one generation by their ids", of(2, 9), of(2, 1), 1],
    ["the same the other way", of(2, 1), of(2, 9), -1],
    ["one with itself", of(2, 1), of(2, 1), 0],
  ])("orders %s", (_name, a, b, sign) => expect(Math.sign(compareGenerations(a, b))).toBe(sign));
});
