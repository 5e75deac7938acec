// New shares of an Ed25519 key. An old share and a new one make nothing together. Run it by
// `node examples/dist/frost-refresh.js`.
import { frostKeygenMachine, frostRefreshMachine, frostSignMachine } from "@covault/mpc/frost";
import { shareIndex } from "@covault/mpc/protocol";
import { ed25519 } from "@noble/curves/ed25519.js";
import { freshNonce, hex, membersOf, runAll } from "./in-one-process.ts";

const parties = [1, 2, 3].map(shareIndex);
const members = membersOf(parties);
const keygen = { threshold: 2, members, nonce: freshNonce(parties) };
const made = runAll(parties, (self) => frostKeygenMachine("eddsa-ed25519", { ...keygen, self }));

// Two of three deal, which is enough. All three get new shares.
const refresh = { members, dealers: [1, 2].map(shareIndex), nonce: freshNonce(parties), epochNumber: 1 };
const refreshed = runAll(parties, (self) => frostRefreshMachine({ ...refresh, share: made.of(self).share }));
const [before, after] = [made.first.share.record, refreshed.first.share.record];
console.log("same key", hex(before.publicKey) === hex(after.publicKey), "new epoch", hex(before.epoch) !== hex(after.epoch));

const signers = [2, 3].map(shareIndex);
const message = Buffer.from("signed by new shares");
const setup = { signers, message, nonce: freshNonce(signers) };
const signed = runAll(signers, (self) => frostSignMachine({ ...setup, share: refreshed.of(self).share }));
console.log("signature valid", ed25519.verify(signed.first.signature, message, before.publicKey));

// The epoch is in the session id. So signers of two epochs are in two sessions and exchange
// nothing.
const [old, fresh] = [made.of(shareIndex(2)).share, refreshed.of(shareIndex(3)).share];
const sids = [old, fresh].map((share) => hex(frostSignMachine({ ...setup, share }).sid));
console.log("an old share in the same session", sids[0] === sids[1]);
