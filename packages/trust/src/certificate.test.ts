import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { CertificateSchema, type Signed } from "@covault/wire";
import { describe, expect, it } from "vitest";
import { refusal } from "../test/refused.ts";
import {
  ack,
  bytesOf,
  certificate,
  chain,
  intent,
  keygenInit,
  keyOf,
  publicKeyOf,
  refreshInit,
  root,
  roster,
  signInit,
  termsOf,
} from "../test/statements.ts";
import { epochOf, intentIdOf, keyIdOf, keysOf, verifyCertificate, verifyRoster } from "./index.ts";

const signedIntent = intent(keygenInit);
const trust = { keysOf: keysOf(verifyRoster(roster(), root.publicKey)), intentId: intentIdOf(signedIntent.body) };
const terms = termsOf(signedIntent);
const acks = [1, 2, 3].map((index) => ack(index, terms));
const at = (index: number): Signed => acks[index - 1] as Signed;
const answer = (list: readonly Signed[], from = signedIntent, expected: Parameters<typeof verifyCertificate>[1] = trust): string =>
  refusal(() => verifyCertificate(certificate(from, list), expected));

describe("verifyCertificate", () => {
  it("gives the key that all members acknowledged, from bytes as from the message", () => {
    const bytes = toBinary(CertificateSchema, certificate(signedIntent));
    const verified = verifyCertificate(bytes, trust);
    expect(verified.publicKey).toEqual(publicKeyOf(5));
    expect(verified.keyId).toEqual(keyIdOf("ecdsa-secp256k1", publicKeyOf(5), chain));
    expect(verified).toMatchObject({ kind: "keygen", threshold: 2, scheme: "ecdsa-secp256k1", sessionId: "ses_1", epochNumber: 0 });
    expect(verified.members.map((member) => member.shareIndex)).toEqual([1, 2, 3]);
  });

  it("takes no intent of somebody unknown", () => {
    expect(answer(acks, signedIntent, { keysOf: () => [keyOf(3).publicKey], intentId: trust.intentId })).toContain("no known key");
    expect(answer(acks, signedIntent, { keysOf: () => [], intentId: trust.intentId })).toContain("no known key");
  });

  it("calls no fault of its caller a fault of the certificate", () => {
    const broken = () => {
      throw new RangeError("the roster cannot be read");
    };
    expect(() => answer(acks, signedIntent, { keysOf: broken, intentId: trust.intentId })).toThrow(
      new RangeError("the roster cannot be read"),
    );
  });

  it("stays good when its initiator's key is retired or revoked", () => {
    const past = roster((init) => Object.assign(init.initiators[0] ?? {}, { retiredAtMs: 1n, revoked: true }));
    expect(answer(acks, signedIntent, { ...trust, keysOf: keysOf(verifyRoster(past, root.publicKey)) })).toBe("accepted");
  });

  it("refuses the certificate of another key of the same members, whole and in parts", () => {
    const otherIntent = intent(keygenInit, (init) => Object.assign(init, { sessionId: "ses_2" }));
    const otherAcks = [1, 2, 3].map((index) => ack(index, { ...termsOf(otherIntent, 6), sessionId: "ses_2" }));
    expect(answer(otherAcks, otherIntent, { ...trust, intentId: "any" })).toBe("accepted");
    expect(answer(otherAcks, otherIntent)).toContain("it answers another intent");
    expect(answer(otherAcks)).toContain("intent_id is that of another intent");
    expect(answer([at(1), at(2), otherAcks[2] as Signed])).toContain("intent_id is that of another intent");
  });

  it("refuses to be asked without an intent to compare with", () => {
    expect(answer(acks, signedIntent, { keysOf: trust.keysOf } as unknown as typeof trust)).toContain("another intent");
  });

  it.each<[string, readonly Signed[], string]>([
    ["no acknowledgements", [], "0 acknowledgements for 3"],
    ["one acknowledgement missing", [at(1), at(3)], "2 acknowledgements for 3"],
    ["one member's acknowledgement twice", [at(1), at(2), at(2)], "one of each, ascending"],
    ["one more acknowledgement than members", [at(1), at(2), at(3), at(3)], "4 acknowledgements"],
    ["acknowledgements in another order", [at(2), at(1), at(3)], "one of each, ascending"],
    ["an acknowledgement of another session", [at(1), at(2), ack(3, { ...terms, sessionId: "ses_9" })], "session_id"],
    ["an acknowledgement of another epoch", [at(1), at(2), ack(3, { ...terms, h2: bytesOf(32, 0x23) })], "different keys or epochs"],
    ["an acknowledgement of another public key", [at(1), at(2), ack(3, { ...terms, key: 6 })], "different keys or epochs"],
    [
      "an acknowledgement with another h2 under the same epoch",
      [at(1), at(2), ack(3, terms, (init) => Object.assign(init, { h2: bytesOf(32, 0x23) }))],
      "epoch is not that",
    ],
    [
      "a key id that is not that of key and chain",
      [at(1), at(2), ack(3, terms, (init) => Object.assign(init, { keyId: bytesOf(32, 1) }))],
      "key_id is not that",
    ],
    ["an acknowledgement with another epoch number", [at(1), at(2), ack(3, { ...terms, epochNumber: 1 })], "epoch_number is 1, not 0"],
    ["an acknowledgement signed by another member", [at(1), at(2), { ...at(3), signature: at(2).signature }], "did not sign it"],
    ["one member speaking for another", [at(1), at(2), { ...at(2), signer: "server-party-3" }], "did not sign it"],
  ])("refuses %s", (_name, list, text) => {
    const text_ = answer(list);
    expect(text_).toContain("trust/bad-certificate");
    expect(text_).toContain(text);
  });

  it("refuses a flipped bit in any acknowledgement's body or signature", () => {
    for (const field of ["body", "signature"] as const)
      for (let index = 0; index < at(2)[field].length; index += 11) {
        const flipped = at(2)[field].slice();
        flipped[index] = (flipped[index] as number) ^ 0x80;
        expect(answer([at(1), { ...at(2), [field]: flipped }, at(3)])).toContain("did not sign it");
      }
  });

  it("refuses an intent that is missing, altered, or makes no key", () => {
    expect(refusal(() => verifyCertificate({ ...certificate(signedIntent), intent: undefined } as never, trust))).toContain(
      "it has no intent",
    );
    expect(answer(acks, { ...signedIntent, body: Uint8Array.of(...signedIntent.body, 0) })).toContain("trust/bad-certificate");
    const sign = intent(signInit);
    expect(answer(acks, sign, { ...trust, intentId: intentIdOf(sign.body) })).toContain("makes no key and no epoch");
  });

  it("refuses bytes that are no certificate, and a message that has none", () => {
    for (const wrong of [bytesOf(50, 0xff), { ...certificate(signedIntent), acks: [{ ...at(1), body: 7 }] as never }])
      expect(refusal(() => verifyCertificate(wrong, trust))).toBe(
        "trust/bad-certificate: The certificate is refused: it cannot be read in exactly one way.",
      );
  });

  it("refuses a field that it does not know, in its bytes and in the message", () => {
    const unknown = Uint8Array.of(...toBinary(CertificateSchema, certificate(signedIntent)), 0xf8, 0x07, 1);
    expect(refusal(() => verifyCertificate(unknown, trust))).toContain("exactly one way");
    expect(refusal(() => verifyCertificate(fromBinary(CertificateSchema, unknown), trust))).toContain("exactly one way");
  });

  it("refresh: accepts a new epoch of the same key, and no other key and not the old epoch", () => {
    const refresh = intent(refreshInit);
    const expected = { ...trust, intentId: intentIdOf(refresh.body) };
    const of = (key: number, epochNumber = 1) => [1, 2, 3].map((index) => ack(index, termsOf(refresh, key, epochNumber)));
    expect(answer(of(5), refresh, expected)).toBe("accepted");
    expect(verifyCertificate(certificate(refresh, of(5)), expected)).toMatchObject({ kind: "refresh", epochNumber: 1 });
    expect(answer(of(5, 2), refresh, expected)).toContain("epoch_number is 2, not 1");
    expect(answer(of(6), refresh, expected)).toContain("its key is another than the one to refresh");
    const otherChain = [1, 2, 3].map((index) =>
      ack(index, termsOf(refresh, 5, 1), (init) => {
        const keyId = keyIdOf("ecdsa-secp256k1", init.publicKey, bytesOf(32, 1));
        Object.assign(init, { chain: bytesOf(32, 1), keyId, epoch: epochOf(keyId, init.h2) });
      }),
    );
    expect(answer(otherChain, refresh, expected)).toContain("its key is another than the one to refresh");
    const oldEpoch = verifyCertificate(certificate(refresh, of(5)), expected).epoch;
    const back = intent(refreshInit, (init) => Object.assign(init.action.value, { oldEpoch }));
    const backAcks = [1, 2, 3].map((index) => ack(index, termsOf(back, 5, 1)));
    expect(answer(backAcks, back, { ...trust, intentId: intentIdOf(back.body) })).toContain("its epoch is the old one");
  });

  it("reshare: needs the acknowledgement of each dealer that leaves, of nobody else, and otherwise none", () => {
    const reshare = intent(refreshInit, (init) => {
      const members = [1, 2].map((index) => init.action.value.members[index - 1]);
      Object.assign(init.action.value, { kind: "reshare", members, threshold: 2 });
    });
    const expected = { ...trust, intentId: intentIdOf(reshare.body) };
    const by = (index: number, h2 = termsOf(reshare, 5, 1).h2) => ack(index, { ...termsOf(reshare, 5, 1), h2 });
    const with_ = (dealerAcks: readonly Signed[], acks = [by(1), by(2)]): string =>
      refusal(() => verifyCertificate({ ...certificate(reshare, acks), dealerAcks: [...dealerAcks] }, expected));
    expect(with_([by(3)])).toBe("accepted");
    expect(with_([])).toContain("0 acknowledgements of dealers that leave for 1");
    expect(with_([by(2)])).toContain("its signer is not a member");
    expect(with_([by(3), by(3)])).toContain("2 acknowledgements of dealers that leave for 1");
    expect(with_([by(3, bytesOf(32, 0x55))])).toContain("different keys or epochs");
    expect(with_([by(3)], [by(1), by(2), by(3)])).toContain("3 acknowledgements for 2");
    const refresh = intent(refreshInit);
    const whole = certificate(
      refresh,
      [1, 2, 3].map((index) => ack(index, termsOf(refresh, 5, 1))),
    );
    const extra = { ...whole, dealerAcks: [ack(3, termsOf(refresh, 5, 1))] };
    expect(refusal(() => verifyCertificate(extra, { ...trust, intentId: "any" }))).toContain(
      "1 acknowledgements of dealers that leave for 0",
    );
  });
});
