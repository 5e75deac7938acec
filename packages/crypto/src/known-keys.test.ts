import { expect, it } from "vitest";
import { knownKeys } from "./known-keys.ts";

it("reads a key once, and strangers who send bytes that are no key do not drive it out", () => {
  const reads: number[] = [];
  const known = knownKeys((key) => {
    reads.push(key.length);
    return key.length === 1 ? `key ${key[0]}` : undefined;
  });
  expect([known(Uint8Array.of(1)), known(Uint8Array.of(1)), reads.length]).toEqual(["key 1", "key 1", 1]);
  for (let at = 0; at < 5_000; at++) expect(known(Uint8Array.of(at >> 8, at & 255))).toBeUndefined();
  expect([known(Uint8Array.of(1)), reads.filter((length) => length === 1).length]).toEqual(["key 1", 1]);
});
