// What certificates say of their places in a chain, before anything of them is verified.
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { AckSchema, type Certificate, CertificateSchema, IntentSchema } from "@covault/wire";
import { describe, expect, it } from "vitest";
import { certified, chainAfter, chainTo, isNewcomer, isOfEpoch } from "./chain.ts";

const epoch = (number: number): Uint8Array => new Uint8Array(32).fill(number);
const keygen: MessageInitShape<typeof IntentSchema> = { sessionId: "ses_0", action: { case: "keygen", value: { threshold: 2 } } };
const refreshOf = (oldEpoch: Uint8Array, members: string[] = [], oldMembers: string[] = []): MessageInitShape<typeof IntentSchema> => {
  const named = (ids: string[]) => ids.map((partyId) => ({ partyId }));
  return { sessionId: "ses_1", action: { case: "refresh", value: { oldEpoch, members: named(members), oldMembers: named(oldMembers) } } };
};
const certificate = (intent: MessageInitShape<typeof IntentSchema>, made: number): Certificate =>
  create(CertificateSchema, {
    intent: { body: toBinary(IntentSchema, create(IntentSchema, intent)) },
    acks: [{ body: toBinary(AckSchema, create(AckSchema, { epoch: epoch(made) })) }],
  });
const bytes = (of: Certificate): Uint8Array => toBinary(CertificateSchema, of);
const [founding, first, second, third] = [
  certificate(keygen, 10),
  certificate(refreshOf(epoch(10)), 11),
  certificate(refreshOf(epoch(11)), 12),
  certificate(refreshOf(epoch(12)), 13),
].map(bytes) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];

describe("certified", () => {
  const unknown = Uint8Array.of(0xf8, 0x07, 1);
  it("gives the intent of a certificate, from the message and from its bytes", () => {
    expect(certified(founding)?.sessionId).toBe("ses_0");
    expect(certified(certificate(keygen, 10))?.sessionId).toBe("ses_0");
  });
  it.each<[string, Certificate | Uint8Array]>([
    ["bytes that are no certificate", new Uint8Array(9).fill(255)],
    ["a certificate with a field that is not known here", Uint8Array.of(...founding, ...unknown)],
    ["a certificate without an intent", create(CertificateSchema)],
    [
      "an intent with a field that is not known here",
      create(CertificateSchema, { intent: { body: Uint8Array.of(...toBinary(IntentSchema, create(IntentSchema, keygen)), ...unknown) } }),
    ],
  ])("gives none for %s", (_name, wrong) => expect(certified(wrong)).toBeUndefined());
});

describe("chainTo", () => {
  it("is what is shown when that begins with the founding certificate, and otherwise goes on from one that is held", () => {
    expect(chainTo([], [founding, first])).toEqual([founding, first]);
    expect(chainTo([founding, first], [second])).toEqual([founding, first, second]);
    expect(chainTo([founding, first, second], [second, third])).toEqual([founding, first, second, third]);
  });
  it("is none where certificates between them are missing", () => {
    expect(chainTo([founding, first], [third])).toBeUndefined();
    expect(chainTo([], [first])).toBeUndefined();
  });
});

it("chainAfter is what follows an epoch, and all where there is no such one", () => {
  const chain = [founding, first, second, bytes(create(CertificateSchema))];
  expect(chainAfter(chain.slice(0, 3), epoch(11))).toEqual([second]);
  expect(chainAfter(chain.slice(0, 3), epoch(12))).toEqual([]);
  expect(chainAfter(chain, epoch(9))).toEqual(chain);
});

it("isOfEpoch tells the certificate of an epoch from another's, and from one without acknowledgements", () => {
  expect(isOfEpoch(first, epoch(11))).toBe(true);
  expect(isOfEpoch(first, epoch(12))).toBe(false);
  expect(isOfEpoch(bytes(create(CertificateSchema)), epoch(11))).toBe(false);
});

it.each<[string, MessageInitShape<typeof IntentSchema>, boolean]>([
  ["a member that was none", refreshOf(epoch(10), ["a", "b"], ["a"]), true],
  ["a member that stays", refreshOf(epoch(10), ["a", "b"], ["b"]), false],
  ["one that is left out", refreshOf(epoch(10), ["a"], ["b"]), false],
  ["a stranger", refreshOf(epoch(10), ["a"], ["a"]), false],
  ["a founder", keygen, false],
])("isNewcomer, of %s: %s", (_name, intent, answer) => {
  expect(isNewcomer(create(IntentSchema, intent), "b")).toBe(answer);
});
