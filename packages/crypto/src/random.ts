// Randomness of the operating system. Node and browsers have the same call, which gives at most
// 65536 bytes at a time.

const bytesAtOnceMax = 65_536;

/** Gives `length` fresh bytes from the platform's CSPRNG. It throws rather than give less. */
export function randomBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += bytesAtOnceMax) globalThis.crypto.getRandomValues(bytes.subarray(at, at + bytesAtOnceMax));
  return bytes;
}
