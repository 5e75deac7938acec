import { describe, expect, it } from "vitest";
import { frameBytesMax, frameBytesMin, welcomeFault } from "./stream-bounds.ts";

const good = { frameBytesMax: 1_048_576, unacknowledgedMax: 128, heartbeatMs: 2_500 };

describe("the bounds of a Welcome", () => {
  it.each([
    good,
    { ...good, frameBytesMax: frameBytesMin },
    { ...good, frameBytesMax },
    { ...good, unacknowledgedMax: 8 },
    { ...good, heartbeatMs: 10 },
    { ...good, heartbeatMs: 60_000 },
  ])("%j are sound", (welcome) => expect(welcomeFault(welcome)).toBeUndefined());

  it.each([
    ["frameBytesMax", 0],
    ["frameBytesMax", 4_096],
    ["frameBytesMax", frameBytesMin - 1],
    ["frameBytesMax", frameBytesMax + 1],
    ["frameBytesMax", Number.NaN],
    ["unacknowledgedMax", 0],
    ["unacknowledgedMax", 7],
    ["unacknowledgedMax", 65_537],
    ["heartbeatMs", 0],
    ["heartbeatMs", 9],
    // A timer of more than 2^31 - 1 ms goes off at once.
    ["heartbeatMs", 2 ** 31],
    ["heartbeatMs", 60_001],
  ])("%s %d is named with its value", (name, value) =>
    expect(welcomeFault({ ...good, [name]: value })).toMatch(new RegExp(`^${name} is ${value}, not \\d+ to \\d+\\.$`)),
  );
});
