// Names of keys and epochs, recomputed by anybody from public values (dkls23-spec 0.3 TH, 2.5):
//   keyId = TH(key/id, scheme, enc(pk), chain)     epoch = TH(key/epoch, keyId, h2)
import { sha256 } from "@noble/hashes/sha2.js";
import { badArgument, checkBytes } from "./bytes.ts";
import { type Scheme, schemes } from "./fields.ts";

/** `publicKey`: 33 bytes (secp256k1) or 32; `chain`: 32 bytes. One secret is another key under another scheme. Throws `trust/bad-argument`. */
export function keyIdOf(scheme: Scheme, publicKey: Uint8Array, chain: Uint8Array): Uint8Array {
  if (!schemes.includes(scheme)) throw badArgument("scheme", schemes.join(" or "), JSON.stringify(scheme) ?? "undefined");
  const name = new TextEncoder().encode(scheme);
  return tupleHash("key/id", name, checkBytes(publicKey, "publicKey", 32, 33), checkBytes(chain, "chain", 32));
}

/** `h2`: the hash of the protocol's second round, 32 bytes. */
export function epochOf(keyId: Uint8Array, h2: Uint8Array): Uint8Array {
  return tupleHash("key/epoch", checkBytes(keyId, "keyId", 32), checkBytes(h2, "h2", 32));
}

/** An intent's id: SHA-256 of its exact signed bytes. */
export function intentIdOf(body: Uint8Array): Uint8Array {
  return sha256(checkBytes(body, "body"));
}

function tupleHash(tag: string, ...fields: readonly Uint8Array[]): Uint8Array {
  const hash = sha256.create();
  for (const field of [new TextEncoder().encode(`dkls23/v1/${tag}`), ...fields]) {
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, field.length);
    hash.update(length).update(field);
  }
  return hash.digest();
}
