// Signatures of Covault's own statements: Ed25519 over u8 length of tag || tag || body (packages/wire/src/tags.ts).
import { isBytes, verifyEd25519 } from "@covault/crypto";
import { type SignatureTag, type Signed, SignedSchema, signedBytes } from "@covault/wire";
import { claimsToBeDevice, deviceIdOf } from "./device-id.ts";
import { type FieldChecks, parseExact } from "./fields.ts";

/** `publicKey`: 32 bytes. False for anything that is not a valid signature under this very tag; never throws. */
export function verifySignature(tag: SignatureTag, body: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean {
  return isBytes(body) && verifyEd25519(publicKey, signedBytes(tag, body), signature);
}

/** The envelope around a statement, undefined when its bytes have no or more than one reading: reading it trusts nothing yet. */
export const readSigned = (bytes: Uint8Array): Signed | undefined => parseExact(SignedSchema, bytes);

/** Whether it names its signer as it should: a device gives the key that its id is made of, and nobody else gives one. */
function namesItsSigner({ signer, key }: Signed): boolean {
  return claimsToBeDevice(signer) ? isBytes(key, 32) && deviceIdOf(key) === signer : key.length === 0;
}

/** Which of `keys` signed it under this tag, 32 bytes each; fails when none did. Nothing of the body is read. */
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
