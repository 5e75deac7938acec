// The initiator: who signs intents for this service, by Ed25519 over the signed bytes of a tag and a body (wire: tags.ts).
// The key comes from the environment (INITIATOR_KEY), the same in every replica, and never touches a database.
import { createPrivateKey, createPublicKey, hkdfSync, sign } from "node:crypto";
import { create, toBinary } from "@bufbuild/protobuf";
import { CovaultError } from "@covault/errors";
import { type SignatureTag, SignedSchema, signedBytes } from "@covault/wire";

export interface Initiator {
  readonly id: string;
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** An encoded `Signed` statement over exactly `body`. */
  readonly statement: (tag: SignatureTag, body: Uint8Array) => Uint8Array;
  /** Key of the row MACs, 32 bytes; derived, so that it can sign nothing. Must not leave the process. */
  readonly secretRowKey: Uint8Array;
}

const pkcs8Prefix = Buffer.from("302e020100300506032b657004220420", "hex");
const spkiPrefixBytes = 12;

/** `seed`: 32 bytes, must not leave the process. */
export function makeInitiator(id: string, seed: Uint8Array): Initiator {
  if (seed.length !== 32) throw new CovaultError("account/bad-initiator-key", `INITIATOR_KEY: expected 32 bytes, got ${seed.length}.`);
  const privateKey = createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: "der", type: "pkcs8" });
  const publicKey = createPublicKey(privateKey).export({ format: "der", type: "spki" }).subarray(spkiPrefixBytes);
  return {
    id,
    publicKey: new Uint8Array(publicKey),
    statement: (tag, body) => {
      const signature = sign(null, signedBytes(tag, body), privateKey);
      return toBinary(SignedSchema, create(SignedSchema, { body, signature: new Uint8Array(signature), signer: id }));
    },
    secretRowKey: new Uint8Array(hkdfSync("sha256", seed, "", "covault/account/row-mac/v1", 32)),
  };
}
