// Nonces are made ahead of their messages, and then a signature takes one message. Run it by
// `node examples/dist/frost-preprocess.js`.

import { type FrostPreprocessed, frostKeygenMachine, frostOnlineMachine, frostPreprocessMachine } from "@covault/mpc/frost";
import { shareIndex } from "@covault/mpc/protocol";
import { ed25519 } from "@noble/curves/ed25519.js";
import { freshNonce, membersOf, runAll } from "./in-one-process.ts";

const parties = [1, 2, 3].map(shareIndex);
const keygen = { threshold: 2, members: membersOf(parties), nonce: freshNonce(parties) };
const made = runAll(parties, (self) => frostKeygenMachine("eddsa-ed25519", { ...keygen, self }));

// Two rounds make a pool. What it holds is a secret, is never backed up, and signs once.
const signers = [1, 2].map(shareIndex);
const about = { signers, nonce: freshNonce(signers), count: 8 };
const pool = runAll(signers, (self) => frostPreprocessMachine({ ...about, share: made.of(self).share }));
console.log("nonces for", pool.first.length, "signatures");

// Now one message is enough, whatever is signed. The signers name what they take by its id.
const { id } = pool.first[0] as FrostPreprocessed;
const message = new TextEncoder().encode("chosen later");
const setup = { id, signers, message, nonce: freshNonce(signers) };
const take = (self: (typeof signers)[number]) => (pool.of(self)[0] as FrostPreprocessed).preprocessed;
const { signature, publicKey } = runAll(signers, (self) => frostOnlineMachine(take(self), { ...setup, share: made.of(self).share })).first;
console.log("signature valid", ed25519.verify(signature, message, publicKey));
