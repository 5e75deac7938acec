// This file verifies the signatures of Covault's own statements: Ed25519 over u8 length of tag ||
// tag || body (packages/wire/src/tags.ts).
import { isBytes, verifyEd25519 } from "@covault/crypto";
import { type SignatureTag, type Signed, SignedSchema, signedBytes } from "@covault/wire";
import { claimsToBeDevice, deviceIdOf } from "./device-id.ts";
import { type FieldChecks, parseExact } from "./fields.ts";

/**
 * Whether the signature is valid under this very tag. `publicKey` has 32 bytes. It is false for
 * anything else, and never throws.
 */
export function verifySignature(tag: SignatureTag, body: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean {
  return isBytes(body) && verifyEd25519(publicKey, signedBytes(tag, body), signature);
}

/**
 * Gives the envelope around a statement, or undefined when its bytes have no reading or more than
 * one. Reading it trusts nothing yet.
 */
export const readSigned = (bytes: Uint8Array): Signed | undefined => parseExact(SignedSchema, bytes);

/**
 * Whether the envelope names its signer as it should. A device gives the key that its id is made
 * of, and nobody else gives a key.
 */
function namesItsSigner({ signer, key }: Signed): boolean {
  return claimsToBeDevice(signer) ? isBytes(key, 32) && deviceIdOf(key) === signer : key.length === 0;
}

/**
 * Gives which of `keys`, 32 bytes each, signed the envelope under this tag. It fails when none did.
 * Nothing of the body is read.
 */
export function signingKeyOf(
  signed: Signed,
  tag: SignatureTag,
  keys: readonly Uint8Array[],
  check: FieldChecks,
  failure: string,
): Uint8Array {
  check.that((signed.$unknown ?? []).length === 0, "it has a field that is not known here");
  check.that(namesItsSigner(signed), "its key is not the one that its signer's id is made of, or its signer is not a device");
  return keys.find((key) => verifySignature(tag, signed.body, signed.signature, key)) ?? check.fail(failure);
}
