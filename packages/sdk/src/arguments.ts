// What the constructor and the methods are given is checked before anything is sent. A caller of
// plain JavaScript has no compiler, and a text that is no id would be the path of another route.
import { CovaultApiError } from "./api-error.ts";

const badArgument = (field: string, expected: string, given: unknown): CovaultApiError =>
  new CovaultApiError(
    0,
    "sdk/bad-argument",
    `${field}: expected ${expected}, got ${shown(given)}.`,
    "Fix the argument that the message names. Nothing was sent.",
  );

/** A long text is told by its length alone, because it may be a key in the wrong place. */
const shown = (given: unknown): string => {
  if (typeof given === "string") return given.length < 8 ? JSON.stringify(given) : `a text of ${given.length} characters`;
  if (Array.isArray(given)) return `an array of ${given.length}`;
  return (typeof given === "object" && given !== null) || typeof given === "function" ? `a value of type ${typeof given}` : String(given);
};

const kinds = {
  text: { expected: "a text", is: (given: unknown) => typeof given === "string" },
  integer: { expected: "an integer", is: Number.isSafeInteger },
  texts: { expected: "an array of texts", is: (given: unknown) => Array.isArray(given) && given.every((each) => typeof each === "string") },
  object: { expected: "an object", is: (given: unknown) => typeof given === "object" && given !== null && !Array.isArray(given) },
  function: { expected: "a function", is: (given: unknown) => typeof given === "function" },
  signal: { expected: "an AbortSignal", is: (given: unknown) => typeof (given as { aborted?: unknown } | null)?.aborted === "boolean" },
} as const;
/** The kinds of fields, by name. A kind that ends with a question mark allows `undefined`. */
type Fields = Readonly<Record<string, keyof typeof kinds | `${keyof typeof kinds}?`>>;

/** Gives `given` itself, an object with these fields. Throws `sdk/bad-argument`. */
export function checkFields<T>(given: T, name: string, fields: Fields): T {
  if (typeof given !== "object" || given === null || Array.isArray(given)) throw badArgument(name, "an object", given);
  for (const [field, kind] of Object.entries(fields)) {
    const value = (given as Readonly<Record<string, unknown>>)[field];
    const { expected, is } = kinds[kind.replace("?", "") as keyof typeof kinds];
    if (!(value === undefined && kind.endsWith("?")) && !is(value)) throw badArgument(`${name}.${field}`, expected, value);
  }
  return given;
}

/**
 * Gives an id as it stands in a path. "." and ".." would be another path, also when they are
 * encoded. Throws `sdk/bad-argument`.
 */
export function pathOf(id: string, field: string): string {
  if (typeof id !== "string" || id === "" || id === "." || id === "..") throw badArgument(field, "an id", id);
  try {
    return encodeURIComponent(id);
  } catch {
    throw badArgument(field, "an id, which is whole Unicode", id);
  }
}

/**
 * Gives the JSON of a body. Throws `sdk/bad-argument` for what no JSON can hold: a bigint, or a
 * circle.
 */
export function jsonOf(body: unknown): string {
  try {
    return JSON.stringify(body);
  } catch (cause) {
    throw badArgument("request", `what JSON can hold (${cause instanceof Error ? cause.message.split("\n")[0] : "it cannot"})`, body);
  }
}
