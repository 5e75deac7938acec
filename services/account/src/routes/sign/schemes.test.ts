// These tests make signatures of an account with keys of all schemes: by path, for a Taproot
// output, of messages. Each is verified by a library that others wrote.
import { createPublicKey, randomBytes, verify } from "node:crypto";
import { p2trAddress } from "@covault/chains";
import { schemeNames } from "@covault/trust";
import { schnorr } from "@noble/curves/secp256k1.js";
import { Address } from "@scure/btc-signer";
import { taprootTweakPubkey } from "@scure/btc-signer/utils.js";
import { getAddressDecoder } from "@solana/addresses";
import { recoverAddress, recoverMessageAddress } from "viem";
import { describe, expect, it } from "vitest";
import { digest, testSystem } from "../../../test/system.ts";

const system = await testSystem();
const [ecdsa, eddsa, bip340] = schemeNames;
const account = (await system.createAccount({ user_id: "all", schemes: [ecdsa, eddsa, bip340] })).body;
const lone = (await system.createAccount({ user_id: "lone", scheme: eddsa })).body;
const signPath = `/api/v1/accounts/${account.id}/sign`;
const sign = (body: object, headers?: Record<string, string>) => system.call("POST", signPath, body, headers);
const addressesAt = async (path: string) =>
  (await system.call("GET", `/api/v1/accounts/${account.id}/addresses?path=${path}`)).body.addresses[0];
const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex.slice(2), "hex"));
const spki = Buffer.from("302a300506032b6570032100", "hex");
const openSslSays = (publicKey: string, message: string, signature: string): boolean =>
  verify(
    null,
    bytes(message),
    createPublicKey({ key: Buffer.concat([spki, bytes(publicKey)]), format: "der", type: "spki" }),
    bytes(signature),
  );

describe("ECDSA", () => {
  it("signs by a path under the child's address", async () => {
    const { status, body } = await sign({ digest, derivation_path: "m/0/5" });
    expect([status, body.signatures[0]]).toMatchObject([200, { scheme: ecdsa, path: "m/0/5", taproot: false }]);
    const { evm } = await addressesAt("m/0/5");
    expect(await recoverAddress({ hash: `0x${digest}`, signature: body.signature.hex })).toBe(evm);
    expect(evm).not.toBe(account.addresses.evm);
    expect(body.signatures[0].address).toBe(evm);
  });

  it.each([
    ["text", "Grüße aus dem Tresor ✓"],
    ["bytes", `0x${randomBytes(300).toString("hex")}`],
  ] as const)("signs an EVM personal message given as %s, as wallets do", async (field, message) => {
    const transaction = { type: "evm_personal_message", [field]: message, derivation_path: "m/7" };
    const { status, body } = await sign({ transaction });
    expect([status, body.signatures?.length]).toEqual([200, 1]);
    const given = field === "text" ? message : { raw: message as `0x${string}` };
    expect(await recoverMessageAddress({ message: given, signature: body.signature.hex })).toBe((await addressesAt("m/7")).evm);
    expect((await system.call("GET", `/api/v1/sessions/${body.session_id}`)).body.result).toMatchObject({
      signature: body.signature,
      signatures: body.signatures,
    });
  });
});

describe("Ed25519", () => {
  it("signs messages, and not digests, as OpenSSL verifies them", async () => {
    for (const message of ["0x", `0x${randomBytes(5).toString("hex")}`, `0x${randomBytes(65_536).toString("hex")}`]) {
      const { status, body } = await sign({ message, scheme: eddsa, derivation_path: "m/3" });
      expect([status, body.digest, body.message]).toEqual([200, undefined, message]);
      const [one] = body.signatures;
      expect(openSslSays(one.public_key, message, one.hex)).toBe(true);
      expect(one.address).toBe(getAddressDecoder().decode(bytes(one.public_key)));
      expect(one.address).toBe((await addressesAt("m/3")).solana);
    }
  });

  it("is the key of an account that has no other, without being named", async () => {
    const { body } = await system.call("POST", `/api/v1/accounts/${lone.id}/sign`, { message: "0x68690a" });
    expect(openSslSays(lone.public_key, "0x68690a", body.signature.hex)).toBe(true);
    expect(body.keygen_session_id).toBe(lone.keygen_session_id);
  });
});

describe("BIP-340", () => {
  const signed = async (more: object) => {
    const { status, body } = await sign({ digest, scheme: bip340, ...more });
    expect(status).toBe(200);
    const [one] = body.signatures;
    expect(schnorr.verify(bytes(one.hex), bytes(`0x${digest}`), bytes(one.public_key))).toBe(true);
    return one;
  };

  it("signs with the key itself, for its output without scripts, and for one with scripts: three keys", async () => {
    const own = account.keys.find(({ scheme }: { scheme: string }) => scheme === bip340).public_key;
    const merkle_root = "cd".repeat(32);
    const all = [await signed({}), await signed({ taproot: {} }), await signed({ taproot: { merkle_root } })];
    expect(all.map(({ taproot }) => taproot)).toEqual([false, true, true]);
    expect(all[0].public_key).toBe(own);
    expect(new Set(all.map(({ public_key }) => public_key)).size).toBe(3);
    // The key itself is no output, so it has no address of its own.
    const addresses = [new Uint8Array(), bytes(`0x${merkle_root}`)].map((root) =>
      Address().encode({ type: "tr", pubkey: taprootTweakPubkey(bytes(own), root)[0] }),
    );
    expect(all.map(({ address }) => address)).toEqual([undefined, ...addresses]);
  });

  it("signs for the output whose address is shown for a path", async () => {
    const { public_key, address } = await signed({ taproot: {}, derivation_path: "m/0/1" });
    const { bitcoin_p2tr } = await addressesAt("m/0/1");
    expect(address).toBe(bitcoin_p2tr);
    expect(p2trAddress(bytes(public_key), "mainnet")).toBe(bitcoin_p2tr);
  });
});

it("knows requests apart that differ in anything that is signed", async () => {
  const headers = { "idempotency-key": "apart" };
  const asked = { digest, scheme: bip340, derivation_path: "m/0", taproot: {} };
  const one = await sign(asked, headers);
  const id = account.keys.find(({ scheme }: { scheme: string }) => scheme === bip340).key_id;
  expect((await sign({ ...asked, scheme: undefined, key_id: id }, headers)).body).toEqual(one.body);
  for (const change of [
    { digest: "cd".repeat(32) },
    { scheme: ecdsa, taproot: undefined },
    { derivation_path: "m/1" },
    { taproot: undefined },
    { taproot: { merkle_root: "ab".repeat(32) } },
  ])
    expect((await sign({ ...asked, ...change }, headers)).status, JSON.stringify(change)).toBe(409);
});

it("502: a signature by the key itself where a child, or the output, was asked for", async () => {
  const { sign: honestly } = system.coordinator.behaviour;
  const untweaked = { tweak: new Uint8Array(32), merkleRoot: undefined };
  system.coordinator.behaviour.sign = (terms, key) => honestly({ ...terms, ...untweaked }, key);
  for (const more of [{ derivation_path: "m/1" }, { derivation_path: "m/1", scheme: bip340 }, { taproot: {}, scheme: bip340 }])
    expect((await sign({ digest, ...more })).body.code).toBe("account/bad-result");
  expect((await sign({ message: "0x01", scheme: eddsa, derivation_path: "m/1" })).body.code).toBe("account/bad-result");
});

describe("422", () => {
  it("a transaction of Solana, which nobody signs as a message, is refused before a session is opened", async () => {
    const keys = "ab".repeat(32);
    for (const message of [`0x01000001${keys}${"cd".repeat(32)}00`, `0x8001000001${keys}${"cd".repeat(32)}0000`]) {
      const before = system.coordinator.sessions.size;
      const { status, body } = await sign({ message, scheme: eddsa, derivation_path: "m/3" });
      expect([status, body.code, body.errors]).toEqual([
        422,
        "action/transaction-as-message",
        [{ pointer: "/message", message: body.message }],
      ]);
      expect(system.coordinator.sessions.size).toBe(before);
      expect((await sign({ message: message.slice(0, -2), scheme: eddsa })).status).toBe(200);
    }
  });
});

describe("400", () => {
  const personal = (more: object) => ({ transaction: { type: "evm_personal_message", ...more } });
  it.each([
    ["account/bad-digest", { digest, scheme: eddsa }],
    ["account/bad-digest", { digest: "ab", scheme: bip340 }],
    ["account/bad-digest", { message: "ab".repeat(65_537), scheme: eddsa }],
    ["account/bad-sign-request", { message: "abc", scheme: eddsa }],
    ["account/bad-sign-request", { digest, taproot: {} }],
    ["http/bad-request", { digest, scheme: bip340, taproot: { merkle_root: "ab" } }],
    ["http/bad-request", { digest, scheme: "rsa" }],
    ["account/no-such-key", { digest, key_id: "ab".repeat(32) }],
    ["trust/bad-path", { digest, derivation_path: "m/0'" }],
    ["trust/bad-path", { digest, derivation_path: "0/1" }],
    ["trust/bad-path", personal({ text: "a", derivation_path: "m/-1" })],
    ["http/bad-request", { transaction: { type: "evm_typed_data", text: "a" } }],
    ["account/bad-sign-request", personal({})],
    ["account/bad-sign-request", personal({ text: "a", bytes: "0x61" })],
    ["account/bad-sign-request", personal({ text: "" })],
    ["account/bad-sign-request", personal({ text: "\ud800" })],
    ["account/bad-sign-request", personal({ bytes: "0x6" })],
    ["account/bad-sign-request", { ...personal({ text: "a" }), digest }],
    ["account/bad-sign-request", { ...personal({ text: "a" }), derivation_path: "m/0" }],
    ["account/bad-sign-request", { ...personal({ text: "a" }), taproot: {} }],
    ["account/bad-sign-request", { ...personal({ text: "a" }), scheme: bip340 }],
  ])("%s for %j", async (code, body) => {
    const before = system.coordinator.sessions.size;
    const answer = await sign(body);
    expect([answer.status, answer.body.code]).toEqual([400, code]);
    expect(system.coordinator.sessions.size).toBe(before);
  });

  it("account/bad-digest for a message that is too long, with a hint that is true of Ed25519", async () => {
    const { body } = await sign({ message: "ab".repeat(65_537), scheme: eddsa });
    expect([body.code, body.hint]).toEqual(["account/bad-digest", expect.stringContaining("64 KiB")]);
  });

  it("account/no-such-key for a personal message of an account without an ECDSA key", async () => {
    const answer = await system.call("POST", `/api/v1/accounts/${lone.id}/sign`, personal({ text: "a" }));
    expect([answer.status, answer.body.code]).toEqual([400, "account/no-such-key"]);
  });
});
