// A key that a wallet already has becomes a 2-of-3 key, signs, and is made whole again by a
// quorum's consent. Its records say both, for good. Run it by
// `node examples/dist/dkls23-import-export.js`.
import { createHash, randomBytes } from "node:crypto";
import { exportKey, importMachine, type KeyShare, releaseShare, signMachine } from "@covault/mpc/dkls23";
import { shareIndex } from "@covault/mpc/protocol";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { freshNonce, hex, membersOf, runAll } from "./in-one-process.ts";

// The wallet's owner deals its key to three holders and keeps no share. The intent names the public
// key and the chain code.
const { secretKey, publicKey } = secp256k1.keygen();
const [owner, receivers] = [shareIndex(9), [1, 2, 3].map(shareIndex)];
const members = [...receivers, owner];
const nonce = freshNonce(members);
const setup = {
  importer: owner,
  members: membersOf(members),
  receivers,
  threshold: 2,
  publicKey,
  chain: randomBytes(32),
  nonce,
  epochNumber: 0,
};
const dealt = runAll(members, (self) => importMachine({ ...setup, self }, self === owner ? secretKey : undefined));
const shares = new Map(receivers.map((party) => [party, dealt.of(party).share as KeyShare]));
const { record } = shares.get(shareIndex(1)) as KeyShare;
console.log("same public key", hex(record.publicKey) === hex(publicKey), "record says", record.exposed);

const signers = [1, 2].map(shareIndex);
const digest = createHash("sha256").update("signed by two of three").digest();
const signing = { signers, digest, tweak: new Uint8Array(32), nonce: freshNonce(signers), burned: [] };
const signed = runAll(signers, (self) => signMachine({ ...signing, share: shares.get(self) as KeyShare }));
console.log("signature valid", secp256k1.verify(signed.first.signature, digest, publicKey, { prehash: false }));

// For the export each of two holders consents, and stores the record that says so before its share
// leaves. There is no way back.
const consent = { endThresholdProtection: true } as const;
const consents = [2, 3].map(shareIndex).map((party) => releaseShare(shares.get(party) as KeyShare, consent));
const released = new Map(consents.map(({ record, released }) => [record.self, released]));
const exported = exportKey({ key: record, shares: released, ...consent });
console.log("the wallet's key again", hex(exported) === hex(secretKey), "records say", consents.map(({ record }) => record.exposed).join());
