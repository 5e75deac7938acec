// Many digests are signed in one session, in the rounds of one signature. Run it by
// `node examples/dist/dkls23-batch.js`.
import { createHash } from "node:crypto";
import { keygenMachine, signBatchMachine } from "@covault/mpc/dkls23";
import { shareIndex } from "@covault/mpc/protocol";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { freshNonce, membersOf, runAll } from "./in-one-process.ts";

const parties = [1, 2, 3].map(shareIndex);
const keygen = { threshold: 2, members: membersOf(parties), nonce: freshNonce(parties) };
const made = runAll(parties, (self) => keygenMachine({ ...keygen, self }));

// Every signer has approved the same items, in the same order.
const signers = [1, 3].map(shareIndex);
const digests = ["one", "two", "three"].map((text) => createHash("sha256").update(text).digest());
const items = digests.map((digest) => ({ digest, tweak: new Uint8Array(32) }));
const session = { signers, items, nonce: freshNonce(signers), burned: [] };
const outcomes = runAll(signers, (self) => signBatchMachine({ ...session, share: made.of(self).share })).first;

// Each item has an outcome of its own: a signature, or why it failed.
for (const [k, outcome] of outcomes.entries()) {
  if ("error" in outcome) throw outcome.error;
  const { signature, publicKey } = outcome.output;
  console.log("item", k + 1, "valid", secp256k1.verify(signature, digests[k] as Uint8Array, publicKey, { prehash: false }));
}
