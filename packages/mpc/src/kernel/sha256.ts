// This file has SHA-256 of byte strings (FIPS 180-4) on the unrolled block.
import { compress, INITIAL } from "./sha256-block.ts";

const small = new Uint8Array(1024);
const smallView = new DataView(small.buffer);
const state = new Int32Array(8);

/** Gives SHA-256 of the concatenation of parts. */
export function sha256(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (let i = 0; i < parts.length; i++) length += parts[i]!.length;
  const message = room(length);
  let at = 0;
  for (let i = 0; i < parts.length; i++) {
    message.set(parts[i]!, at);
    at += parts[i]!.length;
  }
  return digest(message, at);
}

/** Gives SHA-256( head || u32(len x1) || x1 || .. || u32(len xm) || xm ). */
export function sha256Fields(head: Uint8Array, fields: readonly Uint8Array[]): Uint8Array {
  let length = head.length;
  for (let i = 0; i < fields.length; i++) length += 4 + fields[i]!.length;
  const message = room(length);
  message.set(head);
  let at = head.length;
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i]!;
    const size = field.length;
    message[at] = size >>> 24;
    message[at + 1] = size >>> 16;
    message[at + 2] = size >>> 8;
    message[at + 3] = size;
    at += 4;
    if (size > 80) message.set(field, at);
    else for (let k = 0; k < size; k++) message[at + k] = field[k]!;
    at += size;
  }
  return digest(message, at);
}

/** Gives a buffer with room for a message and its padding. */
function room(length: number): Uint8Array {
  const padded = (length + 72) & ~63;
  return padded <= small.length ? small : new Uint8Array(padded);
}

/** Gives the digest of the first `length` bytes of a buffer from `room`, which is wiped. */
function digest(message: Uint8Array, length: number): Uint8Array {
  const view = message === small ? smallView : new DataView(message.buffer);
  const padded = (length + 72) & ~63;
  message.fill(0, length, padded);
  message[length] = 0x80;
  view.setUint32(padded - 8, Math.floor(length / 0x20000000));
  view.setUint32(padded - 4, length << 3);
  state.set(INITIAL);
  for (let block = 0; block < padded; block += 64) compress(state, view, block);
  message.fill(0, 0, padded);
  const out = new Uint8Array(32);
  for (let i = 0; i < 8; i++) {
    const word = state[i]!;
    out[4 * i] = word >>> 24;
    out[4 * i + 1] = word >>> 16;
    out[4 * i + 2] = word >>> 8;
    out[4 * i + 3] = word;
  }
  return out;
}
