// Covault's own messages around FROST are hashed by the construction of dkls23-spec 0.3 under the
// prefix "frost/v1/", with a closed list of tags. The five hashes of a ciphersuite are the suite's.
import { sha256 } from "@noble/hashes/sha2.js";
import type { Group, Scalar } from "../group/group.ts";
import { ascii, concat, u8, u32 } from "../kernel/bytes.ts";

/** The tag of the check of all dealers together is reserved. */
export const tags = [
  "dkg/sid",
  "dkg/com",
  "dkg/h1",
  "dkg/pok",
  "dkg/chain",
  "dkg/h2",
  "key/X",
  "sign/sid",
  "sign/batch",
  "sign/h1",
  "pool/sid",
  "pool/id",
  "pool/h1",
  "repair/h1",
  "dkg/weights",
] as const;
export type Tag = (typeof tags)[number];

/** Gives SHA-256 of the tag and the fields, each with its length before it. */
export function TH(tag: Tag, ...fields: readonly Uint8Array[]): Uint8Array {
  const hash = sha256.create();
  for (const field of [ascii(`frost/v1/${tag}`), ...fields]) hash.update(u32(field.length)).update(field);
  return hash.digest();
}

/** Gives a scalar from 64 bytes of hash. */
export function THs(group: Group, tag: Tag, ...fields: readonly Uint8Array[]): Scalar {
  return group.reduce(concat(TH(tag, u8(0), ...fields), TH(tag, u8(1), ...fields)));
}
