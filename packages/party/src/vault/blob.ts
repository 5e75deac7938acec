// Secrets at rest: AES-256-GCM (NIST SP 800-38D) under a derived key, by the platform's WebCrypto
// (Node and browsers). A blob is format u8 = 1 | master key id 4 | nonce 12 | ciphertext and tag.
// The id only says which master key to derive from, so that master keys can be rotated. What a blob
// is bound to stands in the associated data.
import { CovaultError } from "@covault/errors";

/**
 * A key that is derived for one purpose (vault.ts). It is plain data, since it crosses to the
 * worker that owns the attempt.
 */
interface DerivedKey {
  /** The id of the master key that it comes from, 4 bytes. */
  readonly masterId: Uint8Array;
  /** The key itself, 32 bytes. Secret. */
  readonly key: Uint8Array;
}
/** Keys for one purpose. The current key is the first. Former ones only open. */
export type KeyRing = readonly DerivedKey[];

/** Overwrites the keys. */
export function eraseKeys(...rings: readonly (KeyRing | undefined)[]): void {
  for (const ring of rings) for (const { key } of ring ?? []) key.fill(0);
}

const format = 1;
const nonceAt = 5;
const bodyAt = 17;

/** Seals `plain` under the current key. `nonce` are 12 fresh random bytes. */
export async function sealBlob(ring: KeyRing, associated: Uint8Array, plain: Uint8Array, nonce: Uint8Array): Promise<Uint8Array> {
  const current = ring[0] as DerivedKey;
  const key = await crypto.subtle.importKey("raw", view(current.key), "AES-GCM", false, ["encrypt"]);
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv: view(nonce), additionalData: view(associated) }, key, view(plain));
  const blob = new Uint8Array(bodyAt + sealed.byteLength);
  blob[0] = format;
  blob.set(current.masterId, 1);
  blob.set(nonce, nonceAt);
  blob.set(new Uint8Array(sealed), bodyAt);
  return blob;
}

/**
 * Opens a blob. Throws `party/unreadable-secret` for another master key, another key, party or
 * epoch, and for altered bytes.
 */
export async function openBlob(ring: KeyRing, associated: Uint8Array, blob: Uint8Array): Promise<Uint8Array> {
  const id = blob.subarray(1, nonceAt);
  const derived =
    blob[0] === format && blob.length > bodyAt ? ring.find(({ masterId }) => masterId.every((byte, k) => byte === id[k])) : undefined;
  if (derived === undefined)
    throw new CovaultError("party/unreadable-secret", "A stored secret was sealed under a master key that is not configured.");
  const key = await crypto.subtle.importKey("raw", view(derived.key), "AES-GCM", false, ["decrypt"]);
  const iv = view(blob.subarray(nonceAt, bodyAt));
  try {
    const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData: view(associated) }, key, view(blob.subarray(bodyAt)));
    return new Uint8Array(plain);
  } catch {
    throw new CovaultError(
      "party/unreadable-secret",
      "A stored secret does not open: it was altered, or belongs to another key, party or epoch.",
    );
  }
}

/** Gives the id of the master key under which a blob was sealed, 4 bytes. */
export const masterIdOf = (blob: Uint8Array): Uint8Array => blob.slice(1, nonceAt);

/**
 * Opens a blob and seals it anew under the current key. `nonce` are 12 fresh random bytes. Throws
 * `party/unreadable-secret`, as `openBlob` does.
 */
export async function resealBlob(ring: KeyRing, associated: Uint8Array, blob: Uint8Array, nonce: Uint8Array): Promise<Uint8Array> {
  const plain = await openBlob(ring, associated, blob);
  try {
    return await sealBlob(ring, associated, plain, nonce);
  } finally {
    plain.fill(0);
  }
}

// WebCrypto's types refuse views of shared memory, which no caller has.
export const view = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => bytes as Uint8Array<ArrayBuffer>;
