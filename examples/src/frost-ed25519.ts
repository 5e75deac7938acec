// An Ed25519 key in three parts and a signature by two of them, which Node's own Ed25519 accepts.
// Run it by `node examples/dist/frost-ed25519.js`.
import { createPublicKey, verify } from "node:crypto";
import { frostKeygenMachine, frostSignMachine } from "@covault/mpc/frost";
import { shareIndex } from "@covault/mpc/protocol";
import { freshNonce, hex, membersOf, runAll } from "./in-one-process.ts";

const parties = [1, 2, 3].map(shareIndex);
const keygen = { threshold: 2, members: membersOf(parties), nonce: freshNonce(parties) };
// With "schnorr-bip340" instead it makes a key for Taproot.
const made = runAll(parties, (self) => frostKeygenMachine("eddsa-ed25519", { ...keygen, self }));

const signers = [1, 2].map(shareIndex);
const message = Buffer.from("to be signed");
const setup = { signers, message, nonce: freshNonce(signers) };
const signed = runAll(signers, (self) => frostSignMachine({ ...setup, share: made.of(self).share }));
const { signature, publicKey } = signed.first;

const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: Buffer.from(publicKey).toString("base64url") }, format: "jwk" });
console.log("signature", hex(signature), "valid", verify(null, message, key, signature));
