// This file has edwards25519 as a prime-order group (RFC 9591 section 6.1). The curve has a
// cofactor of 8, which is cared for in two ways. `decode` is DeserializeElement to the letter, with
// its multiplication by the group order. `publish` and `receive` are for messages.
import { CovaultError } from "@covault/errors";
import { times } from "../../kernel/field-linear.ts";
import { erase } from "../../protocol/index.ts";
import type { Element, Group, Scalar } from "../group.ts";
import { mulBaseTable } from "./base-table.ts";
import { D, fromBytes, invertMany, isCanonical, isEqual, isOdd, isZero, ONE, sqrtRatio, toBytes } from "./field.ts";
import { mul, sqr } from "./field-mul.ts";
import { addCached, cache, double, EXTENDED } from "./formulas.ts";
import { combine, mulSmall } from "./multiply.ts";
import * as scalar from "./scalar.ts";

type Extended = Float64Array;
const open = (P: Element): Extended => P as unknown as Extended;
const close = (P: Extended): Element => P as unknown as Element;

const order = 2n ** 252n + 27742317777372353535851937790883648493n;
const orderBytes = Uint8Array.from({ length: 32 }, (_, i) => Number((order >> BigInt(8 * i)) & 255n));
const eighth = scalar.fromPublic(inverseOfEight());

/** Gives 8^-1 mod L: the one k with 8k = 1 + mL, m < 8. */
function inverseOfEight(): bigint {
  let m = 0n;
  while ((1n + m * order) % 8n !== 0n) m++;
  return (1n + m * order) / 8n;
}

const identity = new Float64Array(EXTENDED);
identity.set(ONE, 11);
identity.set(ONE, 22);

const T = new Float64Array(44);

function isIdentity(P: Extended): boolean {
  return isZero(P, 0) && isEqual(P, 11, P, 22);
}

function plus(P: Extended, Q: Extended): Extended {
  const R = new Float64Array(EXTENDED);
  cache(T, 0, Q, 0);
  addCached(R, 0, P, 0, T, 0, true);
  return R;
}

function timesEight(P: Extended): Extended {
  const R = new Float64Array(EXTENDED);
  double(R, 0, P, 0, false);
  double(R, 0, R, 0, false);
  double(R, 0, R, 0, true);
  return R;
}

function encode(points: readonly Extended[]): Uint8Array[] {
  const n = points.length;
  if (n === 0) return [];
  const z = new Float64Array(11 * n);
  const inverse = new Float64Array(11 * n);
  for (const [i, P] of points.entries()) {
    if (isIdentity(P)) throw new CovaultError("mpc/degenerate", "The identity has no encoding.");
    z.set(P.subarray(22, 33), 11 * i);
  }
  invertMany(inverse, z, n);
  return points.map((P, i) => {
    const bytes = new Uint8Array(32);
    mul(T, 0, P, 0, inverse, 11 * i);
    mul(T, 11, P, 11, inverse, 11 * i);
    toBytes(bytes, 0, T, 11);
    if (isOdd(T, 0)) bytes[31]! |= 128;
    return bytes;
  });
}

/** Decodes a point of the curve, of any order, by RFC 8032 5.1.3, strictly. */
function decodeCurve(bytes: Uint8Array): Extended | undefined {
  if (bytes.length !== 32 || !isCanonical(bytes, 0)) return undefined;
  const P = new Float64Array(EXTENDED);
  fromBytes(P, 11, bytes, 0);
  P.set(ONE, 22);
  sqr(T, 0, P, 11);
  mul(T, 11, T, 0, D, 0);
  T[0]! -= 1;
  T[11]! += 1;
  if (!sqrtRatio(P, 0, T, 0, T, 11)) return undefined;
  const sign = bytes[31]! >> 7;
  if (isZero(P, 0)) {
    if (sign === 1) return undefined;
  } else if (isOdd(P, 0) !== (sign === 1)) times(P, 0, P, 0, -1);
  mul(P, 33, P, 0, P, 11);
  return P;
}

export const edwards25519: Group = {
  elementBytes: 32,
  wireBytes: 32,

  scalar: scalar.fromBytes,
  public: (n) => scalar.fromPublic(((n % order) + order) % order),
  reduce: scalar.fromWide,
  order,
  add: scalar.add,
  mul: scalar.mul,
  negate: scalar.neg,
  isZero: (a) => a.reduce((bits, byte) => bits | byte, 0) === 0,

  identity: close(identity),
  mulBase(k) {
    const R = new Float64Array(EXTENDED);
    mulBaseTable(R, 0, k);
    return close(R);
  },
  combine: (base, terms) =>
    close(
      combine(
        base,
        terms.map(([k, P]) => [k, open(P)]),
      ),
    ),
  mulSmall: (P, n) => close(mulSmall(open(P), n)),
  plus: (P, Q) => close(plus(open(P), open(Q))),
  opposite(P) {
    const R = open(P).slice();
    times(R, 0, R, 0, -1);
    times(R, 33, R, 33, -1);
    return close(R);
  },
  same(P, Q) {
    const [A, B] = [open(P), open(Q)];
    mul(T, 0, A, 0, B, 22);
    mul(T, 11, B, 0, A, 22);
    mul(T, 22, A, 11, B, 22);
    mul(T, 33, B, 11, A, 22);
    const x = isEqual(T, 0, T, 11);
    return isEqual(T, 22, T, 33) && x;
  },
  isIdentity: (P) => isIdentity(open(P)),

  encode: (elements) => encode(elements.map(open)),
  decode(bytes) {
    const P = decodeCurve(bytes);
    if (P === undefined || isIdentity(P)) return undefined;
    return isIdentity(combine(undefined, [[orderBytes, P]])) ? close(P) : undefined;
  },
  trusted(bytes) {
    const P = decodeCurve(bytes);
    return P && !isIdentity(P) ? close(P) : undefined;
  },

  publish(ks: readonly Scalar[]) {
    const eighths = ks.map((k) => {
      const W = new Float64Array(EXTENDED);
      const part = scalar.mul(k, eighth);
      mulBaseTable(W, 0, part);
      erase(part);
      return W;
    });
    return { elements: eighths.map((W) => close(timesEight(W))), wires: encode(eighths) };
  },
  receive(wire) {
    const W = decodeCurve(wire);
    if (W === undefined) return undefined;
    const P = timesEight(W);
    return isIdentity(P) ? undefined : close(P);
  },
};
