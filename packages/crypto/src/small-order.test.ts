import { expect, it } from "vitest";
import { smallOrderPoints } from "../test/hostile.ts";
import { isSmallOrder } from "./small-order.ts";

const isCanonical = (point: Uint8Array): boolean => point.subarray(1, 31).some((byte) => byte !== 0xff) || (point[0] as number) < 0xed;

it("knows the points of small order, and nothing that differs from them in a byte", () => {
  const known = smallOrderPoints.filter(isCanonical);
  expect(known).toHaveLength(10);
  for (const point of known) {
    const signature = Uint8Array.of(...point, ...new Uint8Array(32));
    expect(isSmallOrder(signature)).toBe(true);
    // The sign of x makes no difference: of every other bit there is one that does.
    for (let bit = 0; bit < 255; bit++) {
      const other = signature.slice();
      other[bit >> 3] = (other[bit >> 3] as number) ^ (1 << (bit & 7));
      const isAnother = known.some((each) => each.every((byte, at) => byte === other[at]));
      expect(isSmallOrder(other), `bit ${bit}`).toBe(isAnother);
    }
  }
});
