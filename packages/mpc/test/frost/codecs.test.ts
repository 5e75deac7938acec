// These tests run every FROST codec on values of every shape: records, secrets, stored rounds,
// messages, and what stands in them.
import fc from "fast-check";
import { describe } from "vitest";
import * as keygen from "../../src/dkg/index.ts";
import { decodeFrostRecord, decodeFrostSecret, encodeFrostRecord, encodeFrostSecret, type FrostKeyRecord } from "../../src/frost/index.ts";
import * as sign from "../../src/frost/sign/index.ts";
import { type Element, type Suite, suites } from "../../src/frost/suite/index.ts";
import { decodeInbox, encodeOutbox, type Fields, type Layout } from "../../src/protocol/encoding/layout.ts";
import type { ShareIndex } from "../../src/protocol/index.ts";
import * as repair from "../../src/repair/index.ts";
import { bytes, record, roundTrips } from "../codec-properties.ts";

const suite: fc.Arbitrary<Suite> = fc.constantFrom(...Object.values(suites));

const frostRecord: fc.Arbitrary<FrostKeyRecord> = suite.chain(({ scheme, group, wantsOpposite }) =>
  record(scheme, group.elementBytes)
    // No key of a scheme with even y has an odd one, and none is read back.
    .filter(({ publicKey }) => !wantsOpposite(publicKey))
    .map((each) => ({ ...each, scheme })),
);

describe("FROST codecs", () => {
  roundTrips("record", frostRecord, encodeFrostRecord, decodeFrostRecord);
  roundTrips("secret", bytes(32), encodeFrostSecret, decodeFrostSecret);
});

/** Checks round trips of one message of each layout that a context and two parties can have. */
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
    ({ suite, dealers, receivers, threshold }) as unknown as keygen.DkgContext;
  const all = roles([i, j], [i, j], 2);
  messages("key generation 1 and 3", [keygen.round1Layout(all, i, j), keygen.round3Layout(all, i, j)]);
  messages(
    "key generation 2",
    [all, roles([i], [i], 3), roles([j], [i, j], 2)].map((context) => keygen.round2Layout(context, i, j)),
  );
  const repairing = { helpers: [i, j], receiver: 3 as ShareIndex, suite };
  messages("share repair", [
    ...[repair.round1Layout(repairing, i, j), repair.round1Layout(repairing, i, repairing.receiver)],
    ...[repair.round2Layout(repairing, i, repairing.receiver), repair.round2Layout(repairing, i, j)],
  ]);
  messages("signing", [sign.round1Layout(suite), sign.round2Layout]);
});

describe.each(Object.values(suites))("elements and scalars, $scheme", ({ group }) => {
  const scalar = fc.bigInt({ min: 1n, max: group.order - 1n }).map(group.public);
  roundTrips("scalar", scalar, (a) => a, group.scalar);
  // Elements are compared by their encodings, since an element has many representations.
  const encoded = scalar.map((k) => group.encode([group.mulBase(k)])[0] as Uint8Array);
  const through = (read: (written: Uint8Array) => Element | undefined) => (written: Uint8Array) => {
    const E = read(written);
    return E && group.encode([E])[0];
  };
  roundTrips("element", encoded, (written) => written, through(group.decode), 20);
  roundTrips("element that we wrote ourselves", encoded, (written) => written, through(group.trusted), 20);
});
