import { expect, it } from "vitest";
import { atMost } from "./at-most.ts";

it("runs so much at once, the rest in its order, and goes on after a failure", async () => {
  const inTurn = atMost(2);
  const begun: number[] = [];
  const ends: ((error?: Error) => void)[] = [];
  const all = [0, 1, 2, 3].map((n) =>
    inTurn(
      () =>
        new Promise<number>((resolve, reject) => {
          begun.push(n);
          ends[n] = (error) => (error === undefined ? resolve(n) : reject(error));
        }),
    ),
  );
  const outcomes = Promise.allSettled(all);
  const soon = () => new Promise((done) => setImmediate(done));
  await soon();
  expect(begun).toEqual([0, 1]);
  ends[1]?.(new Error("no"));
  await soon();
  expect(begun).toEqual([0, 1, 2]);
  ends[0]?.();
  await soon();
  expect(begun).toEqual([0, 1, 2, 3]);
  ends[2]?.();
  ends[3]?.();
  expect((await outcomes).map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
});
