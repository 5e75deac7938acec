// Points of secp256k1. The identity is a value like any other inside; no encoding of it exists (dkls23-spec 0.2).

import { CovaultError } from "@covault/errors";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { type Scalar, toBytes } from "./scalar.ts";

const Noble = secp256k1.Point;
type NoblePoint = InstanceType<typeof Noble>;

declare const brand: unique symbol;
/** A point of the curve, opaque and immutable. */
export interface Point {
  readonly [brand]: "Point";
}

function raw(P: Point): NoblePoint {
  return P as unknown as NoblePoint;
}
function wrap(P: NoblePoint): Point {
  return P as unknown as Point;
}
function int(k: Scalar): bigint {
  let x = 0n;
  for (const byte of toBytes(k)) x = (x << 8n) | BigInt(byte);
  return x;
}

export const identity: Point = wrap(Noble.ZERO);
export const base: Point = wrap(Noble.BASE);

/** kG, secret k. */
export function mulBase(k: Scalar): Point {
  const n = int(k);
  return n === 0n ? identity : wrap(Noble.BASE.multiply(n));
}

/** kG for many secret k: shares the inversions. */
export function mulBaseMany(ks: readonly Scalar[]): Point[] {
  return ks.map(mulBase);
}

/** kP, secret k. */
export function mul(P: Point, k: Scalar): Point {
  const n = int(k);
  return n === 0n || isIdentity(P) ? identity : wrap(raw(P).multiply(n));
}

/** kP for several P and one secret k. */
export function mulMany(points: readonly Point[], k: Scalar): Point[] {
  return points.map((P) => mul(P, k));
}

/** nP for a public 0 <= n < 2^16. */
export function mulSmall(P: Point, n: number): Point {
  return wrap(raw(P).multiplyUnsafe(BigInt(n)));
}

/** u1 G + u2 P in variable time: public inputs only. */
export function mulAddPublic(u1: Scalar, P: Point, u2: Scalar): Point {
  return wrap(Noble.BASE.multiplyUnsafe(int(u1)).add(raw(P).multiplyUnsafe(int(u2))));
}

export function add(P: Point, R: Point): Point {
  return wrap(raw(P).add(raw(R)));
}

export function neg(P: Point): Point {
  return wrap(raw(P).negate());
}

export function sub(P: Point, R: Point): Point {
  return wrap(raw(P).subtract(raw(R)));
}

export function equal(P: Point, R: Point): boolean {
  return raw(P).equals(raw(R));
}

export function isIdentity(P: Point): boolean {
  return raw(P).equals(Noble.ZERO);
}

/** enc64 of many points with one inversion. Throws for O: the protocols exclude it before they encode. */
export function encode64Many(points: readonly Point[]): Uint8Array[] {
  return points.map((P) => {
    if (isIdentity(P)) throw new CovaultError("mpc/degenerate", "The identity has no encoding.");
    return raw(P).toBytes(false).slice(1);
  });
}

/** enc64(P) = x || y. Throws for O. */
export function encode64(P: Point): Uint8Array {
  return encode64Many([P])[0]!;
}

/** SEC1 compressed. Throws for O. */
export function encode33(P: Point): Uint8Array {
  const xy = encode64(P);
  const out = new Uint8Array(33);
  out[0] = 2 | (xy[63]! & 1);
  out.set(xy.subarray(0, 32), 1);
  return out;
}

/** Undefined unless 64 bytes, x, y < p and on the curve. Never O. */
export function decode64(bytes: Uint8Array): Point | undefined {
  if (bytes.length !== 64) return undefined;
  const sec1 = new Uint8Array(65);
  sec1[0] = 4;
  sec1.set(bytes, 1);
  try {
    return wrap(Noble.fromBytes(sec1));
  } catch {
    return undefined;
  }
}

/** Undefined unless 33 bytes of SEC1 compressed form. Never O. */
export function decode33(bytes: Uint8Array): Point | undefined {
  if (bytes.length !== 33) return undefined;
  try {
    return wrap(Noble.fromBytes(bytes));
  } catch {
    return undefined;
  }
}
