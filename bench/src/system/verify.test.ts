import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { expect, it } from "vitest";
import type { Signed, Signer } from "./requests.ts";
import { isSignature } from "./verify.ts";

const account = privateKeyToAccount(generatePrivateKey());
const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const signer: Signer = {
  id: "acc_1",
  address: account.address,
  ed25519Key: `0x${Buffer.from(publicKey.export({ format: "jwk" }).x as string, "base64url").toString("hex")}`,
};

it("a signature of the account's key is one, and none of another message", async () => {
  const signed: Signed = { work: "ecdsa", message: "hello", signature: await account.signMessage({ message: "hello" }) };
  expect(await isSignature(signed, signer)).toBe(true);
  expect(await isSignature({ ...signed, message: "hallo" }, signer)).toBe(false);
});

it("a signature of its Ed25519 key is one, and none of another message", async () => {
  const message = randomBytes(32);
  const signed: Signed = {
    work: "ed25519",
    message: `0x${message.toString("hex")}`,
    signature: `0x${sign(null, message, privateKey).toString("hex")}`,
  };
  expect(await isSignature(signed, signer)).toBe(true);
  expect(await isSignature({ ...signed, message: `0x${"00".repeat(32)}` }, signer)).toBe(false);
});
