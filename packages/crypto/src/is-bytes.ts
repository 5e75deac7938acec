// What bytes are, as every function here asks before it takes some.

const nameOf = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)?.get as (
  this: unknown,
) => string | undefined;

/**
 * The name of a typed array, and undefined for anything else. It goes by what the value is, and not
 * by what it says that it is.
 */
export const typedArrayName = (value: unknown): string | undefined => nameOf.call(value);

/**
 * Says whether a value is bytes, of one of `lengths` or of any length. It goes by shape and not by
 * `instanceof`. Bytes of another realm, Buffers and parts of a pool are bytes. Text and other
 * arrays are not.
 */
export const isBytes = (value: unknown, ...lengths: readonly number[]): value is Uint8Array =>
  typedArrayName(value) === "Uint8Array" && (lengths.length === 0 || lengths.includes((value as Uint8Array).length));
