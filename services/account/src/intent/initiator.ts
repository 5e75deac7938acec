// The initiator signs intents for this service, by Ed25519 over the signed bytes of a tag and a
// body (wire: tags.ts). Its key comes from the environment (INITIATOR_KEY), is the same in every
// replica, and never touches a database. The roster says which keys speak for an initiator. Keys
// that are in no roster any more, or not yet, are given beside it (INITIATOR_KEYS_ALSO), so that
// what they signed still opens.
import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { create, toBinary } from "@bufbuild/protobuf";
import { isEd25519Key } from "@covault/crypto";
import { CovaultError } from "@covault/errors";
import { type InitiatorKeys, keysOf, rosterInitiator } from "@covault/trust";
import { type Roster, type SignatureTag, SignedSchema, signedBytes } from "@covault/wire";

export interface Initiator {
  readonly id: string;
  /** The Ed25519 public key, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** Gives an encoded `Signed` statement over exactly `body`. */
  readonly statement: (tag: SignatureTag, body: Uint8Array) => Uint8Array;
}

const pkcs8Prefix = Buffer.from("302e020100300506032b657004220420", "hex");
const spkiPrefixBytes = 12;

/** Makes the initiator. `seed` has 32 bytes and must not leave the process. */
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
  };
}

/**
 * Gives the keys that may have signed what this service reads back. They are those of its own
 * initiator alone: the keys that the roster of the moment lists for its id, its current key, and
 * `also` (public keys, 32 bytes each). Neither another initiator's statement is believed, nor a
 * device's. Throws `account/bad-initiator-key` for one of `also` that is no key.
 */
export function keysReadBy(roster: () => Roster, { id, publicKey }: Initiator, also: readonly Uint8Array[]): InitiatorKeys {
  if (!also.every((key) => isEd25519Key(key)))
    throw new CovaultError("account/bad-initiator-key", "INITIATOR_KEYS_ALSO: one of them is no public key of Ed25519.");
  return (initiatorId) => (initiatorId === id ? [...keysOf(roster())(id), publicKey, ...also] : []);
}

/**
 * Throws `account/bad-initiator-key` when the roster lets the current key ask for nothing at this
 * time.
 */
export function checkSpeaks(roster: Roster, { id, publicKey }: Initiator, nowMs: number): void {
  const entry = rosterInitiator(roster, id).find(({ key }) => Buffer.from(key).equals(publicKey));
  const refuse = (reason: string): void => {
    throw new CovaultError("account/bad-initiator-key", reason);
  };
  if (entry === undefined) refuse(`INITIATOR_KEY is not a key of the initiator ${id} in the roster.`);
  else if (entry.revoked) refuse(`The roster has revoked the key of the initiator ${id} that INITIATOR_KEY is.`);
  else if (entry.retiredAtMs !== 0n && entry.retiredAtMs <= BigInt(nowMs))
    refuse(`The roster has retired the key of the initiator ${id} that INITIATOR_KEY is.`);
}
