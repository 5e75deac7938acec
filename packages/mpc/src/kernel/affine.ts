// This file turns affine points into bytes and back (dkls23-spec 0.2). A coordinate is an element
// of the field somewhere in an array.
import { belowP, fromWords, isEqual, isOdd, loadWords, sqrt, storeWords, toWords } from "./field.ts";
import { times } from "./field-linear.ts";
import { mul as mulField } from "./field-mul.ts";
import { sqr } from "./field-sqr.ts";
import { maySquare } from "./jacobi.ts";

const words = new Uint32Array(16);
const T = new Float64Array(33);

/** Gives enc64 of affine coordinates. */
export function encodeAffine(X: Float64Array, x: number, Y: Float64Array, y: number): Uint8Array {
  const out = new Uint8Array(64);
  toWords(words, 0, X, x);
  toWords(words, 8, Y, y);
  storeWords(out, 0, words, 0);
  storeWords(out, 32, words, 8);
  return out;
}

/** Sets T[at..] = x^3 + 7. */
function curve(at: number, X: Float64Array, x: number): void {
  sqr(T, at, X, x);
  mulField(T, at, T, at, X, x);
  T[at]! += 7;
}

/**
 * Sets X[x..], Y[y..] to the coordinates at bytes[at..at+63], one unit. Gives false unless they are
 * canonical and on the curve.
 */
export function decodeAffine(X: Float64Array, x: number, Y: Float64Array, y: number, bytes: Uint8Array, at: number): boolean {
  loadWords(words, 0, bytes, at);
  loadWords(words, 8, bytes, at + 32);
  if (!belowP(words, 0) || !belowP(words, 8)) return false;
  fromWords(X, x, words, 0);
  fromWords(Y, y, words, 8);
  curve(0, X, x);
  sqr(T, 11, Y, y);
  return isEqual(T, 0, T, 11);
}

/**
 * Sets X[x..] = int(bytes[at..at+31]). Gives false if it is the abscissa of no point. Its time is
 * variable.
 */
export function isAbscissa(X: Float64Array, x: number, bytes: Uint8Array, at: number): boolean {
  loadWords(words, 0, bytes, at);
  if (!belowP(words, 0)) return false;
  fromWords(X, x, words, 0);
  curve(22, X, x);
  toWords(words, 0, T, 22);
  return maySquare(words, 0);
}

/**
 * Sets X[x..], Y[y..] to the point of abscissa int(bytes[at..at+31]) and of the parity that `odd`
 * gives. `odd` is asked only if there is such a point. Gives false if there is none. Its time is
 * variable.
 */
export function liftAffine(
  X: Float64Array,
  x: number,
  Y: Float64Array,
  y: number,
  bytes: Uint8Array,
  at: number,
  odd: () => number,
): boolean {
  if (!isAbscissa(X, x, bytes, at) || !sqrt(Y, y, T, 22)) return false;
  times(Y, y, Y, y, isOdd(Y, y) === (odd() === 1) ? 1 : -1);
  return true;
}
