// Bytes and their forms. Nothing here is for secrets, because comparing and encoding take a time
// that depends on the values.
import { base32nopad } from "@scure/base";
import { checkBytes } from "./check.ts";

/** Says whether two public values are the same bytes. */
export function same(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

/** Throws `crypto/bad-argument` for a part that is not bytes. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  for (const part of parts) checkBytes(part, "part");
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/**
 * Writes each field behind its length (u32, big-endian). The result can be made of these fields
 * alone, and of no others. Throws `crypto/bad-argument` for a field that is not bytes.
 */
export function lengthPrefixed(...fields: readonly Uint8Array[]): Uint8Array {
  for (const field of fields) checkBytes(field, "field");
  const bytes = new Uint8Array(fields.reduce((sum, field) => sum + 4 + field.length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const field of fields) {
    view.setUint32(at, field.length);
    bytes.set(field, at + 4);
    at += 4 + field.length;
  }
  return bytes;
}

const encoder = new TextEncoder();
/** The UTF-8 bytes of a text. */
export const utf8 = (text: string): Uint8Array => encoder.encode(text);

/** RFC 4648 section 6 in lower case, without padding. */
export const base32 = (bytes: Uint8Array): string => base32nopad.encode(bytes).toLowerCase();
