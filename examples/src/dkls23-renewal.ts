// A party that was restored from a backup has no pairs. It renews the one with a partner, without
// the third holder, and signs with that partner. Run it by `node examples/dist/dkls23-renewal.js`.
import { createHash } from "node:crypto";
import { type CovaultError, type KeyShare, keygenMachine, renewalMachine, replacePairs, signMachine } from "@covault/mpc/dkls23";
import { type ShareIndex, shareIndex } from "@covault/mpc/protocol";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { freshNonce, hex, membersOf, runAll } from "./in-one-process.ts";

const parties = [1, 2, 3].map(shareIndex);
const members = membersOf(parties);
const keygen = { threshold: 2, members, nonce: freshNonce(parties) };
const made = runAll(parties, (self) => keygenMachine({ ...keygen, self }));

// Party 2 lost its pairs, and party 1 has the old one with it.
const ends = [1, 2].map(shareIndex);
const shares = new Map<ShareIndex, KeyShare>(ends.map((self) => [self, made.of(self).share]));
const shareOf = (self: ShareIndex): KeyShare => shares.get(self) as KeyShare;
const lost = shareIndex(2);
shares.set(lost, { ...shareOf(lost), pairs: undefined });

const digest = createHash("sha256").update("signed with a renewed pair").digest();
const sign = () => {
  const setup = { signers: ends, digest, tweak: new Uint8Array(32), nonce: freshNonce(ends), burned: [] };
  return runAll(ends, (self) => signMachine({ ...setup, share: shareOf(self) }));
};
try {
  sign();
} catch (error) {
  console.log("without pairs", (error as CovaultError).code);
}

// The intent of the renewal says that the old pair is lost: 32 zero bytes in place of its id.
const renewal = { members: members.slice(0, 2), generation: 1, oldPairId: new Uint8Array(32), nonce: freshNonce(ends) };
const renewed = runAll(ends, (self) => {
  const { record, secret } = shareOf(self);
  return renewalMachine({ ...renewal, record, acknowledged: 0 }, secret);
});
const [one, two] = ends.map((self) => renewed.of(self).ack);
console.log("one pair at both ends", hex(one?.pairId as Uint8Array) === hex(two?.pairId as Uint8Array), "generation", one?.generation);

// Each end stores the pair and its acknowledgement. Once both have signed theirs, the pair is
// usable.
for (const self of ends) {
  const share = shareOf(self);
  shares.set(self, { ...share, pairs: replacePairs(renewed.of(self).renewed, share.pairs) });
}
const { signature, publicKey } = sign().first;
console.log("signature valid", secp256k1.verify(signature, digest, publicKey, { prehash: false }));
