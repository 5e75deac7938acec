// How this package refuses arguments that are no bytes.
import { isBytes, typedArrayName } from "@covault/crypto";
import { CovaultError } from "@covault/errors";

/** Throws `trust/bad-argument`, which does not show what came. */
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

/** "has 31 bytes, not 32", or undefined when they are as many. */
export function lengthFault(value: unknown, length: number): string | undefined {
  if (isBytes(value, length)) return undefined;
  return `has ${isBytes(value) ? value.length : "no"} bytes, not ${length}`;
}
