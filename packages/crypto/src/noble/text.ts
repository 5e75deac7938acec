// Bytes as text and back, by @noble/hashes and @scure/base, which read one form only.
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { base64 as coder } from "@scure/base";
import { badText, checkBytes, checkText } from "../check.ts";

/** Hex in lower case, without a prefix. Throws `crypto/bad-argument`. */
export function hex(bytes: Uint8Array): string {
  checkBytes(bytes, "bytes");
  return bytesToHex(bytes);
}

/** RFC 4648 section 4, with padding. Throws `crypto/bad-argument`. */
export function base64(bytes: Uint8Array): string {
  checkBytes(bytes, "bytes");
  return coder.encode(bytes);
}

/**
 * Reads hex digits in either case, without a prefix. Throws `crypto/bad-argument` for any other
 * text.
 */
export const fromHex = (text: string): Uint8Array => decode(text, hexToBytes, "hexadecimal");

/**
 * Reads the one text that `base64` gives for these bytes. Throws `crypto/bad-argument` for any
 * other text.
 */
export const fromBase64 = (text: string): Uint8Array => decode(text, coder.decode, "base64");

function decode(text: string, read: (text: string) => Uint8Array, form: "hexadecimal" | "base64"): Uint8Array {
  checkText(text);
  try {
    return read(text);
  } catch {
    throw badText(text, form);
  }
}
