// What the functions of both platforms refuse, in the same words. No message shows a value, because
// it may be a secret.
import { CovaultError } from "@covault/errors";
import { isBytes, typedArrayName } from "./is-bytes.ts";

/**
 * Throws `crypto/bad-argument` unless the value is bytes of this length, or of any length when none
 * is given.
 */
export function checkBytes(value: unknown, field: string, length?: number): void {
  if (length === undefined ? isBytes(value) : isBytes(value, length)) return;
  const expected = length === undefined ? "bytes (Uint8Array)" : `${length} bytes`;
  const got = isBytes(value) ? `${value.length} bytes` : (typedArrayName(value) ?? `a value of type ${typeof value}`);
  throw badArgument(`${field}: expected ${expected}, got ${got}.`);
}

/** Throws `crypto/bad-argument` unless the value is text. */
export function checkText(value: unknown): void {
  if (typeof value !== "string") throw badArgument(`text: expected text, got a value of type ${typeof value}.`);
}

export const badText = (text: string, form: "hexadecimal" | "base64"): CovaultError =>
  badArgument(`Text of ${text.length} characters is not ${form}.`);

const badArgument = (message: string): CovaultError => new CovaultError("crypto/bad-argument", message);
