import { fromBinary } from "@bufbuild/protobuf";
import { IntentSchema, SignedSchema, signatureTags } from "@covault/wire";
import { describe, expect, it } from "vitest";
import { refusal } from "../test/refused.ts";
import {
  bytesOf,
  deviceMember,
  encode,
  encodeSigned,
  initiator,
  intent,
  keygenInit,
  keyOf,
  keysOf,
  memberInits,
  nowMs,
  phone,
  phoneId,
  publicKeyOf,
  refreshInit,
  signInit,
  statement,
} from "../test/statements.ts";
import { intentIdOf, kindOf, openIntent } from "./index.ts";

const open = (signed: ReturnType<typeof intent>, at: number | undefined = nowMs): string =>
  refusal(() => openIntent(encodeSigned(signed), keysOf, at));
type Keygen = (typeof keygenInit)["action"]["value"];
type Sign = (typeof signInit)["action"]["value"];
type Refresh = (typeof refreshInit)["action"]["value"];
const at = <T>(list: readonly T[], index: number): T => list[index] as T;
const userInit = () => ({ hpkeKey: bytesOf(32, 9), signingKey: keyOf(70).publicKey });
const delegate = (keygen: Keygen, change: object = {}) =>
  Object.assign(keygen, { custody: "delegate", user: { ...userInit(), ...change } });
const coManaged = (keygen: Keygen) =>
  Object.assign(keygen, {
    custody: "co-managed",
    initiators: [],
    initiatorsRule: "devices",
    members: [...keygen.members.slice(0, 2), deviceMember(phone, 3)],
  });

/** Many keys, of which the first is off the curve. A check that looks at a key reports that one. */
const many = Array.from({ length: 4_000 }, (_, index) => ({
  partyId: `server-party-${index + 1}`,
  shareIndex: index + 1,
  idpk: bytesOf(32, 2),
  role: "persistent",
}));
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

  it("refuses bytes that are no statement, and one with a field that is not known here", () => {
    expect(refusal(() => openIntent(bytesOf(40, 0xff), keysOf, nowMs))).toBe(
      "trust/bad-intent: The intent is refused: its bytes are not a signed statement.",
    );
    const unknown = Uint8Array.of(...encodeSigned(intent(keygenInit)), 0xf8, 0x07, 1);
    expect(refusal(() => openIntent(unknown, keysOf, nowMs))).toContain("its bytes are not a signed statement");
    expect(refusal(() => openIntent(fromBinary(SignedSchema, unknown), keysOf, nowMs))).toBe(
      "trust/bad-intent: The intent is refused: it has a field that is not known here.",
    );
  });

  it("refuses an initiator without a name, whoever knows its key", () => {
    const signed = statement(signatureTags.intent, "a b", initiator, encode(IntentSchema, { ...keygenInit, initiatorId: "a b" }));
    expect(refusal(() => openIntent(signed, () => [initiator.publicKey], nowMs))).toContain(
      "trust/bad-intent: The intent is refused: initiator_id is not a name",
    );
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
    ["an issue at the beginning of all time", { issuedAtMs: 0n, expiresAtMs: 1n }, "lives for no time"],
    ["a life of eight days", { expiresAtMs: BigInt(nowMs + 8 * 86_400_000) }, "more than seven days"],
    ["a request by no name", { requestedBy: "a b" }, "requested_by"],
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
      "members has 21 entries, more than 20",
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
    ["an initiator without a name", (k) => Object.assign(k, { initiators: [""] }), "initiators[0]"],
    ["an initiator twice", (k) => Object.assign(k, { initiators: ["account", "account"] }), "initiators names one twice"],
    ["a device on the list of initiators", (k) => Object.assign(k, { initiators: [phoneId] }), "is a device, which no list"],
    ["an unknown rule", (k) => Object.assign(k, { initiators: [], initiatorsRule: "anybody" }), "initiators_rule is none of devices"],
    ["a list and a rule", (k) => Object.assign(k, { initiatorsRule: "devices", custody: "co-managed" }), "a list and a rule at once"],
    ["the rule without its custody", (k) => Object.assign(k, { initiators: [], initiatorsRule: "devices" }), "go together only"],
    ["co-managed custody without its rule", (k) => Object.assign(k, { custody: "co-managed" }), "go together only"],
    [
      "the rule without a device",
      (k) => Object.assign(k, { initiators: [], initiatorsRule: "devices", custody: "co-managed" }),
      "members has no device",
    ],
    ["no custody", (k) => Object.assign(k, { custody: "" }), "custody is none of"],
    ["an unknown custody", (k) => Object.assign(k, { custody: "escrow" }), "custody is none of"],
    ["a delegate's custody without a user", (k) => Object.assign(k, { custody: "delegate" }), "user and custody delegate"],
    ["a user of another custody", (k) => Object.assign(k, { user: userInit() }), "user and custody delegate"],
    ["a user's sealing key of 31 bytes", (k) => delegate(k, { hpkeKey: bytesOf(31, 1) }), "user.hpke_key has 31 bytes"],
    ["a user's signing key off the curve", (k) => delegate(k, { signingKey: bytesOf(32, 2) }), "user.signing_key is not"],
    ["a policy root of 31 bytes", (k) => Object.assign(k, { policyRoot: bytesOf(31, 1) }), "policy_root"],
    [
      "a policy document of 33 bytes",
      (k) => Object.assign(k, { policyRoot: bytesOf(32, 1), policyDocument: bytesOf(33, 1) }),
      "policy_document has 33 bytes",
    ],
    ["a policy document without a root", (k) => Object.assign(k, { policyDocument: bytesOf(32, 1) }), "without policy_root"],
    ["a required party that is no member", (k) => Object.assign(k, { required: ["server-party-9"] }), "not a member"],
    ["a required party twice", (k) => Object.assign(k, { required: ["server-party-1", "server-party-1"] }), "required names one twice"],
    [
      "more required parties than sign",
      (k) => Object.assign(k, { required: ["server-party-1", "server-party-2", "server-party-3"] }),
      "more parties than sign",
    ],
    [
      "a device whose id is not that of its key",
      (k) => Object.assign(at(k.members, 2), { partyId: phoneId, role: "device" }),
      "that of its idpk",
    ],
    ["a device's role for a party of the roster", (k) => Object.assign(at(k.members, 2), { role: "device" }), "members[2].role"],
    [
      "another role for a device",
      (k) => Object.assign(k, { members: [...k.members.slice(0, 2), { ...deviceMember(phone, 3), role: "persistent" }] }),
      "members[2].role",
    ],
  ])("keygen: refuses %s", (_name, change, text) => {
    expect(open(intent(keygenInit, (init) => change(init.action.value)))).toContain(text);
  });

  it("keygen: takes the three custodies with what each needs, and a policy", () => {
    const of = (change: (keygen: Keygen) => unknown): string => open(intent(keygenInit, (init) => change(init.action.value)));
    expect(of((k) => Object.assign(k, { required: ["server-party-1"], policyRoot: bytesOf(32, 1), policyDocument: bytesOf(32, 2) }))).toBe(
      "accepted",
    );
    expect(of((k) => delegate(k))).toBe("accepted");
    expect(of((k) => coManaged(k))).toBe("accepted");
  });

  it("keygen: is never asked for by a device", () => {
    const body = encode(IntentSchema, { ...keygenInit, initiatorId: phoneId });
    expect(open(statement(signatureTags.intent, phoneId, phone, body))).toContain("no devices that could ask");
  });

  it.each<[string, Partial<Sign> & { readonly taprootMerkleRoot?: Uint8Array }, string]>([
    ["a key id of 31 bytes", { keyId: bytesOf(31, 1) }, "key_id"],
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
    ["an eligible party that is none", { eligible: ["server-party-2", "Server"] }, "eligible is not a party id"],
    ["a required party that is not eligible", { required: ["server-party-9"] }, "not eligible"],
    ["a required party twice", { required: ["server-party-1", "server-party-1"] }, "required names one twice"],
    ["one eligible party", { eligible: ["server-party-2"] }, "eligible names 1 parties"],
    ["21 eligible parties", { eligible: Array.from({ length: 21 }, (_, n) => `server-party-${n}`) }, "eligible names 21 parties"],
    ["a hardened derivation step", { derivationPath: [0x80000000] }, "derivation_path: 0' is a hardened step"],
    ["a path of 17 steps", { derivationPath: new Array(17).fill(0) }, "derivation_path: 17 steps are more than 16"],
    [
      "a Taproot tweak of an ECDSA key",
      { taprootMerkleRoot: new Uint8Array() },
      "taproot_merkle_root is given for a key of ecdsa-secp256k1",
    ],
    ["an unknown scheme", { scheme: "rsa" }, "scheme is none of"],
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

  it("sign: takes a Taproot tweak of a BIP-340 key, without scripts or with their Merkle root, and says which", () => {
    const x = publicKeyOf(5).subarray(1);
    const tapped = (taprootMerkleRoot: Uint8Array | undefined, change: object = {}) =>
      intent(signInit, (init) =>
        Object.assign(init.action.value, { scheme: "schnorr-bip340", publicKey: x, taprootMerkleRoot, ...change }),
      );
    for (const root of [undefined, new Uint8Array(), bytesOf(32, 1)]) {
      const { action } = openIntent(encodeSigned(tapped(root)), keysOf, nowMs).intent;
      expect(action.case === "sign" ? action.value.taprootMerkleRoot : "no signature").toEqual(root);
    }
    expect(open(tapped(bytesOf(31, 1)))).toContain("taproot_merkle_root has 31 bytes");
    expect(open(tapped(new Uint8Array(), { scheme: "eddsa-ed25519", publicKey: keyOf(4).publicKey }))).toContain(
      "taproot_merkle_root is given for a key of eddsa-ed25519",
    );
  });

  const payload = (change: object = {}) => ({
    kind: "evm_transaction",
    body: bytesOf(10, 1),
    inputs: [
      { index: 0, derivationPath: [1] },
      { index: 2, derivationPath: [] },
    ],
    ...change,
  });
  const withPayload = (change: object = {}, beside: object = { message: new Uint8Array(), derivationPath: [] }): string =>
    open(intent(signInit, (init) => Object.assign(init.action.value, { payload: payload(change), ...beside })));

  it("sign: takes a payload in place of message and path, of any kind", () => {
    expect(withPayload()).toBe("accepted");
    expect(withPayload({ kind: "sudoku", body: bytesOf(262_144, 1) })).toBe("accepted");
    expect(withPayload({ inputs: Array.from({ length: 64 }, (_, index) => ({ index })) })).toBe("accepted");
  });

  it.each<[string, object, string]>([
    ["no kind", { kind: "" }, "payload.kind"],
    ["a kind that is no word", { kind: "a-b" }, "payload.kind"],
    ["no body", { body: new Uint8Array() }, "payload.body has 0 bytes"],
    ["a body of more than 256 KiB", { body: bytesOf(262_145, 1) }, "payload.body has 262145 bytes"],
    ["no inputs", { inputs: [] }, "payload.inputs has 0 entries"],
    ["65 inputs", { inputs: Array.from({ length: 65 }, (_, index) => ({ index })) }, "payload.inputs has 65 entries"],
    ["an input twice", { inputs: [{ index: 1 }, { index: 1 }] }, "not ascending"],
    ["a hardened path", { inputs: [{ index: 1, derivationPath: [0x80000000] }] }, "payload.inputs[0].derivation_path"],
  ])("sign: refuses a payload with %s", (_name, change, text) => expect(withPayload(change)).toContain(text));

  it("sign: refuses a payload beside a message or a path", () => {
    expect(withPayload({}, { derivationPath: [] })).toContain("message is given beside payload");
    expect(withPayload({}, { message: new Uint8Array() })).toContain("derivation_path is given beside payload");
    const tapped = { message: new Uint8Array(), derivationPath: [], taprootMerkleRoot: new Uint8Array() };
    expect(withPayload({}, tapped)).toContain("taproot_merkle_root is given beside payload");
  });

  it.each<[string, (refresh: Refresh) => unknown, string]>([
    ["a key id of another key", (r) => Object.assign(r, { publicKey: publicKeyOf(6) }), "key_id is not that"],
    ["a key id of 31 bytes", (r) => Object.assign(r, { keyId: r.keyId.subarray(1) }), "key_id is not that"],
    [
      "a chain code of 31 bytes",
      (r) => Object.assign(r, { chain: bytesOf(31, 1) }),
      "trust/bad-intent: The intent is refused: chain has 31",
    ],
    ["an old threshold of 1", (r) => Object.assign(r, { kind: "reshare", oldThreshold: 1 }), ": old_threshold is 1 of 3"],
    ["a threshold of 1", (r) => Object.assign(r, { kind: "reshare", threshold: 1 }), ": threshold is 1 of 3"],
    ["a dealer twice", (r) => Object.assign(r, { dealers: [1, 1] }), "dealers is not ascending"],
    ["a key id of another chain code", (r) => Object.assign(r, { chain: bytesOf(32, 1) }), "key_id is not that"],
    [
      "a public share off the curve",
      (r) => Object.assign(r, { oldPublicShares: [6, 7].map(publicKeyOf).concat([Uint8Array.of(2, ...bytesOf(32, 0xff))]) }),
      "no point of ecdsa-secp256k1",
    ],
    ["no scheme", (r) => Object.assign(r, { scheme: "" }), "scheme is none of"],
    ["another scheme", (r) => Object.assign(r, { scheme: "eddsa-ed25519" }), "public_key is not a public key of eddsa-ed25519"],
    ["the epoch number of a keygen", (r) => Object.assign(r, { epochNumber: 0 }), "epoch_number is 0"],
    ["an old epoch of 31 bytes", (r) => Object.assign(r, { oldEpoch: bytesOf(31, 1) }), "old_epoch"],
    ["a policy root of 31 bytes", (r) => Object.assign(r, { policyRoot: bytesOf(31, 1) }), "policy_root has 31 bytes"],
    ["a policy root by a recovery", (r) => Object.assign(r, { kind: "recover", policyRoot: bytesOf(32, 1) }), "set by a recovery"],
    ["an unknown custody", (r) => Object.assign(r, { kind: "reshare", custody: "escrow" }), "custody is none of"],
    ["another custody without a reshare", (r) => Object.assign(r, { custody: "server" }), "custody changes without a reshare"],
    ["required parties that amend nothing", (r) => Object.assign(r, { required: ["server-party-1"] }), "without amends_required"],
    ["other required parties without a reshare", (r) => Object.assign(r, { amendsRequired: true }), "required changes without a reshare"],
    [
      "other required parties by a recovery",
      (r) => Object.assign(r, { kind: "recover", amendsRequired: true, required: ["server-party-1"] }),
      "required changes without a reshare",
    ],
    ["another role of one that stays", (r) => Object.assign(at(r.members, 1), { role: "temporary" }), "changes the role of one that stays"],
    [
      "another role by a reshare",
      (r) => Object.assign(at(Object.assign(r, { kind: "reshare" }).members, 1), { role: "delegate" }),
      "changes the role",
    ],
    [
      "another role of one that is recovered",
      (r) => {
        Object.assign(r, { kind: "recover", dealers: [1, 2] });
        Object.assign(at(r.members, 2), { role: "temporary", idpk: keyOf(60).publicKey });
      },
      "changes the role",
    ],
    [
      "a required party that is no member",
      (r) => Object.assign(r, { kind: "reshare", amendsRequired: true, required: ["server-party-9"] }),
      "not a member",
    ],
    [
      "more required parties than sign",
      (r) => Object.assign(r, { kind: "reshare", amendsRequired: true, required: ["server-party-1", "server-party-2", "server-party-3"] }),
      "more parties than sign",
    ],
    [
      "the new key of a dealer",
      (r) => {
        Object.assign(r, { kind: "recover" });
        Object.assign(at(r.members, 0), { idpk: keyOf(60).publicKey });
      },
      "not recovered",
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
    ["a new identity key", (r) => Object.assign(at(r.members, 0), { idpk: keyOf(60).publicKey }), "not recovered"],
    ["an unknown kind", (r) => Object.assign(r, { kind: "export" }), "kind"],
  ])("refresh: refuses %s", (_name, change, text) => {
    expect(open(intent(refreshInit, (init) => change(init.action.value)))).toContain(text);
  });

  // 4,000 points took 1.9 s while nothing checked first how many there should be.
  it.each<[string, (refresh: Refresh) => unknown, string]>([
    ["members", (r) => Object.assign(r, { members: many }), "members has 4000 entries, more than 20"],
    ["old members", (r) => Object.assign(r, { oldMembers: many }), "old_members has 4000 entries, more than 20"],
    [
      "public shares",
      (r) => Object.assign(r, { oldPublicShares: Array.from({ length: 4_000 }, () => bytesOf(33, 0xff)) }),
      "old_public_shares has not one for each",
    ],
  ])("refresh: parses none of 4,000 %s", (_name, change, text) => {
    expect(open(intent(refreshInit, (init) => change(init.action.value)))).toContain(text);
  });

  it("keygen: parses none of 4,000 members", () => {
    const keygen = intent(keygenInit, (init) => Object.assign(init.action.value, { members: many }));
    expect(open(keygen)).toContain("members has 4000 entries, more than 20");
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

  const [one, two, three] = memberInits as [(typeof memberInits)[0], (typeof memberInits)[0], (typeof memberInits)[0]];
  const fourth = { ...three, partyId: "server-party-4", shareIndex: 4, idpk: keyOf(44).publicKey };
  it.each<[string, object]>([
    ["itself", { ...three, shareIndex: 4 }],
    ["its party with another key", { ...fourth, partyId: three.partyId }],
    ["its key under another name", { ...fourth, idpk: three.idpk }],
  ])("reshare: gives no old member a second index: %s", (_name, moved) => {
    const reshare = (member: object): string =>
      open(intent(refreshInit, (init) => Object.assign(init.action.value, { kind: "reshare", members: [one, two, member] })));
    expect(reshare(fourth)).toBe("accepted");
    expect(reshare(moved)).toContain("gives an old member another index");
  });

  it("takes no newcomer without a reshare, and none with an index that was passed over", () => {
    for (const kind of ["refresh", "recover"])
      expect(open(intent(refreshInit, (init) => Object.assign(init.action.value, { kind, members: [one, two, fourth] })))).toContain(
        "members has a newcomer without a reshare",
      );
    const withGap = (index: number): string =>
      open(
        intent(refreshInit, (init) => {
          const oldMembers = [one, two, { ...three, shareIndex: 7 }];
          const members = [...oldMembers, { ...fourth, shareIndex: index }].sort((a, b) => a.shareIndex - b.shareIndex);
          Object.assign(init.action.value, { kind: "reshare", oldMembers, members, dealers: [1, 2, 7] });
        }),
      );
    expect(withGap(8)).toBe("accepted");
    expect(withGap(6)).toContain("members has a newcomer with an index that is not new");
  });

  it("recover: takes a new device in place of a lost one, and a new key of a party that deals nothing", () => {
    const recover = (members: object[], oldMembers: object[] = memberInits) =>
      intent(refreshInit, (init) => Object.assign(init.action.value, { kind: "recover", dealers: [1, 2], members, oldMembers }));
    const two = memberInits.slice(0, 2);
    expect(open(recover([...two, { ...at(memberInits, 2), idpk: keyOf(60).publicKey }]))).toBe("accepted");
    expect(open(recover([...two, deviceMember(keyOf(61), 3)], [...two, deviceMember(phone, 3)]))).toBe("accepted");
    expect(open(recover([...two, deviceMember(keyOf(61), 3)]))).toContain("gives an index to another party");
  });

  it("a device signs with the key that its id is made of, and is who it is and no more", () => {
    const body = encode(IntentSchema, { ...signInit, initiatorId: phoneId });
    const signed = statement(signatureTags.intent, phoneId, phone, body);
    const opened = openIntent(encodeSigned(signed), keysOf, nowMs);
    expect(opened.key).toEqual(phone.publicKey);
    expect(open({ ...signed, key: new Uint8Array() })).toContain("its key is not the one that its signer's id is made of");
    expect(open({ ...signed, key: keyOf(9).publicKey })).toContain("its key is not the one that its signer's id is made of");
    expect(open(statement(signatureTags.intent, phoneId, keyOf(9), body))).toContain("its signer's id is made of");
    expect(open({ ...statement(signatureTags.intent, phoneId, keyOf(9), body), key: phone.publicKey })).toContain("no known key");
    const named = statement(signatureTags.intent, "account", initiator, encode(IntentSchema, signInit));
    expect(open({ ...named, key: initiator.publicKey })).toContain("its signer is not a device");
    expect(open(statement(signatureTags.intent, "dev_account", initiator, body))).toContain("its signer's id is made of");
  });

  it("refuses an action that version 1 has no word for, and fields of a later one", () => {
    // Field 13 is a presign. It is unknown here, and without it the intent has no action.
    const { action: _action, ...head } = signInit;
    const later = Uint8Array.of(...encode(IntentSchema, head), 0x6a, 0);
    expect(open(statement(signatureTags.intent, "account", initiator, later))).toContain("exactly one way");
    expect(refusal(() => kindOf({ action: { case: undefined } }))).toContain("trust/bad-intent");
    for (const kind of ["keygen", "sign", "renew", "repair", "export"])
      expect(refusal(() => kindOf({ action: { case: "refresh", value: { kind } as never } }))).toContain("trust/bad-intent");
    for (const kind of ["refresh", "reshare", "recover"] as const)
      expect(kindOf({ action: { case: "refresh", value: { kind } as never } })).toBe(kind);
  });
});
