// A share is sealed to a keeper, so that anybody can check that the keeper will be able to open it.
// Then the restored share is used. Run it by `node examples/dist/backup.js`.
import { createHash, randomBytes } from "node:crypto";
import { openSealedShare, sealShare, verifySealedShare } from "@covault/mpc/backup";
import { encodeRecord, keygenMachine, refreshMachine, signMachine } from "@covault/mpc/dkls23";
import { shareIndex } from "@covault/mpc/protocol";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { freshNonce, hex, membersOf, runAll } from "./in-one-process.ts";

const parties = [1, 2].map(shareIndex);
const members = membersOf(parties);
const keygen = { threshold: 2, members, nonce: freshNonce(parties) };
const made = runAll(parties, (self) => keygenMachine({ ...keygen, self }));

// Party 2 seals its share to the keeper. The statement is public, because the public share is in
// everybody's record.
const keeper = secp256k1.keygen();
const { record, secret } = made.of(shareIndex(2)).share;
const publicShare = record.holders.find(({ index }) => index === record.self)?.publicShare as Uint8Array;
const statement = { curve: "secp256k1", publicShare, recipient: keeper.publicKey, context: encodeRecord(record) } as const;
const sealed = sealShare(statement, secret, randomBytes(32));

// Anybody can check it without opening anything. Party 1, for one, may do so before it acknowledges
// the key.
verifySealedShare(statement, sealed);
console.log("sealed and checked", sealed.length, "bytes");
try {
  verifySealedShare(statement, sealed.with(4000, (sealed[4000] as number) ^ 1));
} catch (error) {
  console.log("one bit changed", (error as { code: string }).code);
}

// Party 2 has lost its share, and the keeper opens it. Without pairs the party cannot sign, so a
// refresh makes new ones.
const restored = { record, secret: openSealedShare(statement, sealed, keeper.secretKey), pairs: undefined };
console.log("opened", hex(restored.secret) === hex(secret));
const nonce = freshNonce(parties);
const refreshed = runAll(parties, (self) =>
  refreshMachine({ share: self === record.self ? restored : made.of(self).share, members, nonce, epochNumber: 1 }),
);

const digest = createHash("sha256").update("signed by a restored party").digest();
const setup = { signers: parties, digest, tweak: new Uint8Array(32), nonce: freshNonce(parties), burned: [] };
const signed = runAll(parties, (self) => signMachine({ ...setup, share: refreshed.of(self).share }));
console.log("signature valid", secp256k1.verify(signed.first.signature, digest, record.publicKey, { prehash: false }));
