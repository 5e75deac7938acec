// Addresses of a joint key without its parts: an extended public key, and a signature under a
// derived key. Run it by `node examples/dist/derive.js`.
import { createHash } from "node:crypto";
import { keygenMachine, signMachine } from "@covault/mpc/dkls23";
import { shareIndex } from "@covault/mpc/protocol";
import { bip32Child, extendedKeyText } from "@covault/trust";
import { freshNonce, hex, membersOf, runAll } from "./in-one-process.ts";

const parties = [1, 2].map(shareIndex);
const keygen = { threshold: 2, members: membersOf(parties), nonce: freshNonce(parties) };
const made = runAll(parties, (self) => keygenMachine({ ...keygen, self }));
const { record } = made.first.share;

// Everybody with the public key and the chain code derives the same child, on non-hardened paths
// only.
const root = bip32Child(record.publicKey, record.chain, "m");
console.log("extended", extendedKeyText(root));
const child = bip32Child(record.publicKey, record.chain, "m/0/7");
console.log("child", hex(child.publicKey));

// To sign under it, every signer derives the tweak itself from the path that it approved.
const digest = createHash("sha256").update("to be signed by a child").digest();
const setup = { signers: parties, digest, tweak: child.tweak, nonce: freshNonce(parties), burned: [] };
const signed = runAll(parties, (self) => signMachine({ ...setup, share: made.of(self).share }));
const { publicKey, signature } = signed.first;
console.log("same key", hex(publicKey) === hex(child.publicKey), "signature", hex(signature));
