// What a party says that it holds of a key: each field is checked, and each lie below is a field
// that another party could have sent.
import { create } from "@bufbuild/protobuf";
import { type Holding, HoldingSchema, signatureTags } from "@covault/wire";
import { describe, expect, it } from "vitest";
import { refusal } from "../test/refused.ts";
import { bytesOf, encode, parties, publicKeyOf, statement, type TestKey } from "../test/statements.ts";
import { agreedPublicShares, verifyHolding } from "./index.ts";

const [one, two] = parties.map(({ partyId, key }) => ({ partyId, key })) as [
  { partyId: string; key: TestKey },
  { partyId: string; key: TestKey },
];
const init = {
  keyId: bytesOf(32, 1),
  nonce: bytesOf(32, 2),
  partyId: one.partyId,
  epoch: bytesOf(32, 3) as Uint8Array,
  epochNumber: 4,
  highestEpochNumber: 6,
  share: "held",
  shareIndex: 1,
  publicShares: [6, 7, 8].map((number, at) => ({ shareIndex: at + 1, point: publicKeyOf(number) })),
  pairs: [2, 3].map((shareIndex) => ({ shareIndex, state: "usable", strikes: 0, pairId: new Uint8Array(32).fill(shareIndex) })),
};
type Init = typeof init;
const holding = (change: (init: Init) => unknown = () => undefined): Uint8Array => {
  const changed = structuredClone(init);
  change(changed);
  return encode(HoldingSchema, changed);
};
const expected = {
  holder: { partyId: one.partyId, idpk: one.key.publicKey },
  keyId: init.keyId,
  nonce: init.nonce,
  scheme: "ecdsa-secp256k1",
} as const;
const signed = (body = holding(), by = one, tag: keyof typeof signatureTags = "holding") =>
  statement(signatureTags[tag], by.partyId, by.key, body);
const answer = (change: (init: Init) => unknown, scheme: "ecdsa-secp256k1" | "eddsa-ed25519" = "ecdsa-secp256k1"): string =>
  refusal(() => verifyHolding(signed(holding(change)), { ...expected, scheme }));

describe("verifyHolding", () => {
  it("gives what the party signed after the question", () => {
    expect(verifyHolding(signed(), expected).highestEpochNumber).toBe(6);
  });
  it("takes the word of a party that has left the key, that has lost its share, and that knows nothing", () => {
    const without = (share: string) => (of: Init) => Object.assign(of, { share, shareIndex: 0, publicShares: [], pairs: [] });
    expect(answer(without("left"))).toBe("accepted");
    expect(answer(without("none"))).toBe("accepted");
    expect(answer((of) => Object.assign(without("none")(of), { epoch: new Uint8Array(), epochNumber: 0 }))).toBe("accepted");
  });
  it("refuses another party's statement, its key, its tag, and more than one reading", () => {
    expect(refusal(() => verifyHolding(signed(holding(), two), expected))).toContain("another party claims");
    expect(refusal(() => verifyHolding({ ...signed(holding(), two), signer: one.partyId }, expected))).toContain("did not sign it");
    expect(refusal(() => verifyHolding(signed(holding(), one, "ack"), expected))).toContain("did not sign it");
    expect(refusal(() => verifyHolding(signed(Uint8Array.of(...holding(), 0x78, 1)), expected))).toContain("exactly one way");
  });
  it.each<[string, (init: Init) => unknown, string]>([
    ["another party inside", (of) => Object.assign(of, { partyId: two.partyId }), "party_id"],
    ["another key", (of) => Object.assign(of, { keyId: bytesOf(32, 9) }), "key_id"],
    ["the answer to an earlier question", (of) => Object.assign(of, { nonce: bytesOf(32, 9) }), "nonce"],
    ["an epoch of 31 bytes", (of) => Object.assign(of, { epoch: bytesOf(31, 1) }), "epoch has 31"],
    ["a number of no epoch", (of) => Object.assign(of, { epoch: new Uint8Array() }), "epoch_number is given without epoch"],
    ["a highest number below its own", (of) => Object.assign(of, { highestEpochNumber: 3 }), "highest_epoch_number"],
    ["another word", (of) => Object.assign(of, { share: "sold" }), "share is none of"],
    ["a share of no epoch", (of) => Object.assign(of, { epoch: new Uint8Array(), epochNumber: 0 }), "share is held without an epoch"],
    ["an index that is none", (of) => Object.assign(of, { shareIndex: 4 }), "share_index is none of public_shares"],
    ["public shares out of order", (of) => of.publicShares.reverse(), "public_shares.share_index is not ascending"],
    ["a point of another form", (of) => Object.assign(of.publicShares[1] ?? {}, { point: bytesOf(32, 1) }), "no point of ecdsa"],
    [
      "more public shares than holders may be",
      (of) => Object.assign(of, { publicShares: Array.from({ length: 21 }, (_, at) => ({ shareIndex: at + 1, point: bytesOf(1, 1) })) }),
      "21 entries",
    ],
    ["an index without a share", (of) => Object.assign(of, { share: "left", publicShares: [], pairs: [] }), "without a share"],
    ["public shares without a share", (of) => Object.assign(of, { share: "none", shareIndex: 0, pairs: [] }), "without a share"],
    ["pairs without a share", (of) => Object.assign(of, { share: "none", shareIndex: 0, publicShares: [] }), "pairs are not"],
    ["a pair left out", (of) => of.pairs.pop(), "pairs are not"],
    ["a pair with itself", (of) => Object.assign(of.pairs[0] ?? {}, { shareIndex: 1 }), "pairs are not"],
    ["a generation that no pair has", (of) => Object.assign(of.pairs[0] ?? {}, { generation: 17 }), "pairs.generation"],
    ["a pair id of another length", (of) => Object.assign(of.pairs[0] ?? {}, { pairId: new Uint8Array(31) }), "pairs.pair_id"],
    ["a usable pair without its id", (of) => Object.assign(of.pairs[0] ?? {}, { pairId: new Uint8Array(32) }), "pairs.pair_id"],
    [
      "a generation of no pair",
      (of) => Object.assign(of.pairs[0] ?? {}, { state: "lost", pairId: new Uint8Array(32), generation: 1 }),
      "pairs.generation",
    ],
    ["an uncleared pair that is not burned", (of) => Object.assign(of.pairs[0] ?? {}, { uncleared: true }), "pairs.uncleared"],
    ["an exposure that is none", (of) => Object.assign(of, { exposed: "sold" }), "exposed is none of"],
    ["a pair in another state", (of) => Object.assign(of.pairs[0] ?? {}, { state: "tired" }), "pairs.state"],
  ])("refuses %s", (_name, change, text) => {
    expect(answer(change)).toContain("trust/bad-holding: The statement of server-party-1 is refused");
    expect(answer(change)).toContain(text);
  });
  it("refuses pairs of a scheme that has none", () => {
    const points = (of: Init) => of.publicShares.map((share, at) => Object.assign(share, { point: parties[at]?.key.publicKey }));
    expect(answer(points, "eddsa-ed25519")).toContain("pairs are not");
    expect(answer((of) => Object.assign(of, { pairs: [] }, points(of)), "eddsa-ed25519")).toBe("accepted");
  });
});

describe("agreedPublicShares", () => {
  const of = (partyId: string, change: Partial<Init> = {}): Holding =>
    create(HoldingSchema, { ...structuredClone(init), partyId, ...change });
  const others = [9, 7, 8].map((number, at) => ({ shareIndex: at + 1, point: publicKeyOf(number) }));
  const agreed = (...holdings: Holding[]) => agreedPublicShares(holdings, init.epoch, 2);
  const encoded = (shares: ReturnType<typeof agreed>) => shares?.map(({ shareIndex, point }) => ({ shareIndex, point }));

  it("is what enough holders of the epoch state alike, whatever the others say", () => {
    expect(encoded(agreed(of("a", { publicShares: others }), of("b"), of("c")))).toEqual(init.publicShares);
  });
  it("is nothing while each says something else", () => {
    expect(agreed(of("a"), of("b", { publicShares: others }))).toBeUndefined();
  });
  it("counts a party once, and no holder of another epoch or of no share", () => {
    expect(agreed(of("a"), of("a"))).toBeUndefined();
    expect(agreed(of("a"), of("b", { epoch: bytesOf(32, 9) }))).toBeUndefined();
    expect(agreed(of("a"), of("b", { share: "left" }))).toBeUndefined();
  });
});
