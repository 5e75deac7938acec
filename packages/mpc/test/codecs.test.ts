// Every codec of packages/mpc, on values of every shape: what is written is read back the same, and reading throws nothing but a CovaultError.
import { CovaultError } from "@covault/errors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodePairs,
  decodeRecord,
  decodeSecret,
  encodePairs,
  encodeRecord,
  encodeSecret,
  epochOf,
  type KeyRecord,
  keyIdOf,
  type Pairs,
} from "../src/dkls23/index.ts";
import { encodePresignature, type Presignature, takePresignature } from "../src/dkls23/presign/presignature.ts";
import {
  decodeFrostRecord,
  decodeFrostSecret,
  encodeFrostRecord,
  encodeFrostSecret,
  type FrostKeyRecord,
  suites,
} from "../src/frost/index.ts";
import * as point from "../src/kernel/point.ts";
import * as scalar from "../src/kernel/scalar.ts";
import { decodeInbox, encodeOutbox } from "../src/protocol/encoding/layout.ts";
import type { ShareIndex } from "../src/protocol/index.ts";

const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
const indices = (minLength: number): fc.Arbitrary<ShareIndex[]> =>
  fc
    .uniqueArray(fc.integer({ min: 1, max: 65_535 }), { minLength, maxLength: 9 })
    .map((values) => values.sort((a, b) => a - b) as ShareIndex[]);

/** A record of n holders, whose names follow from its key. */
const record = (elementBytes: number): fc.Arbitrary<KeyRecord> =>
  fc
    .record({
      holders: indices(2),
      at: fc.nat(),
      t: fc.nat(),
      publicKey: bytes(elementBytes),
      chain: bytes(32),
      h2: bytes(32),
      seed: fc.nat(255),
    })
    .map(({ holders, at, t, publicKey, chain, h2, seed }) => {
      const keyId = keyIdOf(publicKey, chain);
      const self = holders[at % holders.length] as ShareIndex;
      const shares = holders.map((index) => ({ index, publicShare: new Uint8Array(elementBytes).fill(seed ^ (index & 255)) }));
      const threshold = 2 + (t % (holders.length - 1));
      return { version: 1, keyId, epoch: epochOf(keyId, h2), h2, self, threshold, holders: shares, publicKey, chain };
    });
const exposures = ["imported", "exported", undefined] as const;
const frostRecord: fc.Arbitrary<FrostKeyRecord> = fc.constantFrom(...Object.values(suites)).chain(({ scheme, group, wantsOpposite }) =>
  fc
    .tuple(record(group.elementBytes), fc.constantFrom(...exposures))
    // No key of a scheme with even y has an odd one, and none is read back.
    .filter(([each]) => !wantsOpposite(each.publicKey))
    .map(([each, exposed]) => ({ ...each, scheme, exposed })),
);
const pairs: fc.Arbitrary<Pairs> = fc.tuple(indices(0), bytes(16), bytes(64)).map(([all, delta, filling]) => {
  const partners = all.slice(0, 2);
  const long = (length: number, k: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (filling[i % 64] as number) ^ k);
  const pair = (k: number) => ({ send: { delta, seeds: long(2048, k) }, recv: { pairs: long(4096, k) }, zeroSeed: long(32, k) });
  return new Map(partners.map((partner, k) => [partner, pair(k)]));
});
const number = bytes(32).map((each) => scalar.fromBytesMod(each));
const somePoint = fc
  .integer({ min: 1, max: 65_535 })
  .map((n) => point.decode64(point.encode64(point.mulSmall(point.base, n))) as point.Point);
const presignature: fc.Arbitrary<Presignature> = fc
  .record({
    id: bytes(32),
    epoch: bytes(32),
    signers: indices(2),
    tweak: number,
    phi: number,
    u: number,
    v: number,
    publicKey: somePoint,
    R: somePoint,
  })
  .map((each) => ({ ...each, self: each.signers[0] as ShareIndex }));

/** What is read is what was written; the bytes are the only ones for it. */
function roundTrips<T>(
  name: string,
  values: fc.Arbitrary<T>,
  encode: (value: T) => Uint8Array,
  decode: (bytes: Uint8Array) => T,
  numRuns = 40,
): void {
  it(`${name}: what is written is read back`, () => {
    fc.assert(
      fc.property(values, (value) => {
        const written = encode(value);
        expect(encode(decode(written.slice()))).toEqual(written);
        expect(decode(written.slice())).toEqual(value);
      }),
      { numRuns },
    );
  });
  it(`${name}: any other bytes are a CovaultError`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (some) => {
        try {
          const read = decode(some.slice());
          expect(encode(read)).toEqual(some);
        } catch (error) {
          expect(error).toBeInstanceOf(CovaultError);
        }
      }),
      { numRuns: 150 },
    );
  });
}

describe("codecs", () => {
  roundTrips("record", record(33), encodeRecord, decodeRecord);
  roundTrips("secret", bytes(32), encodeSecret, decodeSecret);
  roundTrips("pairs", pairs, encodePairs, decodePairs, 5);
  roundTrips("FROST record", frostRecord, encodeFrostRecord, decodeFrostRecord);
  roundTrips("FROST secret", bytes(32), encodeFrostSecret, decodeFrostSecret);
  roundTrips("presignature", presignature, encodePresignature, (written) => takePresignature(written).take());

  const layout = { a: 32, none: 0, b: 7 };
  const from = 2 as ShareIndex;
  roundTrips(
    "message",
    fc.record({ a: bytes(32), none: bytes(0), b: bytes(7) }),
    (fields) => encodeOutbox(() => layout, new Map([[from, fields]])).get(from) as Uint8Array,
    (body) =>
      decodeInbox([from], () => layout, new Map([[from, body]]), "property").get(from) as {
        a: Uint8Array;
        none: Uint8Array;
        b: Uint8Array;
      },
  );
});
