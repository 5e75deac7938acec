// A group of prime order as the protocols see it (RFC 9591 section 3.1). Scalars are their
// canonical encodings, so states at rest and messages need no other form. Elements are opaque.
// Nothing here turns a secret into a BigInt.

declare const scalarBrand: unique symbol;
declare const elementBrand: unique symbol;

/**
 * SerializeScalar of an integer below the order: 32 bytes, in the byte order of the suite. It is
 * never written after it was made.
 */
export type Scalar = Uint8Array & { readonly [scalarBrand]: "Scalar" };

/** An element of the prime-order group. It never has a torsion component. */
export interface Element {
  readonly [elementBrand]: "Element";
}

export interface Group {
  /** The length of SerializeElement in bytes. */
  readonly elementBytes: 32 | 33;
  /** The length in bytes of what `publish` makes of an element. */
  readonly wireBytes: 32 | 33 | 64;

  /** DeserializeScalar: gives undefined unless it gets 32 canonical bytes. Zero is a scalar. */
  scalar(bytes: Uint8Array): Scalar | undefined;
  /** Gives a public number mod the order. */
  public(n: bigint): Scalar;
  /** Gives 64 uniform bytes mod the order. */
  reduce(uniform: Uint8Array): Scalar;
  readonly order: bigint;
  add(a: Scalar, b: Scalar): Scalar;
  mul(a: Scalar, b: Scalar): Scalar;
  negate(a: Scalar): Scalar;
  isZero(a: Scalar): boolean;

  readonly identity: Element;
  /** Gives k B for a secret k. */
  mulBase(k: Scalar): Element;
  /** Gives k_0 B + Σ k_i P_i, in variable time, so it is for public values only. */
  combine(base: Scalar | undefined, terms: readonly (readonly [Scalar, Element])[]): Element;
  /** Gives n P for a public n < 2^16, in variable time. */
  mulSmall(P: Element, n: number): Element;
  plus(P: Element, Q: Element): Element;
  opposite(P: Element): Element;
  same(P: Element, Q: Element): boolean;
  isIdentity(P: Element): boolean;

  /**
   * Gives SerializeElement of several elements. Throws `mpc/degenerate` for the identity, which has
   * no encoding.
   */
  encode(elements: readonly Element[]): Uint8Array[];
  /**
   * DeserializeElement: gives undefined unless the bytes are canonical, and name a point on the
   * curve, in the prime-order subgroup, that is not the identity.
   */
  decode(bytes: Uint8Array): Element | undefined;
  /**
   * Decodes what this party encoded and stored itself. It is `decode` without the costly test for
   * the subgroup.
   */
  trusted(bytes: Uint8Array): Element | undefined;

  /**
   * Gives k B for secret, nonzero k, with what travels in a message. For a curve with a cofactor h
   * that is the encoding of (k / h) B. The receiver multiplies by h, which lands in the prime-order
   * subgroup whatever was sent.
   */
  publish(ks: readonly Scalar[]): { readonly elements: Element[]; readonly wires: Uint8Array[] };
  /**
   * Decodes what `publish` made. Gives undefined unless it is canonical, on the curve and not the
   * identity. The element is always in the prime-order subgroup.
   */
  receive(wire: Uint8Array): Element | undefined;
}
