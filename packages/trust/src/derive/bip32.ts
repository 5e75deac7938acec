// This file is the public half of BIP-32: children of a compressed secp256k1 key and its chain code
// (dkls23-spec 6.3), and extended public keys as text.
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { bytesToNumberBE } from "@noble/curves/utils.js";
import { hmac } from "@noble/hashes/hmac.js";
import { ripemd160 } from "@noble/hashes/legacy.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { createBase58check } from "@scure/base";
import { badArgument, checkBytes } from "../bytes.ts";
import { type Child, noChild } from "./child.ts";
import { parsePath } from "./path.ts";

const { Point } = secp256k1;
const { Fn } = Point;
type Point = InstanceType<typeof Point>;

/** A child, with what an extended public key says of its place. */
export interface Bip32Child extends Child {
  /** The number of steps from where the path starts. */
  readonly depth: number;
  /** The first 4 bytes of the parent's HASH160. They are zeros at depth 0. */
  readonly parentFingerprint: Uint8Array;
  /** The number of the last step. It is 0 at depth 0. */
  readonly childNumber: number;
}

/**
 * Derives a child. `publicKey` is compressed, 33 bytes, and so is the child's. `chain` has 32
 * bytes, and `path` is as `parsePath` takes it. Throws `trust/bad-argument` and `trust/bad-path`.
 */
export function bip32Child(publicKey: Uint8Array, chain: Uint8Array, path: string | readonly number[]): Bip32Child {
  let point = pointOf(checkBytes(publicKey, "publicKey", 33));
  let tau = 0n;
  let at = {
    publicKey: new Uint8Array(publicKey),
    chain: new Uint8Array(checkBytes(chain, "chain", 32)),
    depth: 0,
    parentFingerprint: new Uint8Array(4),
    childNumber: 0,
  };
  for (const step of parsePath(path)) {
    const I = hmac(sha512, at.chain, Uint8Array.of(...at.publicKey, ...u32(step)));
    const left = bytesToNumberBE(I.subarray(0, 32));
    if (left >= Fn.ORDER) throw noChild(step);
    point = point.add(Point.BASE.multiplyUnsafe(left));
    if (point.is0()) throw noChild(step);
    tau = Fn.add(tau, left);
    at = {
      publicKey: point.toBytes(true),
      chain: I.slice(32),
      depth: at.depth + 1,
      parentFingerprint: ripemd160(sha256(at.publicKey)).slice(0, 4),
      childNumber: step,
    };
  }
  return { ...at, tweak: Fn.toBytes(tau) };
}

/** The version bytes of an extended public key. They show as "xpub…" and "tpub…". */
const versions = { mainnet: 0x0488b21e, testnet: 0x043587cf } as const;
const base58 = createBase58check(sha256);

/**
 * Gives an extended public key as text. It begins with "xpub", and with "tpub" for every network
 * but the main one.
 */
export function extendedKeyText(key: Omit<Bip32Child, "tweak">, network: keyof typeof versions = "mainnet"): string {
  const { publicKey, chain, depth, parentFingerprint, childNumber } = key;
  return base58.encode(Uint8Array.of(...u32(versions[network]), depth, ...parentFingerprint, ...u32(childNumber), ...chain, ...publicKey));
}

/**
 * Gives the extended public key of a key that is no child, so that its depth is 0 and it has no
 * parent. `publicKey` is compressed, 33 bytes.
 */
export const rootKeyText = (publicKey: Uint8Array, chain: Uint8Array, network: keyof typeof versions): string =>
  extendedKeyText({ publicKey, chain, depth: 0, parentFingerprint: new Uint8Array(4), childNumber: 0 }, network);

/**
 * Gives the key and the chain code of an extended public key, from which its children follow.
 * Throws `trust/bad-argument`.
 */
export function parseExtendedKey(text: string): { readonly publicKey: Uint8Array; readonly chain: Uint8Array } {
  const expected = "an extended public key, xpub… or tpub…";
  const bytes = decoded(text);
  if (bytes === undefined) throw badArgument("extended key", expected, "another text");
  const version = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  if (!Object.values<number>(versions).includes(version)) throw badArgument("extended key", expected, "one of another version");
  const publicKey = bytes.slice(45);
  pointOf(publicKey);
  return { publicKey, chain: bytes.slice(13, 45) };
}

function decoded(text: string): Uint8Array | undefined {
  try {
    const bytes = base58.decode(text);
    return bytes.length === 78 ? bytes : undefined;
  } catch {
    return undefined;
  }
}

function pointOf(publicKey: Uint8Array): Point {
  try {
    return Point.fromBytes(publicKey);
  } catch {
    throw badArgument("publicKey", "a compressed point of secp256k1", "none");
  }
}

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}
