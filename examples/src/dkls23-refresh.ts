// New shares of the same key: whoever holds fewer than t old shares holds nothing any more. `node examples/dist/dkls23-refresh.js`.
import { keygenMachine, refreshMachine, reshareMachine } from "@covault/mpc/dkls23";
import { shareIndex } from "@covault/mpc/protocol";
import { freshNonce, hex, membersOf, runAll } from "./in-one-process.ts";

const parties = [1, 2, 3].map(shareIndex);
const members = membersOf(parties);
const keygen = { threshold: 2, members, nonce: freshNonce(parties) };
const made = runAll(parties, (self) => keygenMachine({ ...keygen, self }));

// Refresh: the same holders. The new shares are staged until all holders have acknowledged them; only then the old ones are erased.
const nonce = freshNonce(parties);
const refreshed = runAll(parties, (self) => refreshMachine({ share: made.of(self).share, members, nonce }));
const [before, after] = [made.first.share.record, refreshed.first.share.record];
console.log("same key", hex(before.publicKey) === hex(after.publicKey), "new epoch", hex(before.epoch) !== hex(after.epoch));

// Reshare: two of them hand the key to four holders, three of whom sign from now on.
const [dealers, receivers] = [[1, 2].map(shareIndex), [1, 11, 12, 13].map(shareIndex)];
const all = [1, 2, 11, 12, 13].map(shareIndex);
const reshare = { members: membersOf(all), dealers, receivers, threshold: 3, nonce: freshNonce(all) };
const handed = runAll(all, (self) =>
  reshareMachine({ ...reshare, mine: parties.includes(self) ? refreshed.of(self).share : { self, key: after } }),
);
const { generation } = handed.first;
console.log("same key", hex(generation.publicKey) === hex(before.publicKey), `${generation.threshold} of ${generation.holders.length}`);
