// Every codec of DKLs23 and what both protocols share, on values of every shape.
import fc from "fast-check";
import { describe } from "vitest";
import { decodePairs, decodeRecord, decodeSecret, encodePairs, encodeRecord, encodeSecret, type Pairs } from "../src/dkls23/index.ts";
import { encodePresignature, type Presignature, takePresignature } from "../src/dkls23/presign/presignature.ts";
import * as point from "../src/kernel/point.ts";
import * as scalar from "../src/kernel/scalar.ts";
import { decodeInbox, encodeOutbox } from "../src/protocol/encoding/layout.ts";
import type { ShareIndex } from "../src/protocol/index.ts";
import { bytes, indices, record, roundTrips } from "./codec-properties.ts";

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

describe("codecs", () => {
  roundTrips("record", record(33), encodeRecord, decodeRecord);
  roundTrips("secret", bytes(32), encodeSecret, decodeSecret);
  roundTrips("pairs", pairs, encodePairs, decodePairs, 5);
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
