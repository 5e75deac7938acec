// A joint key for Taproot: a BIP-340 signature of the key itself, and of the BIP-341 output that it
// controls. Run it by `node examples/dist/frost-taproot.js`.
import { createHash } from "node:crypto";
import { frostKeygenMachine, frostSignMachine } from "@covault/mpc/frost";
import { shareIndex } from "@covault/mpc/protocol";
import { taprootOutput } from "@covault/trust";
import { schnorr } from "@noble/curves/secp256k1.js";
import { freshNonce, hex, membersOf, runAll } from "./in-one-process.ts";

const parties = [1, 2, 3].map(shareIndex);
const keygen = { threshold: 2, members: membersOf(parties), nonce: freshNonce(parties) };
const made = runAll(parties, (self) => frostKeygenMachine("schnorr-bip340", { ...keygen, self }));
const { publicKey } = made.first.share.record;

/**
 * Lets two parties sign a hash that both have approved. With a Merkle root they sign under the
 * output key.
 */
function sign(message: Uint8Array, merkleRoot?: Uint8Array): Uint8Array {
  const signers = [1, 3].map(shareIndex);
  const setup = { signers, message, nonce: freshNonce(signers), ...(merkleRoot && { merkleRoot }) };
  return runAll(signers, (self) => frostSignMachine({ ...setup, share: made.of(self).share })).first.signature;
}
const hash = (text: string): Uint8Array => createHash("sha256").update(text).digest();

// This is the key itself, x only, by BIP-340 alone.
const message = hash("a message");
console.log("BIP-340", schnorr.verify(sign(message), message, publicKey.subarray(1)));

// An output that only the key can spend commits to no script, which BIP-341 advises over the bare
// key. Another output has a tree of scripts.
const sighash = hash("a transaction");
for (const [name, merkleRoot] of [
  ["no scripts", new Uint8Array(0)],
  ["a script tree", hash("its Merkle root")],
] as const) {
  const { outputKey } = taprootOutput(publicKey.subarray(1), merkleRoot);
  console.log(`BIP-341, ${name}:`, hex(outputKey), schnorr.verify(sign(sighash, merkleRoot), sighash, outputKey));
}
