// The place of an entry has one form. A text that a lenient reader would take for the same place is
// no entry.
import { expect, it } from "vitest";
import { emptyHead, placeOf } from "./entry.ts";

const place = { seq: "8", prev: emptyHead, tenant: "default" };

it("gives the place of an entry", () => {
  expect(placeOf({ ...place, act: "session.opened" })).toEqual({ ...place, seq: 8 });
  expect(placeOf({ ...place, seq: "999999999999999" })).toMatchObject({ seq: 999_999_999_999_999 });
});

it.each<[string, unknown]>([
  ["nothing", undefined],
  ["null", null],
  ["a text", JSON.stringify(place)],
  ["a number as number", { ...place, seq: 8 }],
  ["the number 0", { ...place, seq: "0" }],
  ["a number with a zero before it", { ...place, seq: "08" }],
  ["a number that is not exact", { ...place, seq: "9999999999999999" }],
  ["a list of a hash", { ...place, prev: [emptyHead] }],
  ["a hash in upper case", { ...place, prev: "AB".repeat(32) }],
  ["a hash of 31 bytes", { ...place, prev: "00".repeat(31) }],
  ["a tenant that is no text", { ...place, tenant: 7 }],
  ["no tenant", { ...place, tenant: undefined }],
])("takes %s for no entry", (_name, line) => expect(placeOf(line)).toBeUndefined());
