// Bytes as text and back, by @noble/hashes and @scure/base. What they read is encoded again and compared: where a browser has decoders
// of its own they use those, which take white space.
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { base64 as coder } from "@scure/base";
import { badArgument, checkText } from "../check.ts";

/** In lower case, without a prefix. */
export const hex = (bytes: Uint8Array): string => bytesToHex(bytes);
/** RFC 4648 section 4, with padding. */
export const base64 = (bytes: Uint8Array): string => coder.encode(bytes);

/** Of digits in either case, without a prefix. Throws `crypto/bad-argument` for any other text. */
export function fromHex(text: string): Uint8Array {
  const bytes = decode(text, hexToBytes, "hexadecimal");
  checkText(text.toLowerCase(), hex(bytes), "hexadecimal");
  return bytes;
}

/** Of the one text that `base64` gives for these bytes. Throws `crypto/bad-argument` for any other text. */
export function fromBase64(text: string): Uint8Array {
  const form = "base64 with padding (RFC 4648)";
  const bytes = decode(text, coder.decode, form);
  checkText(text, base64(bytes), form);
  return bytes;
}

function decode(text: string, read: (text: string) => Uint8Array, form: string): Uint8Array {
  try {
    return read(text);
  } catch {
    throw badArgument(`Text of ${text.length} characters is not ${form}.`);
  }
}
