// This file hashes to the curve by rejection sampling (dkls23-spec 0.3), from public inputs only.
// The result never has the form hash * G, since nobody may know its discrete logarithm (dkls23-spec
// 13, B1).
import { isAbscissa, liftAffine } from "./affine.ts";
import { TH, u8 } from "./hash.ts";
import { affinePoint, type Point } from "./point.ts";

/** Sets X[x..], Y[y..] = H2C(salt, f). */
export function hashToAffine(X: Float64Array, x: number, Y: Float64Array, y: number, salt: Uint8Array, f: Uint8Array): void {
  for (let c = 0; ; c++) {
    const counter = u8(c);
    const odd = () => TH("h2c-sign", salt, f, counter)[0]! & 1;
    if (liftAffine(X, x, Y, y, TH("h2c", salt, f, counter), 0, odd)) return;
  }
}

const unused = new Float64Array(11);

/**
 * Makes the trials of H2C(salt, f) without its square root, whose time is the same for every input.
 */
export function hashTrials(salt: Uint8Array, f: Uint8Array): void {
  for (let c = 0; !isAbscissa(unused, 0, TH("h2c", salt, f, u8(c)), 0); c++);
}

export function H2C(salt: Uint8Array, f: Uint8Array): Point {
  const XY = new Float64Array(22);
  hashToAffine(XY, 0, XY, 11, salt, f);
  return affinePoint(XY, 0, XY, 11);
}
