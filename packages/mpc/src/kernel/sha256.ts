// SHA-256 of byte strings (FIPS 180-4) on the unrolled block.
import { compress, INITIAL } from "./sha256-block.ts";

const small = new Uint8Array(1024);
const smallView = new DataView(small.buffer);
const state = new Int32Array(8);

/** SHA-256 of the concatenation of parts. */
export function sha256(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (let i = 0; i < parts.length; i++) length += parts[i]!.length;
  const padded = (length + 72) & ~63;
  const message = padded <= small.length ? small : new Uint8Array(padded);
  const view = message === small ? smallView : new DataView(message.buffer);
  let at = 0;
  for (let i = 0; i < parts.length; i++) {
    message.set(parts[i]!, at);
    at += parts[i]!.length;
  }
  message.fill(0, at, padded);
  message[at] = 0x80;
  view.setUint32(padded - 8, Math.floor(length / 0x20000000));
  view.setUint32(padded - 4, length << 3);
  state.set(INITIAL);
  for (let block = 0; block < padded; block += 64) compress(state, view, block);
  message.fill(0, 0, padded);
  const digest = new Uint8Array(32);
  for (let i = 0; i < 8; i++) {
    const word = state[i]!;
    digest[4 * i] = word >>> 24;
    digest[4 * i + 1] = word >>> 16;
    digest[4 * i + 2] = word >>> 8;
    digest[4 * i + 3] = word;
  }
  return digest;
}
