// This file has big-endian words, byte strings and constant-time comparison: the encodings of
// dkls23-spec 0.2.

const nameOf = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)?.get as (
  this: unknown,
) => string | undefined;

/**
 * Gives "Uint8Array" and the like, of any realm, which nothing else can pretend to be. Gives
 * undefined for everything that is no typed array.
 */
export const typedArrayName = (value: unknown): string | undefined => nameOf.call(value);

/** Tells whether a value is a Uint8Array of any realm or kind, a Buffer too. */
export const isBytes = (value: unknown): value is Uint8Array => typedArrayName(value) === "Uint8Array";

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export function u8(n: number): Uint8Array {
  return Uint8Array.of(n);
}

export function u16(n: number): Uint8Array {
  return Uint8Array.of(n >>> 8, n);
}

export function u32(n: number): Uint8Array {
  return Uint8Array.of(n >>> 24, n >>> 16, n >>> 8, n);
}

/** Gives the bytes of a string of ASCII characters. */
export function ascii(text: string): Uint8Array {
  const out = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) out[i] = text.charCodeAt(i);
  return out;
}

/** Gives the word string of dkls23-spec 0.2, with each u32 big-endian. */
export function wordsFromBytes(bytes: Uint8Array): Uint32Array {
  const out = new Uint32Array(bytes.length >>> 2);
  for (let i = 0, j = 0; i < out.length; i++, j += 4)
    out[i] = (bytes[j]! << 24) | (bytes[j + 1]! << 16) | (bytes[j + 2]! << 8) | bytes[j + 3]!;
  return out;
}

export function bytesFromWords(words: Uint32Array, count = words.length): Uint8Array {
  const out = new Uint8Array(count * 4);
  for (let i = 0, j = 0; i < count; i++, j += 4) {
    const word = words[i]!;
    out[j] = word >>> 24;
    out[j + 1] = word >>> 16;
    out[j + 2] = word >>> 8;
    out[j + 3] = word;
  }
  return out;
}
