// These tests compute what an intent asks to be signed and under which key, for every scheme, with
// and without path, Taproot tweak and payload.
import { create } from "@bufbuild/protobuf";
import { PayloadSchema, type SignAction, SignActionSchema } from "@covault/wire";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import fc from "fast-check";
import { hashMessage } from "viem/utils";
import { describe, expect, it } from "vitest";
import { refusal } from "../test/refused.ts";
import { bytesOf, chain, keyOf, publicKeyOf } from "../test/statements.ts";
import {
  bip32Child,
  ed25519Child,
  noScripts,
  refuseTransaction,
  type SchemeName,
  signedMessage,
  signingTerms,
  taprootOutput,
} from "./index.ts";

const digest = bytesOf(32, 3);
const keys = {
  "ecdsa-secp256k1": publicKeyOf(5),
  "schnorr-bip340": publicKeyOf(5).slice(1),
  "eddsa-ed25519": keyOf(4).publicKey,
} as const;
const ask = (scheme: SchemeName, over: object): SignAction =>
  create(SignActionSchema, { scheme, publicKey: keys[scheme], message: digest, ...over });
const terms = (scheme: SchemeName, over: object = {}) => signingTerms(ask(scheme, over), { scheme, publicKey: keys[scheme], chain });
const personal = (body: Uint8Array, over: object = {}) => ({
  message: new Uint8Array(),
  payload: create(PayloadSchema, { kind: "evm_personal_message", body, inputs: [{ index: 0 }], ...over }),
});

describe("raw", () => {
  it.each(Object.keys(keys) as SchemeName[])("%s: without a path, the message under the key itself", (scheme) => {
    const key = { publicKey: keys[scheme], tweak: new Uint8Array(32) };
    expect(terms(scheme)).toEqual({ message: digest, path: [], merkleRoot: undefined, ...key });
  });

  it("with a path, under the child, moved by its tweak", () => {
    const derivationPath = [44, 7];
    const ecdsa = bip32Child(keys["ecdsa-secp256k1"], chain, derivationPath);
    const { publicKey, tweak } = terms("ecdsa-secp256k1", { derivationPath });
    expect([publicKey, tweak]).toEqual([ecdsa.publicKey, ecdsa.tweak]);
    const x = bip32Child(Uint8Array.of(2, ...keys["schnorr-bip340"]), chain, derivationPath);
    const schnorr = terms("schnorr-bip340", { derivationPath });
    expect([schnorr.publicKey, schnorr.tweak]).toEqual([x.publicKey.slice(1), x.tweak]);
    const eddsa = ed25519Child(keys["eddsa-ed25519"], chain, derivationPath);
    expect(terms("eddsa-ed25519", { derivationPath })).toMatchObject({ publicKey: eddsa.publicKey, tweak: eddsa.tweak });
  });

  it("with a Taproot tweak, under the output of the child: its presence is the tweak, and an empty root is one", () => {
    const key = keys["schnorr-bip340"];
    for (const merkleRoot of [noScripts, bytesOf(32, 9)])
      for (const derivationPath of [[], [1, 2]]) {
        const child = terms("schnorr-bip340", { derivationPath });
        const tapped = terms("schnorr-bip340", { derivationPath, taprootMerkleRoot: merkleRoot });
        expect(tapped).toEqual({ ...child, publicKey: taprootOutput(child.publicKey, merkleRoot).outputKey, merkleRoot });
        expect(tapped.publicKey).not.toEqual(key);
      }
  });

  it("refuses a Taproot tweak of a key that has no output, and a digest that ECDSA cannot sign", () => {
    for (const scheme of ["ecdsa-secp256k1", "eddsa-ed25519"] as const)
      expect(refusal(() => terms(scheme, { taprootMerkleRoot: noScripts }))).toContain(
        `trust/bad-intent: The intent is refused: a key of ${scheme} has no Taproot output`,
      );
    expect(refusal(() => terms("ecdsa-secp256k1", { message: new Uint8Array(32) }))).toContain("trust/bad-intent");
    const order = secp256k1.Point.Fn.ORDER.toString(16);
    expect(refusal(() => terms("ecdsa-secp256k1", { message: Buffer.from(order, "hex") }))).toContain("is 0 modulo the group order");
  });
});

describe("a message that could be a transaction", () => {
  /** The shortest messages of Solana transactions, of the legacy format and of version 0. */
  const body = [1, 0, 0, 1, ...bytesOf(32, 5), ...bytesOf(32, 6), 0];
  const transactions = [Uint8Array.from(body), Uint8Array.from([0x80, ...body, 0])];

  it("is signed by no key of Ed25519, with or without a path, and one byte less is", () => {
    for (const message of transactions) {
      for (const derivationPath of [[], [1, 2]])
        expect(refusal(() => terms("eddsa-ed25519", { message, derivationPath }))).toContain(
          `action/transaction-as-message: message: its ${message.length} bytes are a transaction`,
        );
      const shorter = message.subarray(0, -1);
      expect(terms("eddsa-ed25519", { message: shorter }).message).toEqual(shorter);
    }
  });

  it("is one for Ed25519 alone, because the other schemes sign hashes", () => {
    const refusing = (scheme: string) => transactions.map((message) => refusal(() => refuseTransaction(scheme, message)) !== "accepted");
    expect(refusing("eddsa-ed25519")).toEqual([true, true]);
    for (const scheme of ["ecdsa-secp256k1", "schnorr-bip340"]) expect(refusing(scheme)).toEqual([false, false]);
  });
});

describe("evm_personal_message", () => {
  it("is prefixed and hashed as viem does it, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), (body) => {
        expect(`0x${Buffer.from(signedMessage(ask("ecdsa-secp256k1", personal(body)))).toString("hex")}`).toBe(hashMessage({ raw: body }));
      }),
    );
    const text = "héllo, 世界 \x19";
    const signed = signedMessage(ask("ecdsa-secp256k1", personal(new TextEncoder().encode(text))));
    expect(`0x${Buffer.from(signed).toString("hex")}`).toBe(hashMessage(text));
  });

  it("is signed under the child of its input's path", () => {
    const path = [44, 60, 7];
    const signing = terms("ecdsa-secp256k1", personal(bytesOf(5, 65), { inputs: [{ index: 0, derivationPath: path }] }));
    expect([signing.path, signing.publicKey]).toEqual([path, bip32Child(keys["ecdsa-secp256k1"], chain, path).publicKey]);
    expect(signing.message).toEqual(signedMessage(ask("ecdsa-secp256k1", personal(bytesOf(5, 65)))));
  });

  it("has one input, and no other scheme's key signs it", () => {
    expect(refusal(() => terms("ecdsa-secp256k1", personal(digest, { inputs: [{ index: 0 }, { index: 1 }] })))).toContain(
      "is not input 0 alone",
    );
    expect(refusal(() => terms("ecdsa-secp256k1", personal(digest, { inputs: [{ index: 1 }] })))).toContain("is not input 0 alone");
    for (const scheme of ["schnorr-bip340", "eddsa-ed25519"] as const)
      expect(refusal(() => terms(scheme, personal(digest)))).toContain("is signed by a key of ecdsa-secp256k1, and not of");
  });
});

it("a payload of a kind that is not known is nothing that anybody signs", () => {
  for (const kind of ["evm_transaction", "evm_personal_messages", "constructor"])
    expect(refusal(() => terms("ecdsa-secp256k1", personal(digest, { kind })))).toContain(
      `trust/unknown-payload: A payload of kind ${kind}`,
    );
});
