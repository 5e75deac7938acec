// This file has the points of secp256k1. The identity is a value like any other inside, but no
// encoding of it exists (dkls23-spec 0.2).
import { CovaultError } from "@covault/errors";
import { decodeAffine, encodeAffine, liftAffine } from "./affine.ts";
import { type BaseTable, baseTable, mulTable } from "./base-table.ts";
import { isEqual, isZero } from "./field.ts";
import { times } from "./field-linear.ts";
import { mul as mulField } from "./field-mul.ts";
import { toAffine } from "./normalize.ts";
import { addPoints, doublePoint } from "./point-formulas.ts";
import { mulPoint } from "./point-mul.ts";
import { type OddMultiples, oddMultiples, sumPublic } from "./point-mul-public.ts";
import { isZero as isZeroScalar, type Scalar } from "./scalar.ts";

declare const brand: unique symbol;

/**
 * A point of the curve, opaque, in projective coordinates. It is never written after it was made.
 */
export type Point = Float64Array & { readonly [brand]: "Point" };

function blank(): Point {
  return new Float64Array(33) as Point;
}

/** Makes the point of affine coordinates in one unit. */
export function affinePoint(X: Float64Array, x: number, Y: Float64Array, y: number): Point {
  const P = blank();
  P.set(X.subarray(x, x + 11), 0);
  P.set(Y.subarray(y, y + 11), 11);
  P[22] = 1;
  return P;
}

export const identity: Point = blank();
identity[11] = 1;

export const base: Point = decode64(
  Uint8Array.from(
    "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"
      .match(/../g)!
      .map((byte) => Number.parseInt(byte, 16)),
  ),
)!;

let tableOfG: BaseTable | undefined;

/** Gives the table of G, made at its first use. */
export function baseMultiples(): BaseTable {
  tableOfG ??= baseTable(base, 0);
  return tableOfG;
}

/** Gives kG for a secret k. */
export function mulBase(k: Scalar): Point {
  const R = blank();
  mulTable(R, 0, baseMultiples(), k);
  return R;
}

/** Gives kP for a secret k. */
export function mul(P: Point, k: Scalar): Point {
  const R = blank();
  mulPoint(R, 0, P, 0, k);
  return R;
}

/** Gives kP for several P and one secret k. */
export function mulMany(points: readonly Point[], k: Scalar): Point[] {
  return points.map((P) => mul(P, k));
}

/** Gives nP for a public 0 <= n < 2^16. */
export function mulSmall(P: Point, n: number): Point {
  const R = identity.slice() as Point;
  for (let bit = 31 - Math.clz32(n); bit >= 0; bit--) {
    doublePoint(R, 0, R, 0);
    if ((n >>> bit) & 1) addPoints(R, 0, R, 0, P, 0);
  }
  return R;
}

const WIDTH = 5;
const WIDTH_OF_G = 8;
let oddMultiplesOfG: OddMultiples | undefined;

/** Gives u1 G + u2 P, for verification. Its time is variable, since everything here is public. */
export function mulAddPublic(u1: Scalar, P: Point, u2: Scalar): Point {
  if (isIdentity(P)) return mulBase(u1);
  oddMultiplesOfG ??= oddMultiples(base, 0, WIDTH_OF_G);
  const R = blank();
  const done = isZeroScalar(u1)
    ? sumPublic(R, 0, [oddMultiples(P, 0, WIDTH)], [u2])
    : sumPublic(R, 0, [oddMultiplesOfG, oddMultiples(P, 0, WIDTH)], [u1, u2]);
  return done ? R : add(mulBase(u1), mul(P, u2));
}

export function add(P: Point, Q: Point): Point {
  const R = blank();
  addPoints(R, 0, P, 0, Q, 0);
  return R;
}

export function neg(P: Point): Point {
  const R = P.slice() as Point;
  times(R, 11, R, 11, -1);
  return R;
}

export function sub(P: Point, Q: Point): Point {
  return add(P, neg(Q));
}

const T = new Float64Array(44);

export function equal(P: Point, Q: Point): boolean {
  mulField(T, 0, P, 0, Q, 22);
  mulField(T, 11, Q, 0, P, 22);
  mulField(T, 22, P, 11, Q, 22);
  mulField(T, 33, Q, 11, P, 22);
  const x = isEqual(T, 0, T, 11);
  const y = isEqual(T, 22, T, 33);
  return x && y && isIdentity(P) === isIdentity(Q);
}

export function isIdentity(P: Point): boolean {
  return isZero(P, 22);
}

/**
 * Gives enc64 of many points with one inversion. Throws for O, which the protocols exclude before
 * they encode.
 */
export function encode64Many(points: readonly Point[]): Uint8Array[] {
  const n = points.length;
  if (n === 0) return [];
  const all = new Float64Array(33 * n);
  for (let i = 0; i < n; i++) all.set(points[i]!, 33 * i);
  const X = new Float64Array(11 * n);
  const Y = new Float64Array(11 * n);
  if (!toAffine(X, Y, all, n)) throw new CovaultError("mpc/degenerate", "The identity has no encoding.");
  return points.map((_, i) => encodeAffine(X, 11 * i, Y, 11 * i));
}

/** Gives enc64(P) = x || y. Throws for O. */
export function encode64(P: Point): Uint8Array {
  return encode64Many([P])[0]!;
}

/** Gives the SEC1 compressed form, 33 bytes, from x || y. */
export function compress(xy: Uint8Array): Uint8Array {
  const out = new Uint8Array(33);
  out[0] = 2 | (xy[63]! & 1);
  out.set(xy.subarray(0, 32), 1);
  return out;
}

/** Gives the SEC1 compressed form. Throws for O. */
export function encode33(P: Point): Uint8Array {
  return compress(encode64(P));
}

/**
 * Decodes enc64. Gives undefined unless it gets 64 bytes with x, y < p and on the curve. It never
 * gives O.
 */
export function decode64(bytes: Uint8Array): Point | undefined {
  if (bytes.length !== 64) return undefined;
  const P = blank();
  P[22] = 1;
  return decodeAffine(P, 0, P, 11, bytes, 0) ? P : undefined;
}

/**
 * Decodes the SEC1 compressed form. Gives undefined unless it gets 33 bytes of that form. It never
 * gives O.
 */
export function decode33(bytes: Uint8Array): Point | undefined {
  if (bytes.length !== 33 || (bytes[0]! & 0xfe) !== 2) return undefined;
  const P = blank();
  P[22] = 1;
  return liftAffine(P, 0, P, 11, bytes, 1, () => bytes[0]! & 1) ? P : undefined;
}
