import { expect, it } from "vitest";
import { watchSessions } from "./session-watch.ts";
import type { EventStore, Standing } from "./store/event-store.ts";

const standing = { version: 1, status: "open" } as Standing;
const store = { standing: async () => standing, standings: async () => new Map([["ses_1", standing]]) } as unknown as EventStore;

it("[CO33] lets any number of callers wait until the service stops, without a warning of a leak", async () => {
  const warnings: Error[] = [];
  const warn = (warning: Error) => void warnings.push(warning);
  process.on("warning", warn);
  const stopping = new AbortController();
  const watching = watchSessions(store);
  const waits = Array.from({ length: 32 }, () => watching.until("ses_1", () => false, 60_000, stopping.signal));
  await new Promise((turn) => setImmediate(turn));
  stopping.abort();
  expect(await Promise.all(waits)).toEqual(Array(32).fill(standing));
  expect(await watching.until("ses_1", () => false, 60_000, stopping.signal)).toEqual(standing);
  process.off("warning", warn);
  expect(warnings.map(String)).toEqual([]);
});
