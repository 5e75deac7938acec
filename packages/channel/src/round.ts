// The signature on every round message. It names a culprit to others, and the seal keeps the
// message confidential. The signed bytes are the header, whose length is fixed, and the sealed body
// behind it. They have one reading only.
import { concat, verifyEd25519 } from "@covault/crypto";
import { headerBytes, signatureTags, signedBytes } from "@covault/wire";
import type { IdentityKey } from "./identity.ts";

/** `header` is encoded, 71 bytes. Throws RangeError for another length. */
export function signRound(key: IdentityKey, header: Uint8Array, sealed: Uint8Array): Uint8Array {
  if (header.length !== headerBytes) throw new RangeError(`signRound: expected a header of ${headerBytes} bytes, got ${header.length}`);
  return key.sign(signatureTags.round, concat(header, sealed));
}

/** Says whether the signature is the sender's own. Never throws on what came from a peer. */
export function verifyRound(idpk: Uint8Array, header: Uint8Array, sealed: Uint8Array, signature: Uint8Array): boolean {
  return header.length === headerBytes && verifyEd25519(idpk, signedBytes(signatureTags.round, concat(header, sealed)), signature);
}
