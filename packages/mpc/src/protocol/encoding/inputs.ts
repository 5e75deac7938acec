// What callers hand in is checked once, where it enters, and taken into memory of its own. A caller
// of plain JavaScript has no compiler, and a text or another array that is taken for bytes signs
// something else than was meant. Every check goes by shape and none by `instanceof`, so bytes of
// another realm, Buffers and parts of a pool are bytes. No message shows what is in bytes, or what
// came instead of bytes, since it may be secret.
import { CovaultError } from "@covault/errors";
import { isBytes, typedArrayName } from "../../kernel/bytes.ts";
import type { ShareIndex } from "../share-index.ts";

/**
 * Gives back what came under the name of `field`, in memory of its own, or throws `mpc/bad-setup`.
 */
export type Read<T> = (value: unknown, field: string) => T;
type Shape<T> = { readonly [Name in keyof T]-?: Read<T[Name]> };

export const badInput = (field: string, expected: string, got: string): CovaultError =>
  new CovaultError("mpc/bad-setup", `${field}: expected ${expected}, got ${got}`);

/**
 * Reads bytes of one of `lengths`, or of any length, without a copy. It is for secrets, which are
 * copied only where they are kept and erased.
 */
export const borrowed =
  (...lengths: readonly number[]): Read<Uint8Array> =>
  (value, field) => {
    if (!isBytes(value) || (lengths.length > 0 && !lengths.includes(value.length))) throw badInput(field, bytesOf(lengths), kindOf(value));
    // A Buffer's slice would be a view of memory that is not ours. The buffer of a detached array
    // takes no view at all.
    return value.length === 0 ? new Uint8Array(0) : new Uint8Array(value.buffer, value.byteOffset, value.length);
  };

/** Reads a copy of bytes of one of `lengths`, or of any length. */
export const bytes = (...lengths: readonly number[]): Read<Uint8Array> => {
  const check = borrowed(...lengths);
  return (value, field) => new Uint8Array(check(value, field));
};

export const integer =
  (least: number, most: number): Read<number> =>
  (value, field) => {
    if (!Number.isInteger(value) || (value as number) < least || (value as number) > most)
      throw badInput(field, `an integer in ${least}..${most}`, shown(value));
    return value as number;
  };

export const index = integer(1, 65_535) as Read<ShareIndex>;
export const u32 = integer(0, 0xffffffff);

export const oneOf =
  <T extends string | number | boolean>(...values: readonly T[]): Read<T> =>
  (value, field) => {
    if (!values.includes(value as T)) throw badInput(field, values.join(" or "), shown(value));
    return value as T;
  };

export const optional =
  <T>(read: Read<T>): Read<T | undefined> =>
  (value, field) =>
    value === undefined ? undefined : read(value, field);

export const list =
  <T>(read: Read<T>): Read<readonly T[]> =>
  (value, field) => {
    if (!Array.isArray(value)) throw badInput(field, "an array", kindOf(value));
    return Array.from(value as unknown[], (each, at) => read(each, `${field}[${at}]`));
  };

const sizeOf = Object.getOwnPropertyDescriptor(Map.prototype, "size")?.get as (this: unknown) => number;

/** Gives the entries of a map of any realm. */
export function entriesOf(value: unknown, field: string): (readonly [unknown, unknown])[] {
  try {
    sizeOf.call(value);
  } catch {
    throw badInput(field, "a Map by share index", kindOf(value));
  }
  const entries: (readonly [unknown, unknown])[] = [];
  Map.prototype.forEach.call(value, (each, key) => entries.push([key, each]));
  return entries;
}

export const mapOf =
  <T>(read: Read<T>): Read<ReadonlyMap<ShareIndex, T>> =>
  (value, field) =>
    new Map(
      entriesOf(value, field).map(([key, each]) => {
        const party = index(key, `${field}: share index`);
        return [party, read(each, `${field} of party ${party}`)];
      }),
    );

/**
 * Reads an object with these fields, and leaves others behind. `field` is "" for a setup, whose
 * fields go by their own name.
 */
export const fields =
  <T extends object>(shape: Shape<T>): Read<T> =>
  (value, field) => {
    const names = Object.keys(shape) as (keyof T & string)[];
    const given = anObject(value, field === "" ? "setup" : field, names);
    return Object.fromEntries(names.map((name) => [name, shape[name](given[name], field === "" ? name : `${field}.${name}`)])) as T;
  };

export function anObject(value: unknown, field: string, names: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) throw badInput(field, `an object with ${names.join(", ")}`, kindOf(value));
  return value as Readonly<Record<string, unknown>>;
}

export const aFunction: Read<never> = (value, field) => {
  if (typeof value !== "function") throw badInput(field, "a function", kindOf(value));
  return value as never;
};

/** Gives a public value as it came, for a message. */
export const shown = (value: unknown): string => {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 40));
  return ["number", "bigint", "boolean"].includes(typeof value) ? String(value) : kindOf(value);
};

function bytesOf(lengths: readonly number[]): string {
  if (lengths.length === 0) return "bytes (Uint8Array)";
  const some = lengths.filter((length) => length > 0);
  return `${some.join(" or ")} bytes${some.length < lengths.length ? " or none" : ""}`;
}

/** Says what kind of value came, and nothing of what is in it. */
function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "string") return `a string of ${value.length} characters`;
  if (isBytes(value)) return `${value.length} bytes`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  const name = typedArrayName(value);
  if (name !== undefined) return `a typed array (${name})`;
  return typeof value === "object" ? "an object that is none" : `a ${typeof value}`;
}
