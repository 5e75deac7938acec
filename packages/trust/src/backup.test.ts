// What a party says that it has sealed: each field is checked, and each lie below is a field that
// another party could have sent.
import { BackupSchema, signatureTags } from "@covault/wire";
import { describe, expect, it } from "vitest";
import { refusal } from "../test/refused.ts";
import { bytesOf, encode, parties, statement, type TestKey } from "../test/statements.ts";
import { verifyBackup } from "./index.ts";

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
  shareIndex: 1,
  copies: [5, 6].map((byte) => ({
    recipient: new Uint8Array(32).fill(byte),
    document: new Uint8Array(32).fill(byte + 9),
    madeAtMs: 1_796_032_800_000n,
  })),
};
type Init = typeof init;
const backup = (change: (init: Init) => unknown = () => undefined): Uint8Array => {
  const changed = structuredClone(init);
  change(changed);
  return encode(BackupSchema, changed);
};
const expected = { holder: { partyId: one.partyId, idpk: one.key.publicKey }, keyId: init.keyId, nonce: init.nonce } as const;
const signed = (body = backup(), by = one, tag: keyof typeof signatureTags = "backup") =>
  statement(signatureTags[tag], by.partyId, by.key, body);
const answer = (change: (init: Init) => unknown): string => refusal(() => verifyBackup(signed(backup(change)), expected));

describe("verifyBackup", () => {
  it("gives what the party signed after the question", () => {
    expect(verifyBackup(signed(), expected).copies).toHaveLength(2);
  });
  it("takes the word of a party without a share, and of one that has sealed nothing", () => {
    expect(answer((of) => Object.assign(of, { copies: [] }))).toBe("accepted");
    expect(answer((of) => Object.assign(of, { copies: [], shareIndex: 0 }))).toBe("accepted");
    expect(answer((of) => Object.assign(of, { copies: [], shareIndex: 0, epoch: new Uint8Array(), epochNumber: 0 }))).toBe("accepted");
  });
  it("refuses another party's statement, its key, its tag, and more than one reading", () => {
    expect(refusal(() => verifyBackup(signed(backup(), two), expected))).toContain("another party claims");
    expect(refusal(() => verifyBackup({ ...signed(backup(), two), signer: one.partyId }, expected))).toContain("did not sign it");
    expect(refusal(() => verifyBackup(signed(backup(), one, "holding"), expected))).toContain("did not sign it");
    expect(refusal(() => verifyBackup(signed(Uint8Array.of(...backup(), 0x78, 1)), expected))).toContain("exactly one way");
  });
  const first = (of: Init) => of.copies[0] ?? {};
  it.each<[string, (init: Init) => unknown, string]>([
    ["another party inside", (of) => Object.assign(of, { partyId: two.partyId }), "party_id"],
    ["another key", (of) => Object.assign(of, { keyId: bytesOf(32, 9) }), "key_id"],
    ["the answer to an earlier question", (of) => Object.assign(of, { nonce: bytesOf(32, 9) }), "nonce"],
    ["an epoch of 31 bytes", (of) => Object.assign(of, { epoch: bytesOf(31, 1) }), "epoch has 31"],
    ["a number of no epoch", (of) => Object.assign(of, { epoch: new Uint8Array() }), "epoch_number is given without epoch"],
    ["a share of no epoch", (of) => Object.assign(of, { epoch: new Uint8Array(), epochNumber: 0 }), "share_index is given without"],
    ["an index that is none", (of) => Object.assign(of, { shareIndex: 65_536 }), "share_index is 65536"],
    ["copies of no share", (of) => Object.assign(of, { shareIndex: 0 }), "without a share"],
    ["a recipient of another length", (of) => Object.assign(first(of), { recipient: bytesOf(33, 1) }), "copies.recipient has 33"],
    ["a document's hash of another length", (of) => Object.assign(first(of), { document: bytesOf(31, 1) }), "copies.document has 31"],
    ["a time that is none", (of) => Object.assign(first(of), { madeAtMs: 2n ** 63n }), "made_at_ms"],
    ["copies out of order", (of) => of.copies.reverse(), "not ascending"],
    ["one recipient twice", (of) => of.copies.push(of.copies[1] as Init["copies"][number]), "not ascending"],
    [
      "more recipients than a party has",
      (of) =>
        Object.assign(of, { copies: Array.from({ length: 9 }, (_, at) => ({ ...of.copies[0], recipient: new Uint8Array(32).fill(at) })) }),
      "9 entries",
    ],
  ])("refuses %s", (_name, change, text) => {
    expect(answer(change)).toContain("trust/bad-backup: The statement of server-party-1 is refused");
    expect(answer(change)).toContain(text);
  });
});
