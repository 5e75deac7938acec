import { expect, it } from "vitest";
import { makeHands } from "./hands.ts";

it("gives what the work comes to, or throws what it throws", async () => {
  const hands = makeHands();
  expect(await hands.hold(async () => "done")).toBe("done");
  await expect(hands.hold(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
});

it("what is lost has its end at once, however long its work goes on, and tells the work; what comes later is held", async () => {
  const hands = makeHands();
  let finish = () => {};
  let before: { readonly isLost: boolean } | undefined;
  const lost = hands.hold((grip) => {
    before = grip;
    return new Promise<void>((resolve) => {
      finish = resolve;
    });
  });
  hands.letGo();
  const later = hands.hold(async (grip) => (grip.isLost ? "lost" : "held"));
  expect(await lost).toBeUndefined();
  expect(before?.isLost).toBe(true);
  expect(await later).toBe("held");
  finish();
});
