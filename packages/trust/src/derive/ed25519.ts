// This file derives additive children of an Ed25519 key. No standard fits a shared key, so BIP-32's
// formula is carried over (docs/protocols/derivation.md says why, and what it is not).
import { isEd25519Key } from "@covault/crypto";
import { ed25519 } from "@noble/curves/ed25519.js";
import { bytesToNumberLE } from "@noble/curves/utils.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { badArgument, checkBytes } from "../bytes.ts";
import { type Child, noChild } from "./child.ts";
import { parsePath } from "./path.ts";

const { Point } = ed25519;
const { Fn } = Point;
type Point = InstanceType<typeof Point>;

const tags = { step: "covault/ed25519/v1", chain: "covault/ed25519/v1/chain" } as const;

/**
 * Derives a child. `publicKey` and `chain` have 32 bytes each. I = HMAC-SHA512(chain,
 * "covault/ed25519/v1" || key || u32 index), and J is the same with "/chain". The step is I mod L,
 * and the child's chain code is the first half of J. Throws `trust/bad-argument` and
 * `trust/bad-path`.
 *
 * A child's secret scalar, the key where the path starts and its chain code together give the joint
 * secret, so a child is never exported.
 */
export function ed25519Child(publicKey: Uint8Array, chain: Uint8Array, path: string | readonly number[]): Child {
  let point = pointOf(checkBytes(publicKey, "publicKey", 32));
  let tau = 0n;
  let at: Pick<Child, "publicKey" | "chain"> = {
    publicKey: new Uint8Array(publicKey),
    chain: new Uint8Array(checkBytes(chain, "chain", 32)),
  };
  for (const index of parsePath(path)) {
    const step = bytesToNumberLE(hashed(tags.step, at, index)) % Fn.ORDER;
    const next = hashed(tags.chain, at, index).slice(0, 32);
    point = point.add(Point.BASE.multiplyUnsafe(step));
    if (point.is0()) throw noChild(index);
    tau = Fn.add(tau, step);
    at = { publicKey: point.toBytes(), chain: next };
  }
  return { ...at, tweak: Fn.toBytes(tau) };
}

function hashed(tag: string, { publicKey, chain }: Pick<Child, "publicKey" | "chain">, index: number): Uint8Array {
  const number = new Uint8Array(4);
  new DataView(number.buffer).setUint32(0, index);
  return hmac(sha512, chain, Uint8Array.of(...new TextEncoder().encode(tag), ...publicKey, ...number));
}

/**
 * Gives the point of a key. Only points of the subgroup of prime order are accepted, because a
 * child of another point would have a signature for no scalar.
 */
function pointOf(publicKey: Uint8Array): Point {
  const point = isEd25519Key(publicKey) ? Point.fromBytes(publicKey) : undefined;
  if (point?.isTorsionFree() !== true) throw badArgument("publicKey", "a point of prime order on edwards25519", "none");
  return point;
}
