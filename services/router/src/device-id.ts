// The id of a device follows from its identity key, so that it needs no roster: dev_ || base32(SHA-256(idpk)).
import { createHash } from "node:crypto";

const alphabet = "abcdefghijklmnopqrstuvwxyz234567";

/** RFC 4648 section 6 in lower case, without padding: `dev_` and 52 characters. `idpk`: 32 bytes. */
export function deviceId(idpk: Uint8Array): string {
  let text = "";
  let bits = 0;
  let held = 0;
  for (const byte of createHash("sha256").update(idpk).digest()) {
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
