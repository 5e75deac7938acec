import { describe, expect, it } from "vitest";
import { type CheckedPair, type CheckNote, judgeNotes, openChecksMax, strikesMax } from "./check-notes.ts";

const me = { name: "instance/me", fence: 3 };
const other = { name: "instance/other", fence: 2 };
const [sid, otherSid] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
const pair = (partner: number): CheckedPair => ({ partner, pairId: new Uint8Array(32).fill(0x70 + partner) });
const notes = (count: number, over: Partial<CheckNote> = {}): CheckNote[] =>
  Array.from({ length: count }, () => ({ sid: otherSid, pairId: pair(2).pairId, tenure: other, inForce: true, ...over }));
const start = { sid, pairs: [pair(2), pair(3)], tenure: me, alive: [me, other] };
const nothing = { struck: [], undecided: [], full: [], known: [] };

describe("judgeNotes", () => {
  it("holds nothing against a pair for checks of living instances", () => {
    expect(judgeNotes([...notes(200), ...notes(openChecksMax - 201, { tenure: me })], start)).toEqual(nothing);
  });

  it("burns a pair at eight notes whose instances are gone, and not at seven", () => {
    expect(judgeNotes(notes(strikesMax - 1, { inForce: false }), start)).toEqual(nothing);
    expect(judgeNotes(notes(strikesMax, { inForce: false }), start)).toMatchObject({ struck: [pair(2)] });
  });

  it("is undecided when strikes and the notes of an instance not seen alive are eight, also of the former holder of a lease seen alive", () => {
    const mixed = [...notes(3, { inForce: false }), ...notes(4)];
    expect(judgeNotes(mixed, { ...start, alive: [me] })).toEqual(nothing);
    expect(judgeNotes([...mixed, ...notes(1)], { ...start, alive: [me] })).toEqual({ ...nothing, undecided: [pair(2)] });
    expect(judgeNotes([...mixed, ...notes(1)], { ...start, alive: [me, { ...other, fence: 1 }] })).toEqual({
      ...nothing,
      undecided: [pair(2)],
    });
    expect(judgeNotes([...mixed, ...notes(1)], start)).toEqual(nothing);
  });

  it("lets a party have 256 checks of one pair open, in all its instances together; strikes and other pairs do not count", () => {
    const full = [...notes(200, { tenure: me }), ...notes(openChecksMax - 200)];
    expect(openChecksMax).toBe(256);
    for (const tenure of [me, other, { name: "instance/third", fence: 1 }])
      expect(judgeNotes(full, { ...start, tenure })).toEqual({ ...nothing, full: [pair(2)] });
    expect(judgeNotes(full, { ...start, pairs: [pair(3)] })).toEqual(nothing);
    expect(judgeNotes([...full.slice(1), ...notes(1, { inForce: false })], start)).toEqual(nothing);
  });

  it("knows a check that the same instance has noted, which is not one more open check", () => {
    const own = notes(1, { sid, tenure: me });
    expect(judgeNotes([...notes(openChecksMax - 1, { tenure: me }), ...own], start)).toEqual({ ...nothing, known: [pair(2)] });
    expect(judgeNotes(notes(1, { sid }), start)).toEqual(nothing);
  });
});
