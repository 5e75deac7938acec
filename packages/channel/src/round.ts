// The signature on every round message: it is what names a culprit to others, while the seal keeps it confidential.
import { headerBytes, signatureTags, signedBytes } from "@covault/wire";
import type { IdentityKey } from "./identity.ts";
import { ed25519Verify } from "./platform.ts";

/** Header (fixed length) then sealed body: one reading only. */
function body(header: Uint8Array, sealed: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(header.length + sealed.length);
  bytes.set(header);
  bytes.set(sealed, header.length);
  return bytes;
}

/** `header`: as encoded, 71 bytes. Throws RangeError for another length. */
export function signRound(key: IdentityKey, header: Uint8Array, sealed: Uint8Array): Uint8Array {
  if (header.length !== headerBytes) throw new RangeError(`signRound: expected a header of ${headerBytes} bytes, got ${header.length}`);
  return key.sign(signatureTags.round, body(header, sealed));
}

/** False for anything but the sender's own signature; never throws on what came from a peer. */
export function verifyRound(idpk: Uint8Array, header: Uint8Array, sealed: Uint8Array, signature: Uint8Array): boolean {
  if (idpk.length !== 32 || header.length !== headerBytes || signature.length !== 64) return false;
  return ed25519Verify(idpk, signedBytes(signatureTags.round, body(header, sealed)), signature);
}
