import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { databases, type TestDatabase } from "../../test/databases.ts";
import { opened, signPlan, t0 } from "../../test/given.ts";
import { fold } from "../session/evolve.ts";
import { dueWork } from "./due-work.ts";
import { eventStore } from "./event-store.ts";

describe.each(databases)("due work on %s", (_name, open) => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await open();
  });
  afterAll(() => db.close());
  async function openSession(sessionId: string, dueAtMs: number): Promise<void> {
    const event = opened({ ...signPlan, sessionId });
    await eventStore(db.database).append({ events: [{ ...event, seq: 1 }], state: fold([event]), dueAtMs });
  }

  it("[CO24] two coordinators share what is due, each session once", async () => {
    const ids = Array.from({ length: 40 }, (_, index) => `share-${index}`);
    for (const id of ids) await openSession(id, t0);
    await openSession("later", t0 + 1);
    const [a, b] = [dueWork(db.database), dueWork(db.second)];
    const claimed = await Promise.all([a.claim("a", t0, 5_000, 16), b.claim("b", t0, 5_000, 16), a.claim("a2", t0, 5_000, 16)]);
    // SKIP LOCKED may leave some for the next look; nothing is ever given twice.
    const rest = [await a.claim("a", t0, 5_000, 40), await b.claim("b", t0, 5_000, 40)];
    expect([...claimed, ...rest].flat().sort()).toEqual([...ids].sort());
  });
  it("[CO24] a claim lapses with its lease, and ends when it is given back", async () => {
    await openSession("lapse", t0 - 100);
    const [a, b] = [dueWork(db.database), dueWork(db.second)];
    expect(await a.claim("a", t0 - 50, 40, 1)).toEqual(["lapse"]);
    expect(await b.claim("b", t0 - 11, 40, 1)).toEqual([]);
    expect(await b.claim("b", t0 - 10, 5, 1)).toEqual(["lapse"]);
    // Too late: the claim is b's now.
    await a.settle("a", "lapse", 1, t0 + 9_000);
    expect(await a.claim("a", t0 - 6, 5, 1)).toEqual([]);
    await b.settle("b", "lapse", 1, t0 - 7);
    expect(await a.claim("a", t0 - 6, 5, 1)).toEqual(["lapse"]);
  });
  it("[CO24] giving back never overwrites the due time of a newer event", async () => {
    await openSession("newer", t0 - 300);
    const due = dueWork(db.database);
    expect(await due.claim("a", t0 - 300, 10, 1)).toEqual(["newer"]);
    await due.settle("a", "newer", 0, t0 + 90_000);
    expect(await due.claim("a", t0 - 300, 10, 1)).toEqual(["newer"]);
    await due.settle("a", "newer", 1, undefined);
    expect(await due.claim("a", t0 - 200, 10, 1)).toEqual([]);
  });
});
