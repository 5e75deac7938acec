import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { databases, type TestDatabase } from "../../test/databases.ts";
import { opened, signPlan } from "../../test/given.ts";
import { fold } from "../session/evolve.ts";
import { dueWork } from "./due-work.ts";
import { eventStore } from "./event-store.ts";
import { schemaName } from "./tables.ts";

describe.each(databases)("due work on %s", (_name, open) => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await open();
  });
  afterAll(() => db.close());
  async function openSession(sessionId: string, dueInMs: number): Promise<void> {
    const event = opened({ ...signPlan, sessionId });
    await eventStore(db.database).append({ events: [{ ...event, seq: 1 }], state: fold([event]), dueInMs });
  }
  /**
   * Sets the database's clock by so much: the times that were written move by that much the other
   * way.
   */
  const setClock = (sessionId: string, byMs: number) =>
    db.database.pool.query(
      `update ${schemaName}.sessions set due_at_ms = due_at_ms - $1, lease_until_ms = lease_until_ms - $1 where session_id = $2`,
      [byMs, sessionId],
    );

  it("[CO24] two coordinators share what is due, each session once", async () => {
    const ids = Array.from({ length: 40 }, (_, index) => `share-${index}`);
    for (const id of ids) await openSession(id, 0);
    await openSession("later", 30_000);
    const [a, b] = [dueWork(db.database), dueWork(db.second)];
    const claimed = await Promise.all([a.claim("a", 60_000, 16), b.claim("b", 60_000, 16), a.claim("a2", 60_000, 16)]);
    // SKIP LOCKED may leave some for the next look. Nothing is ever given twice.
    const rest = [await a.claim("a", 60_000, 40), await b.claim("b", 60_000, 40)];
    expect([...claimed, ...rest].flat().sort()).toEqual([...ids].sort());
    for (const id of [...ids, "later"]) for (const owner of ["a", "b", "a2"]) await a.settle(owner, id, 1, undefined);
  });
  it("[CO24] a claim lapses with its lease by the database's clock, and ends when it is given back", async () => {
    await openSession("lapse", 0);
    const [a, b] = [dueWork(db.database), dueWork(db.second)];
    expect(await a.claim("a", 60_000, 1)).toEqual(["lapse"]);
    expect(await b.claim("b", 60_000, 1)).toEqual([]);
    await setClock("lapse", 60_001);
    expect(await b.claim("b", 60_000, 1)).toEqual(["lapse"]);
    // This comes too late: the claim is b's now.
    await a.settle("a", "lapse", 1, 9_000);
    expect(await a.claim("a", 60_000, 1)).toEqual([]);
    await b.settle("b", "lapse", 1, 0);
    expect(await a.claim("a", 60_000, 1)).toEqual(["lapse"]);
    await a.settle("a", "lapse", 1, undefined);
  });
  it("[CO24] giving back never overwrites the due time of a newer event", async () => {
    await openSession("newer", 0);
    const due = dueWork(db.database);
    expect(await due.claim("a", 10_000, 1)).toEqual(["newer"]);
    await due.settle("a", "newer", 0, 30_000);
    expect(await due.claim("a", 10_000, 1)).toEqual(["newer"]);
    await due.settle("a", "newer", 1, undefined);
    expect(await due.claim("a", 10_000, 1)).toEqual([]);
  });
  it.each([-3_600_000, -300_000, 300_000, 3_600_000])(
    "[CO24] what is due is found when the database's clock was set by %i ms",
    async (byMs) => {
      const id = `set ${byMs}`;
      await openSession(id, 1_000);
      const due = dueWork(db.database);
      expect(await due.claim("a", 5_000, 1)).toEqual([]);
      await setClock(id, byMs);
      expect(await due.claim("a", 5_000, 1)).toEqual([id]);
      // The holder of the claim has died, and the clock is set once more.
      await setClock(id, byMs);
      expect(await due.claim("b", 5_000, 1)).toEqual([id]);
      await due.settle("b", id, 1, undefined);
    },
  );
});
