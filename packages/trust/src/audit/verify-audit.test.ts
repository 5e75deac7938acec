import { ed25519Signer, hex, utf8 } from "@covault/crypto";
import { signatureTags, signedBytes } from "@covault/wire";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "./canonical-json.ts";
import { openCheckpoint, signCheckpoint } from "./checkpoint.ts";
import { emptyHead, entryHash, entryParts } from "./entry.ts";
import { type AuditExpectation, verifyAudit } from "./verify-audit.ts";

const signer = ed25519Signer(new Uint8Array(32).fill(7));
const stranger = ed25519Signer(new Uint8Array(32).fill(8));
const keys = [signer.publicKey];
const at = "2026-11-30T10:00:00.000Z";

/** Gives the entries of a log as the database makes them. */
function chain(length: number, tenant = "default", salt = ""): string[] {
  let prev = emptyHead;
  return Array.from({ length }, (_, index) => {
    const act = {
      act: "session.opened",
      actor: { kind: "api_key", id: "key_1" },
      at,
      data: { salt },
      object: { session_id: `ses_${index}` },
    };
    const [before, after] = entryParts(tenant, act);
    const entry = `${before},"prev":"${prev}","seq":"${index + 1}"${after}`;
    prev = entryHash(entry);
    return entry;
  });
}
const checkpointOf = (entries: readonly string[], size: number, by = signer, tenant = "default"): string =>
  signCheckpoint({ tenant, size, head: entryHash(entries[size - 1] as string), at }, by);
const verify = (lines: readonly string[], expectation: Partial<AuditExpectation> = {}) => verifyAudit(lines, { keys, ...expectation });
const faultOf = (lines: readonly string[], expectation: Partial<AuditExpectation> = {}) => verify(lines, expectation).fault;

const log = chain(8);
const whole = [...log, checkpointOf(log, 8)];

describe("an export as it was written", () => {
  it("has no fault, and says up to where it is signed", () => {
    expect(verify(whole)).toEqual({
      tenant: "default",
      entries: 8,
      covered: { tenant: "default", size: 8, head: entryHash(log[7] as string), at },
      fault: undefined,
    });
  });

  it("may have checkpoints between its rows, entries after the last one, and empty lines", () => {
    const lines = [...log.slice(0, 3), checkpointOf(log, 3), "", ...log.slice(3), ""];
    expect(verify(lines)).toMatchObject({ entries: 8, covered: { size: 3 }, fault: undefined });
  });

  it("may begin later, when that is what was asked for", () => {
    const rest = [...log.slice(4), checkpointOf(log, 8)];
    expect(faultOf(rest, { first: 5 })).toBeUndefined();
    expect(faultOf(rest)).toMatchObject({ kind: "removed", seq: 1 });
    // The rows after the first row, which the checkpoint covers, hold the first row fast.
    const [five = "", ...others] = rest;
    const changed = [five.replace("ses_4", "ses_x"), ...others];
    expect(faultOf(changed, { first: 5 })).toMatchObject({ kind: "changed", seq: 5 });
    // A forged history below the export, however long, says nothing about the rows that were asked
    // for.
    const below = chain(8, "default", "anew").slice(0, 4);
    expect(faultOf([...below, ...log.slice(4, 6), ...rest.slice(3)], { first: 5 })).toEqual({ kind: "added", line: 1 });
  });
});

/** One thing that can be done to a row, and the fault that must be reported for it. */
type Edit = { readonly of: string; readonly lines: string[]; readonly fault: object | undefined };

function edits(entries: readonly string[], row: number, other: number): Edit[] {
  const seq = row + 1;
  const without = entries.filter((_, index) => index !== row);
  const entry = entries[row] as string;
  const to = other >= row ? other + 1 : other;
  const moved = [...without.slice(0, to), entry, ...without.slice(to)];
  const isMoved = moved.some((text, index) => text !== entries[index]);
  // Two neighbours have changed places, and the one that came first is named.
  const neighbours = Math.abs(to - row) === 1;
  const added = entry.replace('"ses_', '"ses_forged_');
  return [
    { of: "removed", lines: without, fault: { kind: "removed", seq } },
    { of: "changed", lines: entries.with(row, added), fault: { kind: "changed", seq, line: seq } },
    { of: "reformatted", lines: entries.with(row, entry.replace(":", ": ")), fault: { kind: "changed", seq, line: seq } },
    { of: "made unreadable", lines: entries.with(row, entry.slice(0, -1)), fault: { kind: "changed", seq, line: seq } },
    { of: "renumbered", lines: entries.with(row, entry.replace(`"seq":"${seq}"`, `"seq":"${seq + 1}"`)), fault: { kind: "changed", seq } },
    { of: "added", lines: entries.toSpliced(row, 0, added), fault: { kind: "added", line: seq } },
    { of: "doubled", lines: entries.toSpliced(row, 0, entries[other] as string), fault: { kind: "added" } },
    { of: "moved", lines: moved, fault: isMoved ? { kind: "moved", seq: neighbours ? Math.min(seq, to + 1) : seq } : undefined },
  ];
}

describe("any one row that was removed, changed, added or moved is named", () => {
  const size = fc.integer({ min: 2, max: 40 });
  it("under a checkpoint of the whole log", () => {
    fc.assert(
      fc.property(size, fc.nat(), fc.nat(), (length, one, two) => {
        const entries = chain(length);
        const signed = checkpointOf(entries, length);
        for (const { of, lines, fault } of edits(entries, one % length, two % length)) {
          const found = faultOf([...lines, signed]);
          if (fault === undefined) expect(found, of).toBeUndefined();
          else expect(found, of).toMatchObject(fault);
        }
      }),
    );
  });

  it("under several, the first of two by its place", () => {
    fc.assert(
      fc.property(size, fc.nat(), fc.nat(), (half, one, two) => {
        const entries = chain(2 * half);
        const signed = [checkpointOf(entries, half), checkpointOf(entries, 2 * half)];
        const below = entries.slice(0, half);
        const above = entries.slice(half).toSpliced(two % half, 1);
        for (const { of, lines, fault } of edits(below, one % half, two % half)) {
          const found = faultOf([...lines, ...above, ...signed]);
          if (fault !== undefined) expect(found, of).toMatchObject(fault);
          else expect(found, of).toMatchObject({ kind: "removed", seq: half + (two % half) + 1 });
        }
      }),
    );
  });

  it("also after the last checkpoint, where a later row names it", () => {
    const [signed, entry] = [checkpointOf(log, 3), log[5] as string];
    expect(faultOf([...log.with(5, entry.replace("ses_", "ses_x")), signed])).toMatchObject({ kind: "changed", seq: 6 });
    expect(faultOf([...log.toSpliced(5, 1), signed])).toMatchObject({ kind: "removed", seq: 6 });
  });
});

it("below a row that is missing, the longest chain is what was written, and not the last row", () => {
  const intruder = chain(6, "default", "anew")[5] as string;
  const lines = [...log.slice(0, 6), intruder, ...log.slice(7), checkpointOf(log, 8)];
  expect(faultOf(lines)).toEqual({ kind: "changed", seq: 7, line: 7 });
});

describe("what a history written anew cannot hide", () => {
  const forged = chain(8, "default", "anew");
  it("a checkpoint holds it: its rows are not those that were signed", () => {
    expect(faultOf([...forged, checkpointOf(log, 8)])).toMatchObject({ kind: "changed" });
    expect(faultOf([...forged, checkpointOf(forged, 8, stranger)])).toEqual({ kind: "bad-checkpoint", line: 9 });
  });

  it("a tail that was cut off together with its checkpoint shows under a checkpoint that was kept, and under none else", () => {
    const cut = [...log.slice(0, 5), checkpointOf(log, 5)];
    expect(faultOf(cut)).toBeUndefined();
    expect(faultOf(cut, { heads: [checkpointOf(log, 8)] })).toEqual({ kind: "removed", seq: 6 });
  });

  it("two checkpoints of different histories are a fork, whichever the rows follow", () => {
    for (const entries of [log, forged])
      expect(faultOf([...entries, checkpointOf(entries, 8)], { heads: [checkpointOf(entries === log ? forged : log, 5)] })).toEqual({
        kind: "forked",
        seq: 5,
      });
  });

  it("nothing that is signed by nobody is believed", () => {
    expect(faultOf(log)).toEqual({ kind: "no-checkpoint" });
    expect(faultOf([])).toEqual({ kind: "no-checkpoint" });
    expect(faultOf(whole, { keys: [stranger.publicKey] })).toEqual({ kind: "bad-checkpoint", line: 9 });
  });

  it("a checkpoint of another tenant's log is none of this one", () => {
    const other = chain(8, "other");
    expect(faultOf([...whole, checkpointOf(other, 8, signer, "other")])).toEqual({ kind: "bad-checkpoint", line: 10 });
    expect(faultOf(other.concat(checkpointOf(log, 8)))).toMatchObject({ kind: "changed" });
  });
});

describe("a checkpoint", () => {
  const line = checkpointOf(log, 8);
  it("opens under its own key alone, and not with any of its fields changed", () => {
    expect(openCheckpoint(line, keys)).toMatchObject({ tenant: "default", size: 8 });
    expect(openCheckpoint(line, [stranger.publicKey])).toBeUndefined();
    for (const [from, to] of [
      ['"size":"8"', '"size":"7"'],
      ["covault-audit/default", "covault-audit/other"],
      ["10:00", "11:00"],
      ['"head":"', '"head":"00'],
      ['"signature":"', '"signature":"00'],
    ] as const) {
      expect(line).toContain(from);
      expect(openCheckpoint(line.replace(from, to), keys), to).toBeUndefined();
    }
  });

  const good = { at, head: "ab".repeat(32), log: "covault-audit/default", size: "8" };
  /** Gives a line that says one thing and carries a good signature of another. */
  const lying = (said: object, meant: object = said): string => {
    const signature = signer.sign(signedBytes(signatureTags.audit, utf8(canonicalJson({ ...good, ...meant }))));
    return JSON.stringify({ checkpoint: { ...good, ...said }, signature: hex(signature) });
  };
  it.each<[string, string]>([
    ["a line that is no JSON", "{"],
    ["a line without one", "{}"],
    ["null in its place", '{"checkpoint":null}'],
    ["a time that is no text", lying({ at: 7 })],
    ["a log that is no text", lying({ log: 7 })],
    ["another log", lying({ log: "another-audit/default" }, {})],
    ["a list of a hash", lying({ head: [good.head] })],
    ["a hash in upper case", lying({ head: "AB".repeat(32) })],
    ["a hash of 31 bytes", lying({ head: "ab".repeat(31) })],
    ["a size as number", lying({ size: 8 }, {})],
    ["a size of 0", lying({ size: "0" })],
    ["a size with a zero before it", lying({ size: "08" }, {})],
    ["half of a surrogate pair", JSON.stringify({ checkpoint: { ...good, at: "\ud800" }, signature: "00".repeat(64) })],
  ])("is not %s, whoever signed it", (_name, text) => {
    expect(openCheckpoint(lying({}), keys)).toEqual({ tenant: "default", size: 8, head: good.head, at });
    expect(openCheckpoint(text, keys)).toBeUndefined();
  });
});
