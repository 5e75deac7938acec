// The signature on every round message: it is what names a culprit to others, while the seal keeps it confidential.
// What is signed is the header, whose length is fixed, and the sealed body behind it: these bytes have one reading only.
import { concat, verifyEd25519 } from "@covault/crypto";
import { headerBytes, signatureTags, signedBytes } from "@covault/wire";
import type { IdentityKey } from "./identity.ts";

/** `header`: as encoded, 71 bytes. Throws RangeError for another length. */
export function signRound(key: IdentityKey, header: Uint8Array, sealed: Uint8Array): Uint8Array {
  if (header.length !== headerBytes) throw new RangeError(`signRound: expected a header of ${headerBytes} bytes, got ${header.length}`);
  return key.sign(signatureTags.round, concat(header, sealed));
}

/** False for anything but the sender's own signature; never throws on what came from a peer. */
export function verifyRound(idpk: Uint8Array, header: Uint8Array, sealed: Uint8Array, signature: Uint8Array): boolean {
  return header.length === headerBytes && verifyEd25519(idpk, signedBytes(signatureTags.round, concat(header, sealed)), signature);
}
