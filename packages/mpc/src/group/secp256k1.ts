// This file has secp256k1 as a prime-order group (RFC 9591 section 6.5) on the kernel. Its cofactor
// is 1, so the element itself travels.
import * as kernel from "../kernel/point.ts";
import * as integer from "../kernel/scalar.ts";
import { erase } from "../protocol/index.ts";
import type { Element, Group, Scalar } from "./group.ts";

const open = (P: Element): kernel.Point => P as unknown as kernel.Point;
const close = (P: kernel.Point): Element => P as unknown as Element;
const read = (a: Scalar): integer.Scalar => integer.fromBytesMod(a);
const write = (a: integer.Scalar): Scalar => integer.toBytes(a) as Scalar;

/**
 * Gives what `use` makes of the words of some scalars. The words are erased, since they may be
 * secret.
 */
function withWords<T>(scalars: readonly Scalar[], use: (...words: integer.Scalar[]) => T): T {
  const words = scalars.map(read);
  const made = use(...words);
  erase(...words);
  return made;
}

/** Gives a result in words as bytes, and erases the words. */
function written(a: integer.Scalar): Scalar {
  const bytes = write(a);
  erase(a);
  return bytes;
}

const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

function fromPublic(n: bigint): Scalar {
  const out = new Uint8Array(32) as Scalar;
  for (let i = 28, rest = ((n % order) + order) % order; rest > 0n; i -= 4, rest >>= 32n) {
    const word = Number(rest & 0xffffffffn);
    out[i] = word >>> 24;
    out[i + 1] = word >>> 16;
    out[i + 2] = word >>> 8;
    out[i + 3] = word;
  }
  return out;
}

const zero = integer.fromInt(0);
const twoTo256 = read(fromPublic(2n ** 256n));

function compressed(points: readonly kernel.Point[]): Uint8Array[] {
  return kernel.encode64Many(points).map(kernel.compress);
}

export const secp256k1: Group = {
  elementBytes: 33,
  wireBytes: 33,

  scalar(bytes) {
    const words = integer.fromBytes(bytes);
    erase(words);
    return words === undefined ? undefined : (new Uint8Array(bytes) as Scalar);
  },
  public: fromPublic,
  reduce(uniform) {
    const [high, low] = [integer.fromBytesMod(uniform.subarray(0, 32)), integer.fromBytesMod(uniform.subarray(32, 64))];
    const shifted = integer.mul(high, twoTo256);
    const sum = written(integer.add(shifted, low));
    erase(high, low, shifted);
    return sum;
  },
  order,
  add: (a, b) => withWords([a, b], (x, y) => written(integer.add(x, y))),
  mul: (a, b) => withWords([a, b], (x, y) => written(integer.mul(x, y))),
  negate: (a) => withWords([a], (x) => written(integer.neg(x))),
  isZero: (a) => withWords([a], integer.isZero),

  identity: close(kernel.identity),
  mulBase: (k) => close(withWords([k], kernel.mulBase)),
  combine(base, terms) {
    const [first, ...rest] = terms.map(([k, P]) => [open(P), read(k)] as const);
    const start = kernel.mulAddPublic(base === undefined ? zero : read(base), first?.[0] ?? kernel.identity, first?.[1] ?? zero);
    return close(rest.reduce((sum, [P, k]) => kernel.add(sum, kernel.mulAddPublic(zero, P, k)), start));
  },
  mulSmall: (P, n) => close(kernel.mulSmall(open(P), n)),
  plus: (P, Q) => close(kernel.add(open(P), open(Q))),
  opposite: (P) => close(kernel.neg(open(P))),
  same: (P, Q) => kernel.equal(open(P), open(Q)),
  isIdentity: (P) => kernel.isIdentity(open(P)),

  encode: (elements) => compressed(elements.map(open)),
  // An undefined stays what it is.
  decode: (bytes) => kernel.decode33(bytes) as unknown as Element | undefined,
  trusted: (bytes) => secp256k1.decode(bytes),
  publish(ks) {
    const points = ks.map((k) => withWords([k], kernel.mulBase));
    return { elements: points.map(close), wires: compressed(points) };
  },
  receive: (wire) => secp256k1.decode(wire),
};

/**
 * The same group with both coordinates in messages: 31 bytes more, and no square root on receipt
 * (enc64 of dkls23-spec 0.2).
 */
export const secp256k1Enc64: Group = {
  ...secp256k1,
  wireBytes: 64,
  publish(ks) {
    const points = ks.map((k) => withWords([k], kernel.mulBase));
    return { elements: points.map(close), wires: kernel.encode64Many(points) };
  },
  // An undefined stays what it is.
  receive: (wire) => kernel.decode64(wire) as unknown as Element | undefined,
};
