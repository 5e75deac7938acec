import fc from "fast-check";
import { expect, it } from "vitest";
import { routerAuthBytes } from "./index.ts";

const text = fc.string({ maxLength: 20 });
const nonce = fc.uint8Array({ minLength: 32, maxLength: 32 });

it("no two router authentications have the same bytes, however their fields are cut", () => {
  fc.assert(
    fc.property(nonce, text, text, text, text, text, text, (n, a, b, c, x, y, z) => {
      fc.pre(a !== x || b !== y || c !== z);
      expect(routerAuthBytes(n, a, b, c)).not.toEqual(routerAuthBytes(n, x, y, z));
    }),
  );
  expect(routerAuthBytes(new Uint8Array(32), "ab", "c", "")).not.toEqual(routerAuthBytes(new Uint8Array(32), "a", "bc", ""));
});

it("refuses a field whose length does not fit two bytes", () => {
  expect(() => routerAuthBytes(new Uint8Array(32), "a".repeat(65536), "p", "i")).toThrow(RangeError);
});
