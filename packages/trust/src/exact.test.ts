// These tests show that every message of the wire has one reading. A field that is not known here,
// however deep, makes the message unreadable.
import { create, type DescMessage, fromBinary, toBinary } from "@bufbuild/protobuf";
import { file_covault_v1_router, file_covault_v1_session, file_covault_v1_trust } from "@covault/wire";
import { describe, expect, it } from "vitest";
import { parseExact } from "./index.ts";

const messages = [file_covault_v1_trust, file_covault_v1_session, file_covault_v1_router].flatMap((file) => file.messages);
/** Field 1000 as a number. No message has it. */
const unknown = Uint8Array.of(0xc0, 0x3e, 1);
const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(parts.flatMap((part) => [...part]));
/** Gives a field that holds a message, in its encoded form. */
function inField(number: number, bytes: Uint8Array): Uint8Array {
  const varint = (value: number): number[] => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >> 7)]);
  return Uint8Array.of(...varint((number << 3) | 2), ...varint(bytes.length), ...bytes);
}
const nested = (desc: DescMessage) =>
  desc.fields.flatMap((field) => (field.message === undefined ? [] : [{ name: field.name, number: field.number }]));

describe("parseExact", () => {
  it("runs over every message of the wire", () => {
    expect(messages.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["Envelope", "Invite", "Start", "Committed", "Roster", "Frame"]),
    );
    expect(messages.length).toBeGreaterThan(40);
  });

  it.each(messages.map((desc) => [desc.name, desc] as const))("%s: an unknown field in it, or in a message within it", (_name, desc) => {
    const empty = toBinary(desc, create(desc));
    expect(parseExact(desc, empty)).toEqual(create(desc));
    expect(parseExact(desc, joined(empty, unknown))).toBeUndefined();
    // A lenient reader reads the same message as without the field.
    expect(toBinary(desc, fromBinary(desc, joined(empty, unknown)), { writeUnknownFields: false })).toEqual(empty);
    for (const { number } of nested(desc)) {
      const within = inField(number, new Uint8Array());
      expect(parseExact(desc, within)).toEqual(fromBinary(desc, within));
      expect(parseExact(desc, inField(number, unknown))).toBeUndefined();
    }
  });
});
