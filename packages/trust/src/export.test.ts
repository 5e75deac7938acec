// These tests export a key, and lie about every field: of the intent, and of a holder's answer.
import { IntentSchema, ReleaseSchema, type Signed, signatureTags } from "@covault/wire";
import { sha256 } from "@noble/hashes/sha2.js";
import { describe, expect, it } from "vitest";
import { founding, open as openChain } from "../test/chain.ts";
import { refusal } from "../test/refused.ts";
import {
  bytesOf,
  encode,
  encodeSigned,
  initiator,
  initiatorInit,
  keygenInit,
  keysOf,
  nowMs,
  parties,
  publicKeyOf,
  root,
  roster,
  statement,
  type TestKey,
} from "../test/statements.ts";
import { checkExports, checkMayAsk, intentIdOf, openIntent, type VerifiedKey, verifyRelease, verifyRoster } from "./index.ts";

const key = openChain([founding()]);
const { action: _keygen, ...head } = keygenInit;
const value = {
  keyId: key.charter.keyId,
  scheme: "ecdsa-secp256k1",
  epoch: key.epoch,
  epochNumber: 0,
  recipient: sha256(publicKeyOf(9)),
  reason: "moving to another custodian",
};
const asked = (change: object = {}, frame: object = {}): Signed => {
  const action = { case: "export" as const, value: { ...value, ...change } };
  return statement(signatureTags.intent, "account", initiator, encode(IntentSchema, { ...head, ...frame, action }));
};
const opened = (signed: Signed) => openIntent(encodeSigned(signed), keysOf, nowMs);

describe("openIntent, of an export", () => {
  const answer = (change: object): string => refusal(() => opened(asked(change)));
  it("gives its kind", () => expect(opened(asked()).kind).toBe("export"));
  it("takes a reason of 1 and of 200 characters, in any script", () => {
    for (const reason of ["x", "ж".repeat(200), "🔑".repeat(200)]) expect(answer({ reason })).toBe("accepted");
  });
  it.each<[string, object, string]>([
    ["an unknown scheme", { scheme: "rsa" }, "scheme is none of"],
    ["a key id of 31 bytes", { keyId: bytesOf(31, 1) }, "key_id has 31 bytes"],
    ["an epoch of 33 bytes", { epoch: bytesOf(33, 1) }, "epoch has 33 bytes"],
    ["a recipient's key in the place of its fingerprint", { recipient: publicKeyOf(9) }, "recipient has 33 bytes, not 32"],
    ["no recipient", { recipient: new Uint8Array() }, "recipient has 0 bytes"],
    ["no reason", { reason: "" }, "reason is not text of 1 to 200 characters"],
    ["a long reason", { reason: "x".repeat(201) }, "reason is not text"],
    ["a reason of two lines", { reason: "x\ny" }, "reason is not text"],
  ])("refuses %s", (_name, change, text) => {
    expect(answer(change)).toContain("trust/bad-intent: The intent is refused: ");
    expect(answer(change)).toContain(text);
  });
});

describe("checkExports", () => {
  const answer = (signed: Signed, of: VerifiedKey = key): string => refusal(() => checkExports(of, opened(signed)));
  it("gives what is asked for", () => expect(checkExports(key, opened(asked()))).toMatchObject(value));
  it.each<[string, object, object, string]>([
    ["another key", { keyId: bytesOf(32, 1) }, {}, "it is that of another key"],
    ["another epoch", { epoch: bytesOf(32, 1) }, {}, "epoch is not the one that the key is in"],
    ["another epoch number", { epochNumber: 1 }, {}, "epoch_number is 1, not 0"],
    ["another scheme", { scheme: "schnorr-bip340" }, {}, "scheme is schnorr-bip340, not the key's ecdsa-secp256k1"],
    ["another account", {}, { accountId: "acc_2" }, "it is of another tenant or account"],
    ["another tenant", {}, { tenantId: "strict" }, "it is of another tenant or account"],
  ])("refuses %s", (_name, change, frame, text) => {
    expect(answer(asked(change, frame))).toContain("trust/bad-intent: The intent is refused: ");
    expect(answer(asked(change, frame))).toContain(text);
  });
  it("refuses another action", () => {
    const signed = statement(signatureTags.intent, "account", initiator, encode(IntentSchema, keygenInit));
    expect(answer(signed)).toContain("it exports no key");
  });
});

it("checkMayAsk, of an export: by the roster's kinds and by the key's charter", () => {
  const shared: VerifiedKey = { ...key, charter: { ...key.charter, initiators: ["other"] } };
  const answer = (kinds: string[], of: VerifiedKey | undefined = key): string => {
    const bytes = roster((init) => Object.assign(init, { initiators: [{ ...initiatorInit(), kinds }] }));
    return refusal(() => checkMayAsk(opened(asked()), verifyRoster(bytes, root.publicKey), of));
  };
  expect(answer([])).toBe("accepted");
  expect(answer(["export"])).toBe("accepted");
  expect(answer(["keygen", "sign"])).toContain("trust/not-entitled: The initiator account may not ask for export");
  expect(answer([], shared)).toContain("trust/not-entitled: The initiator account is none of the key's");
});

describe("verifyRelease", () => {
  const [one, two] = parties as unknown as readonly [{ partyId: string; key: TestKey }, { partyId: string; key: TestKey }];
  const init = { intentId: intentIdOf(asked().body), keyId: value.keyId, partyId: one.partyId, document: bytesOf(40, 7), code: "" };
  const expected = { holder: { partyId: one.partyId, idpk: one.key.publicKey }, intentId: init.intentId, keyId: init.keyId };
  const signed = (change: object = {}, by = one, tag: keyof typeof signatureTags = "release") =>
    statement(signatureTags[tag], by.partyId, by.key, encode(ReleaseSchema, { ...init, ...change }));
  const answer = (given: Signed): string => refusal(() => verifyRelease(given, expected));
  it("gives a consent with its document, and a refusal with its code", () => {
    expect(verifyRelease(signed(), expected).document).toEqual(init.document);
    const refused = { document: new Uint8Array(), code: "party/recipient-refused" };
    expect(verifyRelease(signed(refused), expected).code).toBe(refused.code);
  });
  it("refuses another party's answer, its key, another tag, and more than one reading", () => {
    expect(answer(signed({}, two))).toContain("trust/bad-release: The answer of server-party-1 to an export is refused: another party");
    expect(answer({ ...signed({}, two), signer: one.partyId })).toContain("its identity key did not sign it");
    expect(answer(signed({}, one, "holding"))).toContain("did not sign it");
    const body = Uint8Array.of(...signed().body, 0x78, 1);
    expect(answer(statement(signatureTags.release, one.partyId, one.key, body))).toContain("exactly one way");
  });
  it.each<[string, object, string]>([
    ["another party inside", { partyId: two.partyId }, "party_id"],
    ["another key", { keyId: bytesOf(32, 1) }, "key_id"],
    ["another intent", { intentId: bytesOf(32, 1) }, "intent_id"],
    ["neither a document nor a code", { document: new Uint8Array() }, "not one of document and code"],
    ["a document and a code", { code: "party/busy" }, "not one of document and code"],
    ["a code that is none", { document: new Uint8Array(), code: "Party busy" }, "code is no error code"],
    ["too long a document", { document: bytesOf(65_537, 7) }, "document has 65537 bytes, more than 65536"],
  ])("refuses %s", (_name, change, text) => expect(answer(signed(change))).toContain(text));
});
