import { fromBinary } from "@bufbuild/protobuf";
import { type Member, RosterSchema, SignedSchema, signatureTags } from "@covault/wire";
import { describe, expect, it } from "vitest";
import { refusal } from "../test/refused.ts";
import {
  bytesOf,
  deviceMember,
  encode,
  encodeSigned,
  initiator,
  initiatorInit,
  keyOf,
  memberInits,
  nowMs,
  parties,
  phone,
  phoneId,
  root,
  roster,
  rosterInit,
  statement,
} from "../test/statements.ts";
import {
  type Asking,
  checkHolders,
  keysOf,
  mayAsk,
  mayHaveRoot,
  rosterInitiator,
  rosterParty,
  speakingKeysOf,
  verifyRoster,
} from "./index.ts";

type Init = typeof rosterInit;
const party = (init: Init, at: number) => init.parties[at] as Init["parties"][number];

describe("verifyRoster", () => {
  it("accepts what the root key signed", () => {
    const verified = verifyRoster(roster(), root.publicKey);
    expect(verified.serial).toBe(7n);
    expect(verified.parties.map((entry) => entry.partyId)).toEqual(parties.map((entry) => entry.partyId));
  });

  it("accepts an initiator twice with two keys, which is how a key is rotated", () => {
    const rotated = roster((init) => init.initiators.push(initiatorInit(keyOf(3))));
    expect(rosterInitiator(verifyRoster(rotated, root.publicKey), "account")).toHaveLength(2);
  });

  it("refuses the signature of another root", () => {
    expect(refusal(() => verifyRoster(roster(undefined, keyOf(77)), root.publicKey))).toContain("the root key did not sign it");
  });

  it("refuses any flipped bit of the body or the signature", () => {
    const signed = fromBinary(SignedSchema, roster());
    for (const field of ["body", "signature"] as const)
      for (let at = 0; at < signed[field].length; at += 5) {
        const flipped = signed[field].slice();
        flipped[at] = (flipped[at] as number) ^ 1;
        expect(refusal(() => verifyRoster(encodeSigned({ ...signed, [field]: flipped }), root.publicKey))).toContain(
          "the root key did not sign it",
        );
      }
  });

  it.each<[string, (init: Init) => unknown, string]>([
    ["another format version", (init) => Object.assign(init, { version: 2 }), "version 2"],
    ["a party without an id", (init) => Object.assign(party(init, 1), { partyId: "" }), "parties[1].party_id"],
    ["the coordinator as a party", (init) => Object.assign(party(init, 1), { partyId: "coordinator" }), "parties[1].party_id"],
    ["a party twice", (init) => Object.assign(party(init, 1), { partyId: "server-party-1" }), "parties.party_id names one twice"],
    [
      "one identity key for two parties",
      (init) => Object.assign(party(init, 1), { idpk: party(init, 0).idpk }),
      "parties.idpk names one twice",
    ],
    ["a short identity key", (init) => Object.assign(party(init, 0), { idpk: bytesOf(31, 1) }), "has 31 bytes"],
    [
      "an identity key of small order",
      (init) => Object.assign(party(init, 0), { idpk: Uint8Array.of(1, ...bytesOf(31, 0)) }),
      "is not an Ed25519 key",
    ],
    ["an unknown role", (init) => Object.assign(party(init, 0), { role: "device" }), "parties[0].role"],
    ["a validity that ends before it begins", (init) => Object.assign(party(init, 0), { validUntilMs: 4n }), "ends before it begins"],
    ["an initiator with a short key", (init) => Object.assign(init.initiators[0] ?? {}, { key: bytesOf(33, 2) }), "initiators[0].key"],
    ["an initiator for an unknown kind", (init) => Object.assign(init.initiators[0] ?? {}, { kinds: ["presign"] }), "initiators[0].kinds"],
    [
      "an initiator for a tenant without a name",
      (init) => Object.assign(init.initiators[0] ?? {}, { tenants: ["default", "a b"] }),
      "initiators[0].tenants is not a name",
    ],
    ["a device as a party", (init) => Object.assign(party(init, 1), { partyId: phoneId, idpk: phone.publicKey }), "is a device"],
    ["an id that only looks like a device's", (init) => Object.assign(party(init, 1), { partyId: "dev_1" }), "is a device"],
    ["a device as an initiator", (init) => Object.assign(init.initiators[0] ?? {}, { initiatorId: phoneId }), "is a device"],
    ["a tenant without a name", (init) => Object.assign(init.tenants[0] ?? {}, { tenant: "" }), "tenants[0].tenant"],
    ["a tenant twice", (init) => init.tenants.push(structuredClone(init.tenants[0]) as Init["tenants"][number]), "tenants names one twice"],
    [
      "a policy root of 31 bytes",
      (init) => Object.assign(init.tenants[0] ?? {}, { policyRoots: [bytesOf(31, 1)] }),
      "tenants[0].policy_roots has 31 bytes",
    ],
    [
      "a policy root twice",
      (init) => Object.assign(init.tenants[0] ?? {}, { policyRoots: [bytesOf(32, 1), bytesOf(32, 1)] }),
      "tenants[0].policy_roots names one twice",
    ],
    [
      "an initiator twice with one key",
      (init) => init.initiators.push(structuredClone(init.initiators[0]) as Init["initiators"][number]),
      "names one twice",
    ],
  ])("refuses %s", (_name, change, text) => {
    const answer = refusal(() => verifyRoster(roster(change), root.publicKey));
    expect(answer).toContain("trust/bad-roster");
    expect(answer).toContain(text);
  });

  it("refuses a field that it does not know, in the statement and around it", () => {
    const unknown = Uint8Array.of(...encode(RosterSchema, rosterInit), 0xf8, 0x07, 1);
    const answer = (bytes: Uint8Array): string => refusal(() => verifyRoster(bytes, root.publicKey));
    expect(answer(encodeSigned(statement(signatureTags.roster, "root", root, unknown)))).toContain("exactly one way");
    expect(answer(Uint8Array.of(...roster(), 0xf8, 0x07, 1))).toContain("not a signed statement");
  });

  it("refuses a key beside a signer that is no device", () => {
    const signed = fromBinary(SignedSchema, roster());
    expect(refusal(() => verifyRoster(encodeSigned({ ...signed, key: root.publicKey }), root.publicKey))).toContain("is not a device");
  });

  it("refuses bytes that are no statement", () => {
    expect(refusal(() => verifyRoster(bytesOf(40, 0xff), root.publicKey))).toContain("not a signed statement");
  });
});

describe("rosterParty", () => {
  const verified = verifyRoster(
    roster((init) => Object.assign(party(init, 0), { validFromMs: BigInt(nowMs), validUntilMs: BigInt(nowMs + 10) })),
    root.publicKey,
  );
  it("knows a party from the first to before the last millisecond of its validity", () => {
    expect([nowMs - 1, nowMs, nowMs + 9, nowMs + 10].map((at) => rosterParty(verified, "server-party-1", at) !== undefined)).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });
  it("knows nobody else", () => {
    expect(rosterParty(verified, "server-party-9", nowMs)).toBeUndefined();
  });
});

describe("checkHolders", () => {
  const list = verifyRoster(
    roster((init) => Object.assign(party(init, 2), { validFromMs: BigInt(nowMs), validUntilMs: BigInt(nowMs + 10) })),
    root.publicKey,
  );
  const members = memberInits as unknown as readonly Member[];
  const device = deviceMember(phone, 3) as unknown as Member;
  const answer = (holders: readonly Member[], atMs = nowMs): string => refusal(() => checkHolders(list, holders, atMs));
  const strangers = "trust/unknown-party: The roster has no valid party server-party-1 with that identity key and role.";

  it("takes the parties of the roster with their keys and roles, and devices beside them", () => {
    expect(answer(members)).toBe("accepted");
    expect(answer([...members.slice(0, 2), device])).toBe("accepted");
  });

  it.each<[string, readonly object[], string]>([
    ["a party that the roster does not have", [{ ...members[0], partyId: "server-party-9" }], strangers.replace("party-1", "party-9")],
    ["another identity key", [{ ...members[0], idpk: keyOf(60).publicKey }], strangers],
    ["another role", [{ ...members[0], role: "temporary" }], strangers],
    ["such a party behind others", [members[1] as Member, { ...members[0], role: "temporary" }], strangers],
    ["devices alone", [device], "trust/unknown-party: None of the members is a party of the roster."],
    ["nobody", [], "trust/unknown-party: None of the members is a party of the roster."],
  ])("refuses %s", (_name, holders, text) => expect(answer(holders as readonly Member[])).toBe(text));

  it("refuses a party at a time when the roster has it no more, or not yet", () => {
    expect(answer(members, nowMs + 9)).toBe("accepted");
    for (const atMs of [nowMs - 1, nowMs + 10]) expect(answer(members, atMs)).toBe(strangers.replace("party-1", "party-3"));
  });
});

describe("mayAsk", () => {
  const request: Asking = {
    initiatorId: "account",
    key: initiator.publicKey,
    tenantId: "default",
    kind: "sign",
    issuedAtMs: BigInt(nowMs),
  };
  const under = (change: Partial<Init["initiators"][number]>, asked: Partial<Asking> = {}): boolean => {
    const verified = verifyRoster(
      roster((init) => Object.assign(init.initiators[0] ?? {}, change)),
      root.publicKey,
    );
    return mayAsk(verified, { ...request, ...asked });
  };

  it("allows exactly the listed key, tenant and kind", () => {
    const listed = { tenants: ["default"], kinds: ["sign"] };
    expect(under({})).toBe(true);
    expect(under(listed)).toBe(true);
    expect(under(listed, { tenantId: "other" })).toBe(false);
    expect(under(listed, { kind: "keygen" })).toBe(false);
    expect(under(listed, { initiatorId: "other" })).toBe(false);
    expect(under(listed, { key: keyOf(3).publicKey })).toBe(false);
  });

  it("knows a retired key in what was issued before, and not from then on", () => {
    const retired = { retiredAtMs: BigInt(nowMs) };
    expect([-1n, 0n, 1n].map((later) => under(retired, { issuedAtMs: BigInt(nowMs) + later }))).toEqual([true, false, false]);
  });

  it("never knows a revoked key, whenever it was issued; another key of the initiator speaks on", () => {
    expect(under({ revoked: true }, { issuedAtMs: 1n })).toBe(false);
    const renewed = verifyRoster(
      roster((init) => {
        Object.assign(init.initiators[0] ?? {}, { revoked: true });
        init.initiators.push(initiatorInit(keyOf(3)));
      }),
      root.publicKey,
    );
    expect(mayAsk(renewed, request)).toBe(false);
    expect(mayAsk(renewed, { ...request, key: keyOf(3).publicKey })).toBe(true);
    // The keys that signed in the past stay known.
    expect(keysOf(renewed)("account")).toEqual([initiator.publicKey, keyOf(3).publicKey]);
    expect(keysOf(renewed)("other")).toEqual([]);
    expect(speakingKeysOf(renewed, "account")).toEqual([keyOf(3).publicKey]);
  });
});

describe("mayHaveRoot", () => {
  const verified = verifyRoster(
    roster((init) => init.tenants.push({ tenant: "both", policyRoots: [bytesOf(32, 1)], versionZeroAllowed: true })),
    root.publicKey,
  );
  const none = new Uint8Array();
  it.each<[string, Uint8Array, boolean]>([
    ["default", none, true],
    ["default", bytesOf(32, 0x77), false],
    ["strict", none, false],
    ["strict", bytesOf(32, 0x77), true],
    ["strict", bytesOf(32, 1), false],
    ["both", none, true],
    ["both", bytesOf(32, 1), true],
  ])("tenant %s, root %o: %s", (tenant, policyRoot, allowed) => expect(mayHaveRoot(verified, tenant, policyRoot)).toBe(allowed));
});
