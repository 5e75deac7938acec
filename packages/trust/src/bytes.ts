// This file holds how the package refuses arguments that are no bytes, and how it orders bytes.
import { isBytes, typedArrayName } from "@covault/crypto";
import { CovaultError } from "@covault/errors";

/**
 * Gives the value as bytes of one of these lengths. Throws `trust/bad-argument`, whose text does
 * not show the value.
 */
export function checkBytes(value: unknown, field: string, ...lengths: readonly number[]): Uint8Array {
  if (isBytes(value, ...lengths)) return value;
  const got = isBytes(value)
    ? `${value.length} bytes`
    : value === null
      ? "null"
      : (typedArrayName(value) ?? `a value of type ${typeof value}`);
  throw badArgument(field, lengths.length === 0 ? "bytes (Uint8Array)" : `${lengths.join(" or ")} bytes`, got);
}

export const badArgument = (field: string, expected: string, got: string): CovaultError =>
  new CovaultError("trust/bad-argument", `${field}: expected ${expected}, got ${got}.`);

/**
 * Gives what is wrong with the length, such as "has 31 bytes, not 32". Gives undefined when the
 * length is right.
 */
export function lengthFault(value: unknown, length: number): string | undefined {
  if (isBytes(value, length)) return undefined;
  return `has ${isBytes(value) ? value.length : "no"} bytes, not ${length}`;
}

/**
 * Compares bytes in the order of a dictionary. The result is above 0 when `a` is the higher one.
 */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const at = a.findIndex((byte, index) => byte !== b[index]);
  return at < 0 || at >= b.length ? a.length - b.length : (a[at] as number) - (b[at] as number);
}
