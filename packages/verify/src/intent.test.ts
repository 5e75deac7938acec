import { IntentSchema, signatureTags } from "@covault/wire";
import { describe, expect, it } from "vitest";
import { refusal } from "../test/refused.ts";
import {
  bytesOf,
  encode,
  encodeSigned,
  initiator,
  intent,
  keygenInit,
  keyOf,
  keysOf,
  memberInits,
  nowMs,
  publicKeyOf,
  refreshInit,
  signInit,
  statement,
} from "../test/statements.ts";
import { intentIdOf, openIntent } from "./index.ts";

const open = (signed: ReturnType<typeof intent>, at: number | undefined = nowMs): string =>
  refusal(() => openIntent(encodeSigned(signed), keysOf, at));
type Keygen = (typeof keygenInit)["action"]["value"];
type Sign = (typeof signInit)["action"]["value"];
type Refresh = (typeof refreshInit)["action"]["value"];
const at = <T>(list: readonly T[], index: number): T => list[index] as T;

describe("openIntent", () => {
  it.each([
    ["keygen", intent(keygenInit)],
    ["sign", intent(signInit)],
    ["refresh", intent(refreshInit)],
  ])("accepts a %s intent and gives the hash of its exact bytes", (kind, signed) => {
    const opened = openIntent(encodeSigned(signed), keysOf, nowMs);
    expect(opened.kind).toBe(kind);
    expect(opened.body).toEqual(signed.body);
    expect(opened.intentId).toEqual(intentIdOf(signed.body));
    expect(opened.key).toEqual(initiator.publicKey);
  });

  it("refuses another signer, another key, another tag, another body", () => {
    const body = encode(IntentSchema, keygenInit);
    const wrong = [
      statement(signatureTags.intent, "somebody", initiator, body),
      statement(signatureTags.intent, "account", keyOf(50), body),
      statement(signatureTags.abandon, "account", initiator, body),
      { ...statement(signatureTags.intent, "account", initiator, body), body: encode(IntentSchema, signInit) },
    ];
    for (const signed of wrong)
      expect(open(signed)).toContain("trust/bad-intent: The intent is refused: no known key of its initiator signed it");
  });

  it("refuses every flipped bit of the body and the signature", () => {
    const signed = intent(keygenInit);
    for (const field of ["body", "signature"] as const)
      for (let index = 0; index < signed[field].length; index += 3) {
        const flipped = signed[field].slice();
        flipped[index] = at([...flipped], index) ^ 0x10;
        expect(open({ ...signed, [field]: flipped })).toContain("trust/bad-intent");
      }
  });

  it("never parses what did not verify: garbage with a wrong signature is a wrong signature", () => {
    const garbage = { ...intent(keygenInit), body: bytesOf(100, 0xff) };
    expect(open(garbage)).toContain("no known key of its initiator signed it");
  });

  it("refuses a body with more than one reading: unknown fields, fields given twice", () => {
    const body = encode(IntentSchema, keygenInit);
    const unknown = Uint8Array.of(...body, 0xf8, 0x07, 1);
    const twice = Uint8Array.of(...body, 0x08, 1);
    for (const bytes of [unknown, twice])
      expect(open(statement(signatureTags.intent, "account", initiator, bytes))).toContain("exactly one way");
  });

  it("refuses an initiator that names another in the body", () => {
    expect(open(intent(keygenInit, (init) => Object.assign(init, { initiatorId: "other" })))).toContain("initiator_id is not who signed");
  });

  it("refuses it before its time and after it, with a minute of skew, and knows no time in the past's certificates", () => {
    const signed = intent(keygenInit);
    expect(open(signed, nowMs - 60_000)).toBe("accepted");
    expect(open(signed, nowMs - 60_001)).toContain("trust/intent-expired");
    expect(open(signed, nowMs + 119_999)).toBe("accepted");
    expect(open(signed, nowMs + 120_000)).toContain("trust/intent-expired");
    expect(refusal(() => openIntent(encodeSigned(signed), keysOf, undefined))).toBe("accepted");
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["another version", { version: 2 }, "version 2"],
    ["no tenant", { tenantId: "" }, "tenant_id"],
    ["a tenant with a slash", { tenantId: "a/b" }, "tenant_id"],
    ["no session", { sessionId: "" }, "session_id"],
    ["an account id of 200 characters", { accountId: "a".repeat(200) }, "account_id"],
    ["an expiry before its issue", { expiresAtMs: BigInt(nowMs) }, "lives for no time"],
    ["a life of eight days", { expiresAtMs: BigInt(nowMs + 8 * 86_400_000) }, "more than seven days"],
    ["no action", { action: { case: undefined } }, "nothing that version 1 knows"],
  ])("refuses %s", (_name, change, text) => {
    expect(open(intent(keygenInit, (init) => Object.assign(init, change)))).toContain(text);
  });

  it.each<[string, (keygen: Keygen) => unknown, string]>([
    ["an unknown scheme", (k) => Object.assign(k, { scheme: "rsa" }), "scheme"],
    ["threshold 1", (k) => Object.assign(k, { threshold: 1 }), "1 of 3"],
    ["a threshold above the number of members", (k) => Object.assign(k, { threshold: 4 }), "4 of 3"],
    ["no members", (k) => Object.assign(k, { members: [] }), "2 of 0"],
    [
      "21 members",
      (k) =>
        Object.assign(k, {
          members: Array.from({ length: 21 }, (_, n) => ({
            ...at(memberInits, 0),
            shareIndex: n + 1,
            partyId: `p${n}`,
            idpk: keyOf(100 + n).publicKey,
          })),
        }),
      "2 of 21",
    ],
    ["share index 0", (k) => Object.assign(at(k.members, 0), { shareIndex: 0 }), "ascending in 1..65535"],
    ["share index 65536", (k) => Object.assign(at(k.members, 2), { shareIndex: 65536 }), "ascending in 1..65535"],
    ["one index twice", (k) => Object.assign(at(k.members, 1), { shareIndex: 1 }), "ascending in 1..65535"],
    ["descending indices", (k) => k.members.reverse(), "ascending in 1..65535"],
    ["one party twice", (k) => Object.assign(at(k.members, 1), { partyId: "server-party-1" }), "members.party_id names one twice"],
    ["one identity key twice", (k) => Object.assign(at(k.members, 1), { idpk: at(k.members, 0).idpk }), "members.idpk names one twice"],
    ["a long identity key", (k) => Object.assign(at(k.members, 1), { idpk: bytesOf(33, 1) }), "members[1].idpk has 33 bytes"],
    ["an identity key off the curve", (k) => Object.assign(at(k.members, 1), { idpk: bytesOf(32, 2) }), "members[1].idpk is not"],
    ["an upper case party id", (k) => Object.assign(at(k.members, 1), { partyId: "Server" }), "members[1].party_id"],
    ["an unknown role", (k) => Object.assign(at(k.members, 1), { role: "admin" }), "members[1].role"],
    ["nobody who may sign", (k) => Object.assign(k, { initiators: [] }), "initiators is empty"],
    ["an initiator's key of 31 bytes", (k) => Object.assign(at(k.initiators, 0), { key: bytesOf(31, 1) }), "initiators[0].key"],
    ["a policy root of 31 bytes", (k) => Object.assign(k, { policyRoot: bytesOf(31, 1) }), "policy_root"],
  ])("keygen: refuses %s", (_name, change, text) => {
    expect(open(intent(keygenInit, (init) => change(init.action.value)))).toContain(text);
  });

  it.each<[string, Partial<Sign>, string]>([
    ["a key id of 31 bytes", { keyId: bytesOf(31, 1) }, "key_id"],
    ["an epoch of 0 bytes", { epoch: bytesOf(0, 1) }, "epoch"],
    ["a public key off the curve", { publicKey: Uint8Array.of(2, ...bytesOf(32, 0xff)) }, "public_key"],
    ["an uncompressed public key", { publicKey: bytesOf(65, 4) }, "public_key"],
    ["another scheme's public key", { scheme: "eddsa-ed25519" }, "public_key"],
    ["a digest of 31 bytes", { message: bytesOf(31, 1) }, "message has 31 bytes"],
    ["the digest 0, of which ECDSA makes none", { message: new Uint8Array(32) }, "message is 0 modulo"],
    [
      "a digest that is the group order",
      { message: Buffer.from("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", "hex") },
      "message is 0 modulo",
    ],
    ["an eligible party twice", { eligible: ["a", "b", "a"], required: [] }, "eligible names one twice"],
    ["a required party that is not eligible", { required: ["server-party-9"] }, "not eligible"],
    ["a required party twice", { required: ["server-party-1", "server-party-1"] }, "required names one twice"],
    ["more required parties than signers", { required: ["server-party-1", "server-party-2", "server-party-3"] }, "more parties than sign"],
    ["a threshold above the eligible", { threshold: 4 }, "4 of 3"],
    ["threshold 1", { threshold: 1 }, "1 of 3"],
    ["a hardened derivation step", { derivationPath: [0x80000000] }, "derivation_path"],
  ])("sign: refuses %s", (_name, change, text) => {
    expect(open(intent(signInit, (init) => Object.assign(init.action.value, change)))).toContain(text);
  });

  it("sign: takes an Ed25519 message of any length up to the limit", () => {
    const eddsa = (length: number) =>
      intent(signInit, (init) =>
        Object.assign(init.action.value, { scheme: "eddsa-ed25519", publicKey: keyOf(4).publicKey, message: bytesOf(length, 1) }),
      );
    expect(open(eddsa(0))).toBe("accepted");
    expect(open(eddsa(65_536))).toBe("accepted");
    expect(open(eddsa(65_537))).toContain("message is longer");
  });

  it.each<[string, (refresh: Refresh) => unknown, string]>([
    ["a key id of another key", (r) => Object.assign(r, { publicKey: publicKeyOf(6) }), "key_id is not that"],
    ["a key id of another chain code", (r) => Object.assign(r, { chain: bytesOf(32, 1) }), "key_id is not that"],
    [
      "a public share off the curve",
      (r) => Object.assign(r, { oldPublicShares: [6, 7].map(publicKeyOf).concat([Uint8Array.of(2, ...bytesOf(32, 0xff))]) }),
      "one curve",
    ],
    ["too few public shares", (r) => Object.assign(r, { oldPublicShares: [publicKeyOf(6)] }), "one for each"],
    ["too few dealers", (r) => Object.assign(r, { dealers: [1] }), "dealers are not"],
    ["a dealer without an old share", (r) => Object.assign(r, { dealers: [1, 2, 9] }), "dealers are not"],
    ["another threshold", (r) => Object.assign(r, { threshold: 3 }), "without a reshare"],
    ["a member less", (r) => r.members.pop(), "leaves one out"],
    [
      "an index given to another party",
      (r) => Object.assign(at(r.members, 0), { partyId: "server-party-7" }),
      "gives an index to another party",
    ],
    ["a new identity key", (r) => Object.assign(at(r.members, 0), { idpk: keyOf(60).publicKey }), "without a recovery"],
    ["an unknown kind", (r) => Object.assign(r, { kind: "export" }), "kind"],
  ])("refresh: refuses %s", (_name, change, text) => {
    expect(open(intent(refreshInit, (init) => change(init.action.value)))).toContain(text);
  });

  it("reshare: takes a newcomer with an index never used, and no other", () => {
    const withNewcomer = (index: number) =>
      intent(refreshInit, (init) => {
        const newcomer = { partyId: "server-party-4", shareIndex: index, idpk: keyOf(44).publicKey, role: "persistent" };
        const members = [at(memberInits, 0), at(memberInits, 2), newcomer].sort((a, b) => a.shareIndex - b.shareIndex);
        Object.assign(init.action.value, { kind: "reshare", members, threshold: 3 });
      });
    expect(open(withNewcomer(4))).toBe("accepted");
    expect(open(withNewcomer(2))).toContain("gives an index to another party");
  });
});
