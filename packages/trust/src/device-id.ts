// The id of a device follows from its identity key, so that it needs no roster: dev_ || base32(SHA-256(idpk)).
import { base32, sha256 } from "@covault/crypto";
import { checkBytes } from "./bytes.ts";

/** RFC 4648 section 6 in lower case, without padding: `dev_` and 52 characters. `idpk`: 32 bytes. Throws `trust/bad-argument`. */
export function deviceIdOf(idpk: Uint8Array): string {
  return `dev_${base32(sha256(checkBytes(idpk, "idpk", 32)))}`;
}

/** Whether the text has the form of a device's id. */
export function isDeviceId(text: string): boolean {
  return /^dev_[a-z2-7]{52}$/.test(text);
}

/** Whether the text claims to be a device's id, well formed or not: nobody else may have such a name. */
export const claimsToBeDevice = (id: string): boolean => id.startsWith("dev_");
