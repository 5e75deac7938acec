// The id of a device follows from its identity key, so that it needs no roster: dev_ || base32(SHA-256(idpk)).
import { sha256 } from "@noble/hashes/sha2.js";
import { checkBytes } from "./bytes.ts";

const alphabet = "abcdefghijklmnopqrstuvwxyz234567";

/** RFC 4648 section 6 in lower case, without padding: `dev_` and 52 characters. `idpk`: 32 bytes. Throws `trust/bad-argument`. */
export function deviceIdOf(idpk: Uint8Array): string {
  let text = "";
  let bits = 0;
  let held = 0;
  for (const byte of sha256(checkBytes(idpk, "idpk", 32))) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += alphabet.charAt((held >> bits) & 31);
    }
    held &= (1 << bits) - 1;
  }
  return `dev_${text}${bits > 0 ? alphabet.charAt((held << (5 - bits)) & 31) : ""}`;
}

/** Whether the text has the form of a device's id. */
export function isDeviceId(text: string): boolean {
  return /^dev_[a-z2-7]{52}$/.test(text);
}

/** Whether the text claims to be a device's id, well formed or not: nobody else may have such a name. */
export const claimsToBeDevice = (id: string): boolean => id.startsWith("dev_");
