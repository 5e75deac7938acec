// These tests try who may ask for a key: what the roster says of an initiator's key, and what the
// charter says of the initiator.
import { IntentSchema, signatureTags } from "@covault/wire";
import { describe, expect, it } from "vitest";
import { founding, holders, open as openChain } from "../test/chain.ts";
import { refusal } from "../test/refused.ts";
import {
  deviceMember,
  encode,
  initiator,
  initiatorInit,
  keygenInit,
  keyOf,
  nowMs,
  parties,
  phone,
  phoneId,
  root,
  roster,
  type rosterInit,
  signInit,
  statement,
} from "../test/statements.ts";
import { checkMayAsk, isInitiatorOf, keysOf, openIntent, verifyRoster } from "./index.ts";

const succession = (change: (init: typeof rosterInit) => unknown = () => undefined) => verifyRoster(roster(change), root.publicKey);
const key = openChain([founding()]);
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

function asked(
  base: typeof signInit | typeof keygenInit,
  of: typeof key | undefined,
  list = succession(),
  signer = "account",
  by = initiator,
): string {
  const signed = statement(signatureTags.intent, signer, by, encode(IntentSchema, { ...base, initiatorId: signer }));
  return refusal(() => checkMayAsk(openIntent(signed, keysOf(list), nowMs), list, of));
}

describe("checkMayAsk", () => {
  it("takes the key's own initiator, and for a keygen any that the roster entitles", () => {
    expect(asked(signInit, key)).toBe("accepted");
    expect(asked(keygenInit, undefined)).toBe("accepted");
  });

  it("refuses an initiator of the roster that is none of the key's", () => {
    const list = succession((init) => init.initiators.push({ ...initiatorInit(keyOf(90)), initiatorId: "other" }));
    expect(asked(signInit, key, list, "other", keyOf(90))).toContain("trust/not-entitled: The initiator other is none of the key's");
    expect(asked(keygenInit, undefined, list, "other", keyOf(90))).toBe("accepted");
  });

  it("refuses what the roster does not let it ask, and a retired or revoked key", () => {
    const with_ = (change: object) => succession((init) => Object.assign(init.initiators[0] ?? {}, change));
    for (const change of [{ kinds: ["keygen"] }, { tenants: ["other"] }, { revoked: true }, { retiredAtMs: BigInt(nowMs) }])
      expect(asked(signInit, key, with_(change))).toContain("trust/not-entitled: The initiator account may not ask for sign");
    expect(asked(signInit, key, with_({ retiredAtMs: BigInt(nowMs + 1) }))).toBe("accepted");
  });

  it("takes the successor of a retired key: the charter names an id, and the roster says which key speaks for it", () => {
    const list = succession((init) => {
      Object.assign(init.initiators[0] ?? {}, { retiredAtMs: 1n });
      init.initiators.push(initiatorInit(keyOf(3)));
    });
    expect(asked(signInit, key, list, "account", keyOf(3))).toBe("accepted");
    expect(asked(signInit, key, list)).toContain("trust/not-entitled");
  });

  it("asks for a signature of no key that is not known", () => {
    expect(asked(signInit, undefined)).toContain("trust/not-entitled");
  });

  it("by the rule devices: takes a device that holds a share, without a roster, and nobody else", () => {
    const nobody = succession((init) => Object.assign(init, { initiators: [] }));
    expect(asked(signInit, shared, nobody, phoneId, phone)).toBe("accepted");
    expect(asked(signInit, shared)).toContain("trust/not-entitled: The initiator account is none of the key's");
    const stranger = keyOf(41);
    expect(asked(signInit, shared, nobody, deviceMember(stranger, 1).partyId, stranger)).toContain("is none of the key's");
    expect(asked(signInit, key, nobody, phoneId, phone)).toContain("is none of the key's");
    expect(asked(signInit, undefined, nobody, phoneId, phone)).toContain("is none of the key's");
  });
});

describe("isInitiatorOf", () => {
  const [server] = parties as [(typeof parties)[number]];
  it.each<[string, typeof key, string, Uint8Array, boolean]>([
    ["one on the list, with any key that the roster knows", key, "account", keyOf(3).publicKey, true],
    ["one that is not on the list", key, "other", initiator.publicKey, false],
    ["a device, where there is a list", key, phoneId, phone.publicKey, false],
    ["a device that holds a share", shared, phoneId, phone.publicKey, true],
    ["the name of such a device with another key", shared, phoneId, keyOf(41).publicKey, false],
    ["the key of such a device under another name", shared, "account", phone.publicKey, false],
    ["a holder that is no device", shared, server.partyId, server.key.publicKey, false],
  ])("%s", (_name, of, initiatorId, signingKey, answer) => expect(isInitiatorOf(of, initiatorId, signingKey)).toBe(answer));
});
