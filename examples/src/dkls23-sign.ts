// A 2-of-3 ECDSA key that never exists in one place, and a signature by two of the three. Run it by
// `node examples/dist/dkls23-sign.js`.
import { createHash } from "node:crypto";
import { keygenMachine, signMachine } from "@covault/mpc/dkls23";
import { shareIndex } from "@covault/mpc/protocol";
import { freshNonce, hex, membersOf, runAll } from "./in-one-process.ts";

// Three parties agree on the members and the threshold, then make the key.
const parties = [1, 2, 3].map(shareIndex);
const keygen = { threshold: 2, members: membersOf(parties), nonce: freshNonce(parties) };
const made = runAll(parties, (self) => keygenMachine({ ...keygen, self }));

// Two of them sign the digest of a message that both have approved.
const signers = [1, 3].map(shareIndex);
const digest = createHash("sha256").update("to be signed").digest();
const setup = { signers, digest, tweak: new Uint8Array(32), nonce: freshNonce(signers), burned: [] };
const signed = runAll(signers, (self) => signMachine({ ...setup, share: made.of(self).share }));

const { publicKey, signature, recovery } = signed.first;
console.log("public key", hex(publicKey));
console.log("signature", hex(signature), "recovery", recovery);
