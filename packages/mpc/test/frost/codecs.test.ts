// Every FROST codec, on values of every shape: records, secrets, stored rounds, messages, and what stands in them.
import fc from "fast-check";
import { describe } from "vitest";
import { decodeFrostRecord, decodeFrostSecret, encodeFrostRecord, encodeFrostSecret, type FrostKeyRecord } from "../../src/frost/index.ts";
import * as keygen from "../../src/frost/keygen/index.ts";
import * as sign from "../../src/frost/sign/index.ts";
import { type Element, type Suite, suites } from "../../src/frost/suite/index.ts";
import { decodeInbox, encodeOutbox, type Fields, type Layout } from "../../src/protocol/encoding/layout.ts";
import { Once, type ShareIndex } from "../../src/protocol/index.ts";
import { byIndex, bytes, dkgContext, record, roundTrips } from "../codec-properties.ts";

const suite: fc.Arbitrary<Suite> = fc.constantFrom(...Object.values(suites));
const field = fc.uint8Array({ maxLength: 200 });

const frostRecord: fc.Arbitrary<FrostKeyRecord> = suite.chain(({ scheme, group, wantsOpposite }) =>
  record(scheme, group.elementBytes)
    // No key of a scheme with even y has an odd one, and none is read back.
    .filter(({ publicKey }) => !wantsOpposite(publicKey))
    .map((each) => ({ ...each, scheme })),
);

const context: fc.Arbitrary<keygen.FrostDkgContext> = suite.chain((suite) =>
  dkgContext(suite.group.elementBytes).map((each) => ({ ...each, suite })),
);
type State = keygen.Round1State | keygen.Round2State | keygen.Round3State;
const b32 = bytes(32);
const round1: fc.Arbitrary<State> = fc.record({
  ...{ round: fc.constant("dkg/1" as const), context, coefficients: fc.array(b32, { maxLength: 4 }) },
  ...{ f: field, cc: b32, rho: b32, com: b32 },
});
const round2: fc.Arbitrary<State> = fc.record({
  ...{ round: fc.constant("dkg/2" as const), context, h1: b32, coms: byIndex(b32) },
  ...{ f: field, cc: b32, rho: b32, pok: field, ownShare: field },
});
const round3: fc.Arbitrary<State> = context.chain((context) => {
  const { elementBytes } = context.suite.group;
  return fc
    .tuple(b32, b32, b32, bytes(elementBytes), b32, bytes(elementBytes), fc.option(b32, { nil: undefined }))
    .map(([keyId, epoch, h2, publicKey, chain, share, secret]) => {
      const { threshold, exposed, receivers, suite } = context;
      const holders = receivers.map((index) => ({ index, publicShare: share.map((byte) => byte ^ (index & 255)) }));
      const record = { scheme: suite.scheme, exposed, keyId, epoch, h2, threshold, holders, publicKey, chain };
      return { round: "dkg/3" as const, context, record, secret };
    });
});
const encodeState = (state: State): Uint8Array => keygen.encodeState(new Once(state, [])).bytes;
const decodeState = (written: Uint8Array): State => keygen.decodeState(written).state;

describe("FROST codecs", () => {
  roundTrips("record", frostRecord, encodeFrostRecord, decodeFrostRecord);
  roundTrips("secret", b32, encodeFrostSecret, decodeFrostSecret);
  roundTrips("stored round 1", round1, encodeState, decodeState);
  roundTrips("stored round 2", round2, encodeState, decodeState);
  roundTrips("stored round 3", round3, encodeState, decodeState);
});

/** Round trips of one message of each layout that a context and two parties can have. */
function messages(name: string, layouts: readonly Layout<string>[]): void {
  const from = 2 as ShareIndex;
  for (const [k, layout] of layouts.entries())
    roundTrips<Fields<string>>(
      `${name}, layout ${k + 1}`,
      fc.record(Object.fromEntries(Object.entries(layout).map(([field, length]) => [field, bytes(length)]))),
      (fields) => encodeOutbox(() => layout, new Map([[from, fields]])).get(from) as Uint8Array,
      (body) => decodeInbox([from], () => layout, new Map([[from, body]]), "property").get(from),
      15,
    );
}
describe.each(Object.values(suites))("messages, $scheme", (suite) => {
  const [i, j] = [1, 2] as [ShareIndex, ShareIndex];
  const roles = (dealers: ShareIndex[], receivers: ShareIndex[], threshold: number) =>
    keygen.round2Layout({ suite, dealers, receivers, threshold } as unknown as keygen.FrostDkgContext, i, j);
  messages("key generation 1 and 3", [keygen.round1Layout(), keygen.round3Layout()]);
  messages("key generation 2", [roles([i, j], [i, j], 2), roles([i], [i], 3), roles([j], [i, j], 2)]);
  messages("signing", [sign.round1Layout(suite), sign.round2Layout]);
});

describe.each(Object.values(suites))("elements and scalars, $scheme", ({ group }) => {
  const scalar = fc.bigInt({ min: 1n, max: group.order - 1n }).map(group.public);
  roundTrips("scalar", scalar, (a) => a, group.scalar);
  // By their encodings: an element has many representations.
  const encoded = scalar.map((k) => group.encode([group.mulBase(k)])[0] as Uint8Array);
  const through = (read: (written: Uint8Array) => Element | undefined) => (written: Uint8Array) => {
    const E = read(written);
    return E && group.encode([E])[0];
  };
  roundTrips("element", encoded, (written) => written, through(group.decode), 20);
  roundTrips("element that we wrote ourselves", encoded, (written) => written, through(group.trusted), 20);
});
