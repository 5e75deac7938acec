import { expect, it } from "vitest";
import { makeLanes } from "./lanes.ts";

const nextTurn = () => new Promise((turn) => setImmediate(turn));

it("runs so many at once for one key, in the order in which they came, and other keys beside", async () => {
  const inLane = makeLanes(2, 60_000);
  const began: string[] = [];
  const ends: (() => void)[] = [];
  const work = (name: string) => () =>
    new Promise<void>((resolve) => {
      began.push(name);
      ends.push(resolve);
    });
  const all = ["a1", "a2", "a3", "a4", "b1"].map((name) => inLane(name.slice(0, 1), work(name)));
  await nextTurn();
  expect(began).toEqual(["a1", "a2", "b1"]);
  ends[1]?.();
  await nextTurn();
  expect(began).toEqual(["a1", "a2", "b1", "a3"]);
  while (began.length < 5) {
    for (const end of ends) end();
    await nextTurn();
  }
  for (const end of ends) end();
  await Promise.all(all);
});

it("hands its place on when the work fails, and tells whoever waits too long", async () => {
  const inLane = makeLanes(1, 5);
  let end = (): void => {};
  const first = inLane("a", () => new Promise<void>((resolve) => (end = resolve)));
  await expect(inLane("a", async () => {})).rejects.toMatchObject({ code: "http/unavailable" });
  end();
  await first;
  const failing = inLane("a", () => Promise.reject(new Error("no")));
  const next = inLane("a", async () => "done");
  await expect(failing).rejects.toThrow("no");
  expect(await next).toBe("done");
});
