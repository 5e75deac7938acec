// Wall clocks that are set while sessions run. What is late is late by the monotonic clock, and
// everything else goes on.
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Engine } from "../src/engine.ts";
import { type Actor, actor, keygenIntent, partyIds, signIntent } from "./cast.ts";
import { databases, type TestDatabase } from "./databases.ts";
import { isCompleted, openSession, type Stage, stage, until } from "./stage.ts";

const steps = [-3_600_000, -300_000, 300_000, 3_600_000];

describe.each(databases.slice(0, 1))("sessions under a clock that is set, on %s", (_name, open) => {
  let db: TestDatabase;
  let theStage: Stage;
  let engine: Engine;
  let actors: Actor[] = [];
  let aheadMs = 0;
  const limits = { graceMs: 300, joinMs: 400, signProgressMs: 400, storedProgressMs: 1_000, storedAttemptMs: 4_000, storedGoneMs: 1_000 };
  beforeAll(async () => {
    db = await open();
    theStage = stage();
    engine = await theStage.engine(db.database, { limits, nowMs: () => Date.now() + aheadMs });
    await Promise.all(partyIds.map((id) => act(id)));
    await openSession(engine, keygenIntent("the-key", Date.now()));
    await until(engine, "the-key", isCompleted);
    await leave();
  });
  afterEach(async () => {
    aheadMs = 0;
    await leave();
  });
  afterAll(async () => {
    await engine.stop();
    await theStage.broker.close();
    await db.close();
  });
  async function leave(): Promise<void> {
    for (const one of actors) await one.stop();
    actors = [];
  }
  async function act(partyId: string, options: Parameters<typeof actor>[3] = {}): Promise<void> {
    actors.push(await actor(theStage.broker, theStage.presence, partyId, options));
  }

  it.each(steps)("[CO24] a signature whose first attempt falls silent gets a second one when the clock is set by %i ms", async (stepMs) => {
    const id = `sign${stepMs}`;
    for (const party of partyIds)
      await act(party, {
        async instead(body) {
          if (body.case !== "start" || body.value.attempt > 1) return false;
          aheadMs = stepMs;
          return true;
        },
      });
    await openSession(engine, signIntent(id, Date.now()));
    const state = await until(engine, id, isCompleted, 5_000);
    expect(state.attempt).toMatchObject({ attempt: 2 });
  });

  it.each(steps)("[CO24] a keygen goes on in its first attempt when the clock is set by %i ms", async (stepMs) => {
    const id = `keygen${stepMs}`;
    for (const party of partyIds)
      await act(party, {
        async instead(body) {
          if (body.case === "start" && party === "p1") aheadMs = stepMs;
          return false;
        },
      });
    await openSession(engine, keygenIntent(id, Date.now()));
    const state = await until(engine, id, isCompleted, 5_000);
    expect(state.attempt).toMatchObject({ attempt: 1 });
  });
});
