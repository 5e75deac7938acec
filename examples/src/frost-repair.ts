// A holder that lost its share gets the same one back from t others, and nobody's share changes.
// Run it by `node examples/dist/frost-repair.js`.
import { frostKeygenMachine, frostRecordFor, frostRepairMachine, frostSignMachine } from "@covault/mpc/frost";
import { shareIndex } from "@covault/mpc/protocol";
import { ed25519 } from "@noble/curves/ed25519.js";
import { freshNonce, hex, membersOf, runAll } from "./in-one-process.ts";

const parties = [1, 2, 3].map(shareIndex);
const keygen = { threshold: 2, members: membersOf(parties), nonce: freshNonce(parties) };
const made = runAll(parties, (self) => frostKeygenMachine("eddsa-ed25519", { ...keygen, self }));

// Party 3 takes the public record from the helpers, who have to agree on it. Its share is lost and
// not stolen: after a theft all shares have to change.
const [helpers, receiver] = [[1, 2].map(shareIndex), shareIndex(3)];
const record = frostRecordFor(made.first.share.record, receiver);
const repair = { helpers, receiver, members: membersOf(parties), nonce: freshNonce(parties) };
const repaired = runAll(parties, (self) => frostRepairMachine({ ...repair, mine: self === receiver ? { record } : made.of(self).share }));
const { share } = repaired.of(receiver);
if (share === undefined) throw new Error("the receiver has a share");
console.log("the lost share", hex(share.secret) === hex(made.of(receiver).share.secret));
console.log("the same epoch", hex(share.record.epoch) === hex(made.first.share.record.epoch));

const message = new TextEncoder().encode("signed with the repaired share");
const signers = [1, 3].map(shareIndex);
const setup = { signers, message, nonce: freshNonce(signers) };
const signed = runAll(signers, (self) => frostSignMachine({ ...setup, share: self === receiver ? share : made.of(self).share }));
console.log("signature valid", ed25519.verify(signed.first.signature, message, record.publicKey));
