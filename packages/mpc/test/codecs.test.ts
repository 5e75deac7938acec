// These tests run every codec of DKLs23, and what both protocols share, on values of every shape.
import fc from "fast-check";
import { describe } from "vitest";
import { type DkgState, type DkgSuite, decodeState, encodeState, type Stored } from "../src/dkg/index.ts";
import { decodePairs, decodeRecord, decodeSecret, encodePairs, encodeRecord, encodeSecret, type Pairs } from "../src/dkls23/index.ts";
import type { PairCross, PairStart } from "../src/dkls23/pairing.ts";
import { encodePresignature, type Presignature, takePresignature } from "../src/dkls23/presign/presignature.ts";
import * as renew from "../src/dkls23/renew/index.ts";
import * as point from "../src/kernel/point.ts";
import * as scalar from "../src/kernel/scalar.ts";
import { decodeInbox, encodeOutbox } from "../src/protocol/encoding/layout.ts";
import { Once, type ShareIndex } from "../src/protocol/index.ts";
import { byIndex, bytes, dkgContext, indices, record, roundTrips } from "./codec-properties.ts";
import { families } from "./suites.ts";

/** Gives bytes as `bytes` does, of a length that is long to draw. */
const long = (length: number): fc.Arbitrary<Uint8Array> =>
  bytes(64).map((filling) => Uint8Array.from({ length }, (_, i) => filling[i % 64] as number));
/** Gives two partners at most, since a pair is long. */
const byPartner = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<ReadonlyMap<ShareIndex, T>> =>
  byIndex(value).map((all) => new Map([...all].slice(0, 2)));
const send = fc.record({ delta: bytes(16), seeds: long(2048) });
const recv = fc.record({ pairs: long(4096) });
const pair = fc.record({ send, recv, zeroSeed: bytes(32) });
const index = fc.integer({ min: 1, max: 65_535 }) as unknown as fc.Arbitrary<ShareIndex>;
const storedPair = fc
  .tuple(pair, fc.integer({ min: 0, max: 0xffffffff }), bytes(32))
  .map(([made, generation, id]) => ({ ...made, generation, id }));
const pairs: fc.Arbitrary<Pairs> = fc.record({ keyId: bytes(32), epoch: bytes(32), self: index, partners: byPartner(storedPair) });

const [b32, field] = [bytes(32), fc.uint8Array({ maxLength: 200 })];
const list = long(16_384);
const start: fc.Arbitrary<PairStart> = fc.oneof(
  fc.record({ role: fc.constant("S" as const), a: b32, A: bytes(64) }),
  fc.record({ role: fc.constant("R" as const), choices: bytes(16), t: long(4096), list }),
);
const reversal = fc.record({ U: long(4096), x: bytes(16), t: long(2048) });
const cross: fc.Arbitrary<PairCross> = fc.oneof(
  fc.record({ role: fc.constant("S" as const), A: bytes(64), list, reversal, send, recv }),
  fc.record({ role: fc.constant("R" as const), A: bytes(64), list, reversal: fc.constant(undefined), send }),
);
/** Gives the states of a run of this suite after each round. */
function states(suite: DkgSuite, { formats }: Stored): readonly fc.Arbitrary<DkgState>[] {
  const ofPairs = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<ReadonlyMap<ShareIndex, T>> =>
    suite.pairing === undefined ? fc.constant(new Map()) : byPartner(value);
  const context = dkgContext(suite);
  const round1 = fc.record({
    ...{ round: fc.constant("dkg/1" as const), context, coefficients: fc.array(b32, { maxLength: 4 }) },
    ...{ f: field, cc: b32, rho: b32, com: b32, pairs: ofPairs(start) },
  });
  const round2 = fc.record({
    ...{ round: fc.constant("dkg/2" as const), context, h1: b32, coms: byIndex(b32) },
    ...{ f: field, cc: b32, rho: b32, pok: field, ownShare: field, zs: ofPairs(b32), pairs: ofPairs(cross) },
  });
  const confirmed = ofPairs(fc.record({ pair, expected: b32 }));
  const round3 = fc
    .tuple(context, record(suite.scheme, suite.group.elementBytes), fc.option(b32, { nil: undefined }), confirmed)
    .map(([context, { version: _v, self: _s, ...generation }, secret, pairs]) => {
      const publicShare = generation.publicKey;
      const { threshold, exposed } = context;
      const roles = { threshold, holders: context.receivers.map((index) => ({ index, publicShare })) };
      const record = { ...generation, ...suite.named, exposed, ...(formats.roundRepeatsRoles ? {} : roles) };
      return { round: "dkg/3" as const, context, record, secret, pairs };
    });
  return [round1, round2, round3];
}
const renewalContext: renew.RenewalContext = (() => {
  const [self, partner] = [1, 2] as [ShareIndex, ShareIndex];
  const [sid, publicKey] = [new Uint8Array(32).fill(7), new Uint8Array(33)];
  const about = { version: 1, keyId: sid, epoch: sid, h2: sid, self, threshold: 2, holders: [], publicKey, chain: sid } as const;
  return { sid, self, partner, record: { ...about, exposed: undefined }, generation: 1 };
})();
const context = fc.constant(renewalContext);
const renewalStates: readonly fc.Arbitrary<renew.RenewalState>[] = [
  fc.record({ round: fc.constant("renewal/1" as const), context, rho: b32, com: b32, start }),
  fc.record({ round: fc.constant("renewal/2" as const), context, h1: b32, com: b32, rho: b32, zs: b32, cross }),
  fc.record({ round: fc.constant("renewal/3" as const), context, h2: b32, pair, expected: b32 }),
];
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
  .map((each) => {
    const pairIds = Array.from({ length: (each.signers.length * (each.signers.length - 1)) / 2 }, (_, k) => new Uint8Array(32).fill(k));
    return { ...each, self: each.signers[0] as ShareIndex, pairIds };
  });

describe("codecs", () => {
  roundTrips("record", record("ecdsa-secp256k1", 33), encodeRecord, decodeRecord);
  roundTrips("secret", bytes(32), encodeSecret, decodeSecret);
  roundTrips<Pairs>("pairs", pairs, encodePairs, decodePairs, 5);
  for (const family of families)
    for (const suite of family.suites)
      for (const [k, state] of states(suite, family).entries())
        roundTrips(
          `stored round ${k + 1} of ${suite.scheme}`,
          state,
          (each) => encodeState(family, new Once(each, [])).bytes,
          (written) => decodeState(family, written),
          suite.pairing === undefined ? 20 : 5,
        );
  for (const [k, state] of renewalStates.entries())
    roundTrips(
      `stored round ${k + 1} of a renewal`,
      state,
      (each) => renew.encodeState(new Once(each, [])).bytes,
      (written) => renew.decodeState(renewalContext, written),
      5,
    );
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
