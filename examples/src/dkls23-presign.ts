// All but the message is done ahead of time, and then a signature takes one message. Run it by
// `node examples/dist/dkls23-presign.js`.
import { createHash } from "node:crypto";
import { keygenMachine, onlineMachine, presignMachine } from "@covault/mpc/dkls23";
import { shareIndex } from "@covault/mpc/protocol";
import { freshNonce, hex, membersOf, runAll } from "./in-one-process.ts";

const parties = [1, 2, 3].map(shareIndex);
const keygen = { threshold: 2, members: membersOf(parties), nonce: freshNonce(parties) };
const made = runAll(parties, (self) => keygenMachine({ ...keygen, self }));

// Two rounds run ahead. A presignature is a secret, is never backed up, and signs once.
const signers = [2, 3].map(shareIndex);
const none = new Uint8Array(32);
const presign = { signers, tweak: none, nonce: freshNonce(signers), burned: [] };
const ready = runAll(signers, (self) => presignMachine({ ...presign, share: made.of(self).share }));

// Now one message is enough. Each party computes the digest from a message that it has approved,
// and the intent binds what was approved.
const hash = (text: string): Uint8Array => createHash("sha256").update(text).digest();
const { epoch } = made.first.share.record;
const { id } = ready.first;
const setup = { id, signers, epoch, digest: hash("to be signed at once"), tweak: none, intent: hash("the approved intent") };
const signed = runAll(signers, (self) => onlineMachine(ready.of(self).presignature, setup));
console.log("signature", hex(signed.first.signature));

// The bytes have been erased by their use.
try {
  onlineMachine(ready.first.presignature, setup);
} catch (error) {
  console.log("a second time", (error as { code: string }).code);
}
