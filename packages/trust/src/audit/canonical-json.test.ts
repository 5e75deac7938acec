import { describe, expect, it } from "vitest";
import { type CanonicalValue, canonicalJson } from "./canonical-json.ts";

describe("canonical JSON", () => {
  it("sorts members by their UTF-16 code units, at every depth, as RFC 8785 3.2.3 does", () => {
    // These names are the RFC's own example. Their order by code points is a different one.
    const names = ["\u20ac", "\r", "\ufb33", "1", "\ud83d\ude00", "\u0080", "\u00f6"];
    const value = Object.fromEntries(names.map((name, at) => [name, at]));
    expect(Object.keys(JSON.parse(canonicalJson(value)))).toEqual(["1", "\r", "\u0080", "\u00f6", "\u20ac", "\ud83d\ude00", "\ufb33"]);
    expect(canonicalJson({ b: [{ d: 1, c: 2 }], a: "" })).toBe('{"a":"","b":[{"c":2,"d":1}]}');
  });

  it("escapes as RFC 8785 3.2.2.2 does, and nothing more", () => {
    expect(canonicalJson("\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"\u2028/")).toBe('"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"\u2028/"');
  });

  it("leaves out members that are undefined", () => {
    expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}');
  });

  it.each<[string, unknown]>([
    ["a fraction", 0.5],
    ["a number that is not exact", 2 ** 53],
    ["minus zero", -0],
    ["no number", Number.NaN],
    ["half of a surrogate pair", "\ud800"],
    ["half of a pair in a name", { "\udc00": 1 }],
  ])("refuses %s", (_name, value) => {
    expect(() => canonicalJson(value as CanonicalValue)).toThrow(TypeError);
  });
});
