import { expect, it } from "vitest";
import { onAbort } from "./on-abort.ts";

it("lets any number wait for one signal without a warning, and calls each once", async () => {
  const warnings: Error[] = [];
  const warn = (warning: Error) => void warnings.push(warning);
  process.on("warning", warn);
  const end = new AbortController();
  let called = 0;
  const wait = () => onAbort(end.signal, () => void called++);
  const forgets = Array.from({ length: 64 }, wait);
  for (const forget of forgets.slice(0, 60)) forget();
  await new Promise((turn) => setImmediate(turn));
  end.abort();
  expect(called).toBe(4);
  wait();
  expect(called).toBe(5);
  process.off("warning", warn);
  expect(warnings).toEqual([]);
});
