// Ed25519 as every part of Covault checks it: RFC 8032 5.1.7 without the cofactor, the key canonical and not of small order. The
// platform's implementation where there is one (0.13 ms), noble's elsewhere (1.3 ms); both give the same answer for the same bytes.
import type * as NodeCrypto from "node:crypto";
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { isBytes } from "./bytes.ts";

const fieldPrime = 2n ** 255n - 19n;

/** 32 bytes that are a canonical point of the curve outside its small subgroup: what an identity key has to be. */
export function isEd25519Key(key: Uint8Array): boolean {
  if (!isBytes(key, 32) || littleEndian(key, 0x7f) >= fieldPrime) return false;
  try {
    return !ed25519.Point.fromBytes(key, false).isSmallOrder();
  } catch {
    return false;
  }
}

const known = new Map<string, NodeCrypto.KeyObject | true>();
const knownMax = 1024;
const node = nodeCrypto();

/** Never throws on what came from outside: a malformed key or signature is not valid. */
export function verifyEd25519(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (!isBytes(key, 32) || !isBytes(message) || !isBytes(signature, 64)) return false;
  const parsed = parse(key);
  if (parsed === undefined) return false;
  return parsed === true || node === undefined ? verifyPortable(key, message, signature) : node.verify(null, message, parsed, signature);
}

/** The same check without the platform, RFC 8032 5.1.7: R = sB - kA, compared as bytes. */
export function verifyPortable(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (!isEd25519Key(key) || !isBytes(message) || !isBytes(signature, 64)) return false;
  const order = ed25519.Point.Fn.ORDER;
  const s = littleEndian(signature.subarray(32), 0xff);
  if (s >= order) return false;
  const k = littleEndian(sha512.create().update(signature.subarray(0, 32)).update(key).update(message).digest(), 0xff) % order;
  const negated = ed25519.Point.fromBytes(key, false).negate();
  const r = ed25519.Point.BASE.multiplyUnsafe(s).add(negated.multiplyUnsafe(k)).toBytes();
  return r.every((byte, at) => byte === signature[at]);
}

/** Point decoding costs more than the check on Node: keys are few and come again. */
function parse(key: Uint8Array): NodeCrypto.KeyObject | true | undefined {
  const name = String.fromCharCode(...key);
  const before = known.get(name);
  if (before !== undefined) return before;
  if (!isEd25519Key(key)) return undefined;
  const jwk = { kty: "OKP", crv: "Ed25519", x: node === undefined ? "" : Buffer.from(key).toString("base64url") };
  const parsed = node === undefined ? true : node.createPublicKey({ key: jwk, format: "jwk" });
  if (known.size >= knownMax) known.clear();
  known.set(name, parsed);
  return parsed;
}

/** Found at run time, so that bundles for browsers neither need nor carry it. */
function nodeCrypto(): typeof NodeCrypto | undefined {
  return globalThis.process?.getBuiltinModule?.("node:crypto");
}

function littleEndian(bytes: Uint8Array, topMask: number): bigint {
  let value = 0n;
  for (let at = bytes.length - 1; at >= 0; at--)
    value = (value << 8n) | BigInt((bytes[at] as number) & (at === bytes.length - 1 ? topMask : 0xff));
  return value;
}
