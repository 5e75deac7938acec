// These properties hold for every codec, on values of every shape. What is written is read back the
// same. Bytes that are nearly right, and bytes that are not, are refused with a code, or are the
// only bytes of what they are read as.
import { CovaultError } from "@covault/errors";
import fc from "fast-check";
import { expect, it } from "vitest";
import type { DkgContext, DkgSuite } from "../src/dkg/index.ts";
import { epochOf, type KeyRecord, keyIdOf, type SchemeName } from "../src/dkls23/index.ts";
import { dkgKinds } from "../src/protocol/encoding/names.ts";
import type { ShareIndex } from "../src/protocol/index.ts";

export const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
export const indices = (minLength: number): fc.Arbitrary<ShareIndex[]> =>
  fc
    .uniqueArray(fc.integer({ min: 1, max: 65_535 }), { minLength, maxLength: 9 })
    .map((values) => values.sort((a, b) => a - b) as ShareIndex[]);

export const byIndex = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<ReadonlyMap<ShareIndex, T>> =>
  indices(0).chain((all) => fc.tuple(...all.map(() => value)).map((values) => new Map(all.map((j, k) => [j, values[k] as T]))));
export const exposed = fc.constantFrom("imported" as const, "exported" as const, undefined);

export const dkgContext = (suite: DkgSuite): fc.Arbitrary<DkgContext> => {
  const { elementBytes } = suite.group;
  return fc.record({
    suite: fc.constant(suite),
    kind: fc.constantFrom(...dkgKinds),
    sid: bytes(32),
    self: fc.integer({ min: 1, max: 65_535 }) as unknown as fc.Arbitrary<ShareIndex>,
    threshold: fc.nat(65_535),
    members: indices(0),
    dealers: indices(0),
    receivers: indices(0),
    prescribed: fc.option(fc.record({ publicKey: bytes(elementBytes), chain: bytes(32), constants: byIndex(bytes(elementBytes)) }), {
      nil: undefined,
    }),
    exposed,
  });
};

/** Gives a record of n holders, whose names follow from its key. */
export const record = (scheme: SchemeName, elementBytes: number): fc.Arbitrary<KeyRecord> =>
  fc
    .record({
      holders: indices(2),
      at: fc.nat(),
      t: fc.nat(),
      publicKey: bytes(elementBytes),
      chain: bytes(32),
      h2: bytes(32),
      seed: fc.nat(255),
      exposed,
    })
    .map(({ holders, at, t, publicKey, chain, h2, seed, exposed }) => {
      const keyId = keyIdOf(scheme, publicKey, chain);
      const self = holders[at % holders.length] as ShareIndex;
      const shares = holders.map((index) => ({ index, publicShare: new Uint8Array(elementBytes).fill(seed ^ (index & 255)) }));
      const threshold = 2 + (t % (holders.length - 1));
      return { version: 1, keyId, epoch: epochOf(keyId, h2), h2, self, threshold, holders: shares, publicKey, chain, exposed };
    });

type Edit = (written: Uint8Array) => Uint8Array;
const splice = (written: Uint8Array, at: number, removed: number, added: Uint8Array): Uint8Array =>
  Uint8Array.of(...written.subarray(0, at), ...added, ...written.subarray(at + removed));
/** Gives one change of an encoding, most often near its head, where lengths and counts are. */
const edit: fc.Arbitrary<Edit> = fc
  .tuple(
    fc.constantFrom("bit", "byte", "cut", "extend", "insert", "remove"),
    fc.oneof(fc.nat(99), fc.nat()),
    fc.nat(255),
    fc.uint8Array({ minLength: 1, maxLength: 34 }),
  )
  .map(([kind, place, value, some]) => (written) => {
    const at = place % Math.max(1, written.length);
    const old = written[at] ?? 0;
    switch (kind) {
      case "bit":
        return splice(written, at, 1, Uint8Array.of(old ^ (1 << (value & 7))));
      case "byte":
        return splice(written, at, 1, Uint8Array.of(value));
      case "cut":
        return written.slice(0, at);
      case "extend":
        return splice(written, written.length, 0, some);
      case "insert":
        return splice(written, at, 0, some);
      default:
        return splice(written, at, some.length, new Uint8Array(0));
    }
  });

/** Checks a codec. Its `decode` refuses by a `CovaultError`, or by undefined. */
export function roundTrips<T>(
  name: string,
  values: fc.Arbitrary<T>,
  encode: (value: T) => Uint8Array,
  decode: (bytes: Uint8Array) => T | undefined,
  numRuns = 40,
): void {
  const refusesOrIsTheOnly = (given: Uint8Array): void => {
    let read: T | undefined;
    try {
      read = decode(given.slice());
    } catch (error) {
      expect(error).toBeInstanceOf(CovaultError);
      return;
    }
    if (read !== undefined) expect(encode(read)).toEqual(given);
  };

  it(`${name}: what is written is read back`, () => {
    fc.assert(
      fc.property(values, (value) => {
        const written = encode(value);
        const again = decode(written.slice());
        expect(again).toEqual(value);
        expect(encode(again as T)).toEqual(written);
      }),
      { numRuns },
    );
  });
  it(`${name}: a changed or truncated encoding is refused, or is the only one of what it is read as`, () => {
    fc.assert(
      fc.property(values, fc.array(edit, { minLength: 1, maxLength: 3 }), (value, edits) =>
        refusesOrIsTheOnly(edits.reduce((written, change) => change(written), encode(value))),
      ),
      { numRuns: 5 * numRuns },
    );
  });
  it(`${name}: so are any other bytes`, () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), refusesOrIsTheOnly), { numRuns: 150 });
  });
}
