// This file looks over every byte and word array that was made while a step ran, by value. A secret
// that was erased in one place and copied to another is found where the copy is. The secrets are
// what a `Once` was given to hold, and what a round said to `keep`.
import type { Erasable, Once } from "../src/protocol/index.ts";

const bytes = globalThis.Uint8Array;
const words = globalThis.Uint32Array;

const hex = (plain: Uint8Array): string => Buffer.from(plain).toString("hex");

export interface Look {
  /** The secrets, by their bytes in hex. A long one has one entry for every 16 bytes. */
  readonly secrets: Set<string>;
  /** The openings, in hex. They are no secrets any more. */
  readonly opened: string[];
  /**
   * The arrays, with the place where each was made. The stack is only read of arrays that are
   * found, since that is slow.
   */
  readonly made: [Erasable, Error][];
}

let now: Look | undefined;
export const look = (): Look => ({ secrets: new Set(), opened: [], made: [] });

/** Runs `step` while `at` takes down every array that is made and every secret that is held. */
export function watch<T>(at: Look, step: () => T): T {
  const before = now;
  now = at;
  globalThis.Uint8Array = watched(bytes);
  globalThis.Uint32Array = watched(words);
  try {
    return step();
  } finally {
    now = before;
    globalThis.Uint8Array = bytes;
    globalThis.Uint32Array = words;
  }
}

function watched<C extends Uint8ArrayConstructor | Uint32ArrayConstructor>(base: C): C {
  const made = class extends (base as Uint8ArrayConstructor) {
    // biome-ignore lint/suspicious/noExplicitAny: whatever the constructors of the platform take
    constructor(...given: any[]) {
      super(...(given as [number]));
      now?.made.push([this, new Error()]);
    }
  };
  Object.defineProperty(made, Symbol.hasInstance, { value: (each: unknown) => Function.prototype[Symbol.hasInstance].call(base, each) });
  Object.defineProperty(made, "name", { value: base.name });
  return made as unknown as C;
}

/** Gives the big-endian bytes of words, as the word strings of the specification are written. */
function bytesOf(array: Erasable, backwards = false): Uint8Array {
  if (array.BYTES_PER_ELEMENT === 1) return bytes.from(array);
  const out = new bytes(4 * array.length);
  const view = new DataView(out.buffer);
  for (const [k, word] of array.entries()) view.setUint32(4 * (backwards ? array.length - 1 - k : k), word);
  return out;
}

/** Takes down a secret in hex. The words of a scalar begin with the lowest. */
export function secret(at: Look, given: Erasable): void {
  const scalar = given.BYTES_PER_ELEMENT === 4 && given.length === 8;
  const plain = bytesOf(given, scalar);
  if (plain.length === 32) at.secrets.add(hex(plain));
  else for (let k = 0; k + 16 <= plain.length; k += plain.length > 256 ? 304 : 16) at.secrets.add(hex(plain.slice(k, k + 16)));
}

/**
 * Gives a `Once` that takes down what it holds, and what its round keeps, during a watch. It is for
 * `vi.mock`.
 */
export function recording(base: typeof Once): typeof Once {
  return class<S extends object> extends base<S> {
    constructor(state: S, secrets: readonly (Erasable | undefined)[]) {
      super(state, secrets);
      if (now === undefined) return;
      for (const each of secrets) if (each !== undefined) secret(now, each);
      // Every member sees the opening from round 2 on.
      const { rho, runs = [] } = state as { readonly rho?: Uint8Array; readonly runs?: readonly { readonly rho?: Uint8Array }[] };
      for (const opening of [rho, ...runs.map((run) => run.rho)]) if (opening !== undefined) now.opened.push(hex(opening));
    }

    override use<T>(round: Parameters<Once<S>["use"]>[0]): T {
      return super.use((state, keep) =>
        round(state, (kept) => {
          if (now !== undefined) secret(now, kept);
          return keep(kept);
        }),
      ) as T;
    }
  };
}

/**
 * Gives the places where arrays were made that still have a secret in them, but for the arrays of
 * `except`.
 */
export function leftovers({ secrets, opened, made }: Look, except: readonly Erasable[]): string[] {
  const outside = new Set(except.map(({ buffer }) => buffer));
  const here = made.filter(([array]) => !outside.has(array.buffer) && array.length >= 4 && array.some((each) => each !== 0));
  // One haystack serves all. A search for each array and secret would take minutes.
  const parts = here.flatMap(([array]) => [
    bytesOf(array),
    array.BYTES_PER_ELEMENT === 4 ? bytesOf(array, true) : new bytes(0),
    new bytes(16),
  ]);
  const haystack = Buffer.concat(parts);
  const ends = here.map((_, k) => parts.slice(3 * k, 3 * k + 3).reduce((sum, { length }) => sum + length, 0));
  for (let k = 1; k < ends.length; k++) ends[k] = (ends[k] as number) + (ends[k - 1] as number);
  const found = new Set<string>();
  for (const each of secrets) {
    if (/^(00)+$/.test(each) || opened.some((open) => open.includes(each))) continue;
    const needle = Buffer.from(each, "hex");
    for (let at = haystack.indexOf(needle); at >= 0; ) {
      const k = ends.findIndex((end) => at < end);
      found.add(short((here[k] as [Erasable, Error])[1].stack ?? ""));
      at = haystack.indexOf(needle, ends[k]);
    }
  }
  return [...found];
}

function short(place: string): string {
  const lines = place.split("\n").filter((line) => /\/src\/|@noble\//.test(line));
  return lines
    .map((line) =>
      line
        .replace(/^\s*at /, "")
        .replace(/\(?(file:\/\/)?\/.*\/(src|@noble)\//, "")
        .replace(/:\d+\)?$/, ""),
    )
    .slice(0, 3)
    .join(" <- ");
}
