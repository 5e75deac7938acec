// An Ed25519 key that Node made becomes a 2-of-3 key, signs under the same public key, and is made
// whole again by a quorum's consent. Run it by `node examples/dist/frost-import-export.js`.
import { generateKeyPairSync, randomBytes, verify } from "node:crypto";
import {
  exportFrostKey,
  type FrostKeyShare,
  frostImportMachine,
  frostPublicKey,
  frostSignMachine,
  releaseFrostShare,
} from "@covault/mpc/frost";
import { shareIndex } from "@covault/mpc/protocol";
import { freshNonce, hex, membersOf, runAll } from "./in-one-process.ts";

const scheme = "eddsa-ed25519";
const before = generateKeyPairSync("ed25519");
const seed = new Uint8Array(Buffer.from(before.privateKey.export({ format: "jwk" }).d as string, "base64url"));

// The intent names the public key. The key's owner deals the secret scalar of the seed to three
// holders.
const publicKey = frostPublicKey(scheme, { seed });
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
const dealt = runAll(members, (self) => frostImportMachine(scheme, { ...setup, self }, self === owner ? { seed } : undefined));
const shares = new Map(receivers.map((party) => [party, dealt.of(party).share as FrostKeyShare]));
const { record } = shares.get(shareIndex(1)) as FrostKeyShare;
console.log("record says", record.exposed);

const signers = [1, 3].map(shareIndex);
const message = Buffer.from("signed by two of three");
const signing = { signers, message, nonce: freshNonce(signers) };
const { signature } = runAll(signers, (self) => frostSignMachine({ ...signing, share: shares.get(self) as FrostKeyShare })).first;
console.log("Node's own public key verifies", verify(null, message, before.publicKey, signature));

// What comes out is the scalar, because the seed is in no share. `frostImportMachine` takes it as
// `{ scalar }`.
const consent = { endThresholdProtection: true } as const;
const consents = [1, 2].map(shareIndex).map((party) => releaseFrostShare(shares.get(party) as FrostKeyShare, consent));
const released = new Map(consents.map(({ record, released }) => [record.self, released]));
const scalar = exportFrostKey({ key: record, shares: released, ...consent });
const same = hex(frostPublicKey(scheme, { scalar })) === hex(publicKey);
console.log("the key again", same, "records say", consents.map(({ record }) => record.exposed).join());
