import { expect, it } from "vitest";
import { absences } from "./absences.ts";

const party = (partyId: string) => ({ partyId });
const both = [party("p1"), party("p2")];

it("[CO38] a party is absent since the first look that missed it, until one that finds it", () => {
  const absent = absences();
  absent.look(both, both, 1_000);
  expect([...absent.sinceMs]).toEqual([]);
  absent.look(both, [party("p1")], 2_000);
  absent.look(both, [party("p1")], 3_000);
  expect([...absent.sinceMs]).toEqual([["p2", 2_000]]);
  absent.look([party("p1")], both, 4_000);
  expect([...absent.sinceMs]).toEqual([]);
});

it("[CO38] a look that finds nobody at all says nothing of anybody, and earlier ones count no more", () => {
  const absent = absences();
  absent.look(both, [party("p1")], 1_000);
  absent.look(both, [], 2_000);
  absent.look(both, [party("p1")], 3_000);
  expect([...absent.sinceMs]).toEqual([["p2", 3_000]]);
});

it("[CO38] a party that was there and is not any more is absent since the first look without it, whoever asked", () => {
  const absent = absences();
  absent.look([], both, 1_000);
  absent.look([], [party("p1")], 2_000);
  absent.look(both, [party("p1")], 9_000);
  expect([...absent.sinceMs]).toEqual([["p2", 2_000]]);
  absent.look([], [party("p1")], 700_000);
  expect([...absent.sinceMs]).toEqual([]);
});
