// What is bytes: by shape and not by `instanceof`, so that those of another realm, Buffers and parts of a pool are, and text and other arrays never.
import { CovaultError } from "@covault/errors";

const nameOf = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)?.get as (
  this: unknown,
) => string | undefined;

/** Bytes of one of `lengths`, or of any length. */
export const isBytes = (value: unknown, ...lengths: readonly number[]): value is Uint8Array =>
  nameOf.call(value) === "Uint8Array" && (lengths.length === 0 || lengths.includes((value as Uint8Array).length));

/** Throws `trust/bad-argument`, which does not show what came. */
export function checkBytes(value: unknown, field: string, ...lengths: readonly number[]): Uint8Array {
  if (isBytes(value, ...lengths)) return value;
  const got = isBytes(value)
    ? `${value.length} bytes`
    : value === null
      ? "null"
      : (nameOf.call(value) ?? `a value of type ${typeof value}`);
  throw badArgument(field, lengths.length === 0 ? "bytes (Uint8Array)" : `${lengths.join(" or ")} bytes`, got);
}

export const badArgument = (field: string, expected: string, got: string): CovaultError =>
  new CovaultError("trust/bad-argument", `${field}: expected ${expected}, got ${got}.`);

export const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** "has 31 bytes, not 32", or undefined when they are as many. */
export function lengthFault(value: unknown, length: number): string | undefined {
  if (isBytes(value, length)) return undefined;
  return `has ${isBytes(value) ? value.length : "no"} bytes, not ${length}`;
}
