// A 2-of-3 key becomes a 3-of-4 key of other holders, and no party ever has it. Run it by
// `node examples/dist/dkls23-reshare.js`.
import { createHash } from "node:crypto";
import { type KeyShare, keygenMachine, reshareMachine, signMachine } from "@covault/mpc/dkls23";
import { shareIndex } from "@covault/mpc/protocol";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { freshNonce, hex, membersOf, runAll } from "./in-one-process.ts";

const parties = [1, 2, 3].map(shareIndex);
const keygen = { threshold: 2, members: membersOf(parties), nonce: freshNonce(parties) };
const made = runAll(parties, (self) => keygenMachine({ ...keygen, self }));
const key = made.first.share.record;

// Two old holders deal. One of them stays, and three holders are new. A new holder knows the public
// part of the key from the intent.
const [dealers, receivers] = [[1, 2].map(shareIndex), [1, 11, 12, 13].map(shareIndex)];
const all = [1, 2, 11, 12, 13].map(shareIndex);
const reshare = { members: membersOf(all), dealers, receivers, threshold: 3, nonce: freshNonce(all), epochNumber: 1 };
const handed = runAll(all, (self) => reshareMachine({ ...reshare, mine: dealers.includes(self) ? made.of(self).share : { self, key } }));
const { generation } = handed.first;
console.log("same key", hex(generation.publicKey) === hex(key.publicKey), `${generation.threshold} of ${generation.holders.length}`);
console.log("party 2 leaves without a share", handed.of(shareIndex(2)).share === undefined);

// From now on three of the four sign.
const digest = createHash("sha256").update("signed by the new holders").digest();
const signers = [11, 12, 13].map(shareIndex);
const setup = { signers, digest, tweak: new Uint8Array(32), nonce: freshNonce(signers), burned: [] };
const signed = runAll(signers, (self) => signMachine({ ...setup, share: handed.of(self).share as KeyShare }));
console.log("signature valid", secp256k1.verify(signed.first.signature, digest, key.publicKey, { prehash: false }));
