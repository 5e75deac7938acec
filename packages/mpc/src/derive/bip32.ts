// BIP-32, the public half: children of a compressed secp256k1 key and its chain code (dkls23-spec 6.3). A path becomes one tweak, so the
// shares of a key never change; every signer derives it itself from the path that it approved.
import { CovaultError } from "@covault/errors";
import { hmac } from "@noble/hashes/hmac.js";
import { ripemd160 } from "@noble/hashes/legacy.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { concat, u32 } from "../kernel/bytes.ts";
import * as point from "../kernel/point.ts";
import * as scalar from "../kernel/scalar.ts";
import { borrowed, bytes, fields, integer, u32 as readU32 } from "../protocol/encoding/inputs.ts";
import { parsePath } from "./path.ts";

export interface Derived {
  /** tau: the child's private key is the parent's plus tau. be32. */
  readonly tweak: Uint8Array;
  /** Compressed, 33 bytes. */
  readonly publicKey: Uint8Array;
  /** 32 bytes. */
  readonly chain: Uint8Array;
  /** Steps from where the path starts. */
  readonly depth: number;
  /** First 4 bytes of the parent's HASH160; zeros at depth 0. */
  readonly parentFingerprint: Uint8Array;
  /** Of the last step; 0 at depth 0. */
  readonly childNumber: number;
}

/** `path`: "m/44/0/7" or its numbers. Throws `mpc/bad-setup`; also for a hardened step, which no public key has. */
export function derivePath(publicKey: Uint8Array, chain: Uint8Array, path: string | readonly number[]): Derived {
  const key = bytes(33)(publicKey, "publicKey");
  const root = point.decode33(key);
  if (root === undefined) throw new CovaultError("mpc/bad-setup", "publicKey: expected a compressed point of secp256k1, 33 bytes");
  let parent: point.Point = root;
  let tau = scalar.fromInt(0);
  let at: Derived = {
    tweak: scalar.toBytes(tau),
    publicKey: key,
    chain: bytes(32)(chain, "chain"),
    depth: 0,
    parentFingerprint: new Uint8Array(4),
    childNumber: 0,
  };
  for (const index of parsePath(path)) {
    const I = hmac(sha512, at.chain, concat(at.publicKey, u32(index)));
    const left = scalar.fromBytes(I.subarray(0, 32));
    const child: point.Point | undefined = left && point.add(parent, point.mulBase(left));
    if (left === undefined || child === undefined || point.isIdentity(child))
      throw new CovaultError("mpc/degenerate", `Index ${index} has no key at this depth: use the next one.`);
    parent = child;
    tau = scalar.add(tau, left);
    at = {
      tweak: scalar.toBytes(tau),
      publicKey: point.encode33(child),
      chain: I.slice(32),
      depth: at.depth + 1,
      parentFingerprint: fingerprint(at.publicKey),
      childNumber: index,
    };
  }
  return at;
}

/** First 4 bytes of HASH160. `publicKey`: compressed, 33 bytes. Throws `mpc/bad-setup`. */
export function fingerprint(publicKey: Uint8Array): Uint8Array {
  return ripemd160(sha256(borrowed(33)(publicKey, "publicKey"))).slice(0, 4);
}

/** Version bytes of extended public keys. */
export const extendedKeyVersions = { mainnet: 0x0488b21e, testnet: 0x043587cf } as const;

const readDerived = fields<Omit<Derived, "tweak">>({
  publicKey: borrowed(33),
  chain: borrowed(32),
  depth: integer(0, 255),
  parentFingerprint: borrowed(4),
  childNumber: readU32,
});

/** The 78 bytes of an extended public key; Base58Check of them is the "xpub…" text. Throws `mpc/bad-setup`. */
export function extendedKeyBytes(key: Derived, version: number = extendedKeyVersions.mainnet): Uint8Array {
  const { publicKey, chain, depth, parentFingerprint, childNumber } = readDerived(key, "key");
  return concat(u32(readU32(version, "version")), Uint8Array.of(depth), parentFingerprint, u32(childNumber), chain, publicKey);
}
