// Randomness of the operating system: the same call in Node and in browsers, which give at most 65536 bytes at a time.

const bytesAtOnceMax = 65_536;

/** `length` fresh bytes from the platform's CSPRNG. Throws rather than give less. */
export function randomBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += bytesAtOnceMax) globalThis.crypto.getRandomValues(bytes.subarray(at, at + bytesAtOnceMax));
  return bytes;
}
