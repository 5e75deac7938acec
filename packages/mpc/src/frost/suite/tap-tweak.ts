// This file has the hashes of BIP-340 and BIP-341 with a tag.
import { sha256 } from "@noble/hashes/sha2.js";
import { ascii, concat } from "../../kernel/bytes.ts";

/** Gives hash_tag of BIP-340. */
export function taggedHash(tag: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const prefix = sha256(ascii(tag));
  return sha256(concat(prefix, prefix, ...parts));
}

/**
 * Gives hash_TapTweak of BIP-341: 32 bytes, not reduced. `internalKey` has 32 bytes. `merkleRoot`
 * has 32 bytes, or none.
 */
export const tapTweak = (internalKey: Uint8Array, merkleRoot: Uint8Array): Uint8Array => taggedHash("TapTweak", internalKey, merkleRoot);
