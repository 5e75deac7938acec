// Taproot output keys (BIP-341): Q = P + t G with t = hash_TapTweak(x(P) || merkle root), P taken with even y.
import { CovaultError } from "@covault/errors";
import { sha256 } from "@noble/hashes/sha2.js";
import { ascii, concat } from "../kernel/bytes.ts";
import * as point from "../kernel/point.ts";
import * as scalar from "../kernel/scalar.ts";
import { borrowed } from "../protocol/encoding/inputs.ts";

/** hash_tag of BIP-340. */
export function taggedHash(tag: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const prefix = sha256(ascii(tag));
  return sha256(concat(prefix, prefix, ...parts));
}

/** hash_TapTweak: 32 bytes, not reduced. `merkleRoot`: 32 bytes, or empty for an output that only the key can spend. Throws `mpc/bad-setup`. */
export function tapTweak(internalKey: Uint8Array, merkleRoot: Uint8Array): Uint8Array {
  return taggedHash("TapTweak", borrowed(32)(internalKey, "internalKey"), borrowed(32, 0)(merkleRoot, "merkleRoot"));
}

export interface TaprootOutput {
  /** x(P): the internal key, 32 bytes. */
  readonly internalKey: Uint8Array;
  /** t, be32. */
  readonly tweak: Uint8Array;
  /** x(Q): the key in the output, 32 bytes. */
  readonly outputKey: Uint8Array;
  /** Whether Q has an odd y: the parity bit of a control block. */
  readonly odd: boolean;
}

/** `publicKey`: 33 bytes, of either parity, or 32 bytes x only. Throws `mpc/bad-setup`. */
export function taprootOutput(publicKey: Uint8Array, merkleRoot: Uint8Array): TaprootOutput {
  const key = borrowed(32, 33)(publicKey, "publicKey");
  const internalKey = key.slice(key.length - 32);
  const P = point.decode33(concat(Uint8Array.of(2), internalKey));
  if (P === undefined || (key.length === 33 && key[0] !== 2 && key[0] !== 3))
    throw new CovaultError("mpc/bad-setup", "publicKey: not a point of secp256k1");
  const tweak = tapTweak(internalKey, merkleRoot);
  const t = scalar.fromBytes(tweak);
  if (t === undefined) throw new CovaultError("mpc/degenerate", "The taproot tweak is not below the group order.");
  const Q = point.add(P, point.mulBase(t));
  if (point.isIdentity(Q)) throw new CovaultError("mpc/degenerate", "The taproot output key is the identity.");
  const encoded = point.encode33(Q);
  return { internalKey, tweak, outputKey: encoded.slice(1), odd: encoded[0] === 3 };
}
