import { expect, it } from "vitest";
import { makeHeldMessages } from "./held-messages.ts";

it("gives what the work comes to, or throws what it throws", async () => {
  const held = makeHeldMessages();
  expect(await held.hold(async () => "done")).toBe("done");
  await expect(held.hold(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
});

it("what is lost has its end at once, however long its work goes on, and tells the work; what comes later is held", async () => {
  const held = makeHeldMessages();
  let finish = () => {};
  let before: { readonly isLost: boolean } | undefined;
  const lost = held.hold((hold) => {
    before = hold;
    return new Promise<void>((resolve) => {
      finish = resolve;
    });
  });
  held.loseAll();
  const later = held.hold(async (hold) => (hold.isLost ? "lost" : "held"));
  expect(await lost).toBeUndefined();
  expect(before?.isLost).toBe(true);
  expect(await later).toBe("held");
  finish();
});
