// Signatures of Covault's own statements: Ed25519 over u8 length of tag || tag || body (packages/wire/src/tags.ts).
import { type SignatureTag, signedBytes } from "@covault/wire";
import { isBytes } from "./bytes.ts";
import { verifyEd25519 } from "./ed25519.ts";

/** `publicKey`: 32 bytes. False for anything that is not a valid signature under this very tag; never throws. */
export function verifySignature(tag: SignatureTag, body: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean {
  return isBytes(body) && verifyEd25519(publicKey, signedBytes(tag, body), signature);
}
