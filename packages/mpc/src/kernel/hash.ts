// This file has the two hash constructions of dkls23-spec 0.3 on SHA-256. TH inputs start with a
// small length, SH inputs with a set top bit, so no input of the one is ever an input of the other.
import { ascii, bytesFromWords, concat, u32, wordsFromBytes } from "./bytes.ts";
import { fromBytesMod, type Scalar } from "./scalar.ts";
import { sha256Fields } from "./sha256.ts";
import { saltSh, sh } from "./sha256-short.ts";
import type { Tag } from "./tags.ts";

export { ascii, concat, u8, u16, u32 } from "./bytes.ts";

const heads = new Map<string, Uint8Array>();

/** Gives u32(len T) || T with T = ascii("dkls23/v1/" || tag). */
function headOf(tag: string): Uint8Array {
  let head = heads.get(tag);
  if (head === undefined) {
    const name = ascii(`dkls23/v1/${tag}`);
    head = concat(u32(name.length), name);
    heads.set(tag, head);
  }
  return head;
}

/**
 * Gives TH with any tag. It is for known-answer tests only: the protocols use `TH`, whose list of
 * tags is closed.
 */
export function taggedHash(tag: string, ...parts: readonly Uint8Array[]): Uint8Array {
  return sha256Fields(headOf(tag), parts);
}

/** Gives TH(tag, x1..xm), 32 bytes. */
export function TH(tag: Tag, ...parts: readonly Uint8Array[]): Uint8Array {
  return sha256Fields(headOf(tag), parts);
}

/** Gives THs(tag, ...) = int(TH) mod q. */
export function THs(tag: Tag, ...parts: readonly Uint8Array[]): Scalar {
  const digest = sha256Fields(headOf(tag), parts);
  const scalar = fromBytesMod(digest);
  digest.fill(0);
  return scalar;
}

/** Gives SH(salt, mid, w) by one compression. `salt` has 32 bytes, `mid` 16 bytes. */
export function Sh(salt: Uint8Array, mid: Uint8Array, w: number): Uint8Array {
  const out = new Uint32Array(8);
  sh(out, 0, saltSh(wordsFromBytes(salt)), wordsFromBytes(mid), 0, w);
  return bytesFromWords(out);
}
