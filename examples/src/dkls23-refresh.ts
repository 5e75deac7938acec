// New shares of the same key. A thief with fewer than t old shares has nothing any more. Run it by
// `node examples/dist/dkls23-refresh.js`.
import { keygenMachine, refreshMachine } from "@covault/mpc/dkls23";
import { shareIndex } from "@covault/mpc/protocol";
import { freshNonce, hex, membersOf, runAll } from "./in-one-process.ts";

const parties = [1, 2, 3].map(shareIndex);
const members = membersOf(parties);
const keygen = { threshold: 2, members, nonce: freshNonce(parties) };
const made = runAll(parties, (self) => keygenMachine({ ...keygen, self }));

// The new shares are staged until all holders have acknowledged them. Only then are the old ones
// erased.
const nonce = freshNonce(parties);
const refreshed = runAll(parties, (self) => refreshMachine({ share: made.of(self).share, members, nonce, epochNumber: 1 }));
const [before, after] = [made.first.share, refreshed.first.share];
console.log("same key", hex(before.record.publicKey) === hex(after.record.publicKey));
console.log("new epoch", hex(before.record.epoch) !== hex(after.record.epoch), "new share", hex(before.secret) !== hex(after.secret));
