// Bytes as text and back, by Buffer. Buffer skips and cuts what it cannot read, so its result is
// encoded again and compared.
import { badText, checkBytes, checkText } from "../check.ts";

/** Hex in lower case, without a prefix. Throws `crypto/bad-argument`. */
export const hex = (bytes: Uint8Array): string => bufferOf(bytes).toString("hex");
/** RFC 4648 section 4, with padding. Throws `crypto/bad-argument`. */
export const base64 = (bytes: Uint8Array): string => bufferOf(bytes).toString("base64");

function bufferOf(bytes: Uint8Array): Buffer {
  checkBytes(bytes, "bytes");
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * Reads hex digits in either case, without a prefix. Throws `crypto/bad-argument` for any other
 * text.
 */
export function fromHex(text: string): Uint8Array {
  checkText(text);
  const bytes = Buffer.from(text, "hex");
  if (bytes.toString("hex") !== text.toLowerCase()) throw badText(text, "hexadecimal");
  return new Uint8Array(bytes);
}

/**
 * Reads the one text that `base64` gives for these bytes. Throws `crypto/bad-argument` for any
 * other text.
 */
export function fromBase64(text: string): Uint8Array {
  checkText(text);
  const bytes = Buffer.from(text, "base64");
  if (bytes.toString("base64") !== text) throw badText(text, "base64");
  return new Uint8Array(bytes);
}
