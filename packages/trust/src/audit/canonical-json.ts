// This file writes canonical JSON (RFC 8785) of values that need none of its harder parts: text,
// safe integers, lists and objects. A value has exactly one encoding, so a hash of it has one
// meaning.

export type CanonicalValue = string | number | readonly CanonicalValue[] | { readonly [name: string]: CanonicalValue | undefined };

/**
 * Gives the canonical JSON of a value. Members that are undefined are left out. Throws a TypeError
 * for half of a surrogate pair, and for a number that is not a safe integer.
 */
export function canonicalJson(value: CanonicalValue): string {
  if (typeof value === "string") return text(value);
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw new TypeError(`${value} is not a safe integer`);
    return String(value);
  }
  if (isList(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const members = Object.entries(value).filter((member): member is [string, CanonicalValue] => member[1] !== undefined);
  // RFC 8785 3.2.3 sorts by UTF-16 code units, and JavaScript compares text in the same way.
  members.sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([name, member]) => `${text(name)}:${canonicalJson(member)}`).join(",")}}`;
}

const isList = (value: CanonicalValue): value is readonly CanonicalValue[] => Array.isArray(value);

/**
 * Writes a text. RFC 8785 3.2.2.2 escapes as JSON.stringify does, but it does not allow half of a
 * surrogate pair.
 */
function text(value: string): string {
  if (/\p{Cs}/u.test(value)) throw new TypeError("the text has half of a surrogate pair");
  return JSON.stringify(value);
}
