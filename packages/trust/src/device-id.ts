// The id of a device follows from its identity key, so a device needs no roster: dev_ ||
// base32(SHA-256(idpk)).
import { base32, sha256 } from "@covault/crypto";
import { checkBytes } from "./bytes.ts";

/**
 * Gives the id of the device with this identity key (32 bytes): `dev_` and 52 characters of RFC
 * 4648 section 6 in lower case, without padding. Throws `trust/bad-argument`.
 */
export function deviceIdOf(idpk: Uint8Array): string {
  return `dev_${base32(sha256(checkBytes(idpk, "idpk", 32)))}`;
}

/** Whether the text has the form of a device's id. */
export function isDeviceId(text: string): boolean {
  return /^dev_[a-z2-7]{52}$/.test(text);
}

/**
 * Whether the text claims to be a device's id, well formed or not. Nobody but a device may have
 * such a name.
 */
export const claimsToBeDevice = (id: string): boolean => id.startsWith("dev_");
