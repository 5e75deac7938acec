// The two hash constructions of dkls23-spec 0.3 on SHA-256. TH inputs start with a small length, SH inputs with a set top
// bit, so no input of the one is ever an input of the other.
import { sha256 } from "@noble/hashes/sha2.js";
import { ascii, concat, u32 } from "./bytes.ts";
import { fromBytesMod, type Scalar } from "./scalar.ts";
import type { Tag } from "./tags.ts";

export { ascii, concat, u8, u16, u32 } from "./bytes.ts";

/** TH with any tag. Only for known-answer tests: the protocols use `TH`, whose list of tags is closed. */
export function taggedHash(tag: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const name = ascii(`dkls23/v1/${tag}`);
  const hash = sha256.create().update(u32(name.length)).update(name);
  for (const part of parts) hash.update(u32(part.length)).update(part);
  return hash.digest();
}

/** TH(tag, x1..xm): 32 bytes. */
export function TH(tag: Tag, ...parts: readonly Uint8Array[]): Uint8Array {
  return taggedHash(tag, ...parts);
}

/** THs(tag, ...) = int(TH) mod q. */
export function THs(tag: Tag, ...parts: readonly Uint8Array[]): Scalar {
  return fromBytesMod(taggedHash(tag, ...parts));
}

/** SH(salt, mid, w): one compression. salt 32 bytes, mid 16 bytes. */
export function Sh(salt: Uint8Array, mid: Uint8Array, w: number): Uint8Array {
  const input = concat(salt, mid, u32(w));
  input[0]! |= 0x80;
  return sha256(input);
}
