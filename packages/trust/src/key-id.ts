// This file makes the names of keys and epochs, which anybody can recompute from public values
// (dkls23-spec 0.3 TH, 2.5):
//   keyId = TH(key/id, scheme, enc(pk), chain)     epoch = TH(key/epoch, keyId, h2)
import { lengthPrefixed, sha256, utf8 } from "@covault/crypto";
import { checkBytes } from "./bytes.ts";
import { type SchemeName, schemeOf } from "./schemes/index.ts";

/**
 * Gives the id of a key, 32 bytes. `publicKey` is in its scheme's form, 33 bytes (ECDSA) or 32, and
 * `chain` has 32 bytes. The same secret is another key under another scheme. Throws
 * `trust/bad-argument`.
 */
export function keyIdOf(scheme: SchemeName, publicKey: Uint8Array, chain: Uint8Array): Uint8Array {
  const { publicKey: form } = schemeOf(scheme);
  const hashed = form.hashed(checkBytes(publicKey, "publicKey", form.bytes));
  return tupleHash("key/id", utf8(scheme), hashed, checkBytes(chain, "chain", 32));
}

/**
 * Gives the name of an epoch, 32 bytes. `h2` is the hash of the protocol's second round, 32 bytes.
 */
export function epochOf(keyId: Uint8Array, h2: Uint8Array): Uint8Array {
  return tupleHash("key/epoch", checkBytes(keyId, "keyId", 32), checkBytes(h2, "h2", 32));
}

/** Gives an intent's id: the SHA-256 of its exact signed bytes. */
export function intentIdOf(body: Uint8Array): Uint8Array {
  return sha256(checkBytes(body, "body"));
}

function tupleHash(tag: string, ...fields: readonly Uint8Array[]): Uint8Array {
  return sha256(lengthPrefixed(utf8(`dkls23/v1/${tag}`), ...fields));
}
