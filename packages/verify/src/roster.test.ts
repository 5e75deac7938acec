import { fromBinary } from "@bufbuild/protobuf";
import { SignedSchema } from "@covault/wire";
import { describe, expect, it } from "vitest";
import { refusal } from "../test/refused.ts";
import { bytesOf, encodeSigned, initiator, keyOf, nowMs, parties, root, roster, type rosterInit } from "../test/statements.ts";
import { isEntitled, rosterInitiator, rosterParty, verifyRoster } from "./index.ts";

type Init = typeof rosterInit;
const party = (init: Init, at: number) => init.parties[at] as Init["parties"][number];

describe("verifyRoster", () => {
  it("accepts what the root key signed", () => {
    const verified = verifyRoster(roster(), root.publicKey);
    expect(verified.serial).toBe(7n);
    expect(verified.parties.map((entry) => entry.partyId)).toEqual(parties.map((entry) => entry.partyId));
  });

  it("accepts an initiator twice with two keys, which is how a key is rotated", () => {
    const rotated = roster((init) => init.initiators.push({ initiatorId: "account", key: keyOf(3).publicKey, tenants: [], kinds: [] }));
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
    ["an initiator for an unknown kind", (init) => Object.assign(init.initiators[0] ?? {}, { kinds: ["export"] }), "initiators[0].kinds"],
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

describe("isEntitled", () => {
  const entry = { initiatorId: "account", key: initiator.publicKey, tenants: ["default"], kinds: ["sign"] };
  const list = [entry] as unknown as Parameters<typeof isEntitled>[0];
  const request = { initiatorId: "account", key: initiator.publicKey, tenantId: "default", kind: "sign" as const };
  it("allows exactly the listed key, tenant and kind", () => {
    expect(isEntitled(list, request)).toBe(true);
    expect(isEntitled(list, { ...request, tenantId: "other" })).toBe(false);
    expect(isEntitled(list, { ...request, kind: "keygen" })).toBe(false);
    expect(isEntitled(list, { ...request, initiatorId: "other" })).toBe(false);
    expect(isEntitled(list, { ...request, key: keyOf(3).publicKey })).toBe(false);
  });
});
