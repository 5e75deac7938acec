// A group of prime order as the protocols see it (RFC 9591 section 3.1). Scalars are their canonical encodings, so that states at rest and
// messages need no other form; elements are opaque. Nothing here turns a secret into a BigInt.

declare const scalarBrand: unique symbol;
declare const elementBrand: unique symbol;

/** SerializeScalar of an integer below the order: 32 bytes, in the byte order of the suite. Never written after it was made. */
export type Scalar = Uint8Array & { readonly [scalarBrand]: "Scalar" };

/** An element of the prime-order group: never one with a torsion component. */
export interface Element {
  readonly [elementBrand]: "Element";
}

export interface Group {
  /** SerializeElement. */
  readonly elementBytes: 32 | 33;
  /** What `publish` makes of an element. */
  readonly wireBytes: 32 | 33 | 64;

  /** DeserializeScalar: `undefined` unless 32 canonical bytes. Zero is one. */
  scalar(bytes: Uint8Array): Scalar | undefined;
  /** A public number mod the order. */
  public(n: bigint): Scalar;
  /** 64 uniform bytes mod the order. */
  reduce(uniform: Uint8Array): Scalar;
  readonly order: bigint;
  add(a: Scalar, b: Scalar): Scalar;
  mul(a: Scalar, b: Scalar): Scalar;
  negate(a: Scalar): Scalar;
  isZero(a: Scalar): boolean;

  readonly identity: Element;
  /** k B, secret k. */
  mulBase(k: Scalar): Element;
  /** k_0 B + Σ k_i P_i, in variable time: for public values only. */
  combine(base: Scalar | undefined, terms: readonly (readonly [Scalar, Element])[]): Element;
  /** n P for a public n < 2^16, in variable time. */
  mulSmall(P: Element, n: number): Element;
  plus(P: Element, Q: Element): Element;
  opposite(P: Element): Element;
  same(P: Element, Q: Element): boolean;
  isIdentity(P: Element): boolean;

  /** SerializeElement of several. Throws `mpc/degenerate` for the identity, which has no encoding. */
  encode(elements: readonly Element[]): Uint8Array[];
  /** DeserializeElement: `undefined` unless canonical, on the curve, in the prime-order subgroup and not the identity. */
  decode(bytes: Uint8Array): Element | undefined;
  /** An encoding that this party made itself and stored: `decode` without the costly test for the subgroup. */
  trusted(bytes: Uint8Array): Element | undefined;

  /**
   * k B for secret, nonzero k, with what travels in a message. For a curve with a cofactor h that is the encoding of (k / h) B; the
   * receiver multiplies by h, which lands in the prime-order subgroup whatever was sent.
   */
  publish(ks: readonly Scalar[]): { readonly elements: Element[]; readonly wires: Uint8Array[] };
  /** What `publish` sent; `undefined` unless canonical, on the curve and not the identity. Always in the prime-order subgroup. */
  receive(wire: Uint8Array): Element | undefined;
}
