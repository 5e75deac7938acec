// How a person names a recipient: by its public key, or by its fingerprint.
import { createHash } from "node:crypto";
import { CovaultError } from "@covault/errors";

/** Gives the fingerprint of a recipient in hex, from itself or from the public key. */
export function fingerprintOf(recipient: string): string {
  const text = recipient.replace(/^0x/i, "").toLowerCase();
  if (/^[0-9a-f]{64}$/.test(text)) return text;
  if (/^0[23][0-9a-f]{64}$/.test(text)) return createHash("sha256").update(Buffer.from(text, "hex")).digest("hex");
  throw new CovaultError("cli/bad-arguments", "--recipient: expected a fingerprint of 64 hexadecimal characters, or a public key of 66.");
}
