// A holder that lost its share gets a new one, at its own index, from the others. Run it by
// `node examples/dist/dkls23-recovery.js`.
import { createHash } from "node:crypto";
import { keygenMachine, recoveryMachine, signMachine } from "@covault/mpc/dkls23";
import { shareIndex } from "@covault/mpc/protocol";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { freshNonce, hex, membersOf, runAll } from "./in-one-process.ts";

const parties = [1, 2, 3].map(shareIndex);
const keygen = { threshold: 2, members: membersOf(parties), nonce: freshNonce(parties) };
const made = runAll(parties, (self) => keygenMachine({ ...keygen, self }));
const key = made.first.share.record;

// Party 3 has nothing left but what is public, which the signed intent repeats. The others deal,
// and everybody's share changes.
const lost = shareIndex(3);
const recovery = { members: membersOf(parties), dealers: [1, 2].map(shareIndex), nonce: freshNonce(parties), epochNumber: 1 };
const recovered = runAll(parties, (self) => recoveryMachine({ ...recovery, mine: self === lost ? { self, key } : made.of(self).share }));
const back = recovered.of(lost).share;
console.log("same key", hex(back.record.publicKey) === hex(key.publicKey), "same index", back.record.self === lost);
console.log("another share than the lost one", hex(back.secret) !== hex(made.of(lost).share.secret));

const digest = createHash("sha256").update("signed by the recovered party").digest();
const signers = [1, 3].map(shareIndex);
const setup = { signers, digest, tweak: new Uint8Array(32), nonce: freshNonce(signers), burned: [] };
const signed = runAll(signers, (self) => signMachine({ ...setup, share: recovered.of(self).share }));
console.log("signature valid", secp256k1.verify(signed.first.signature, digest, key.publicKey, { prehash: false }));
