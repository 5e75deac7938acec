// A coordinator that is killed before and after every append, and two coordinators at once. There
// is one database, and the parties stay.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Engine } from "../src/engine.ts";
import { type EventStore, eventStore } from "../src/store/event-store.ts";
import { type Actor, actor, digest, ecdsa, keygenIntent, partyIds, signIntent } from "./cast.ts";
import { databases, type TestDatabase } from "./databases.ts";
import { isCompleted, isFailed, openSession, type Stage, stage, until } from "./stage.ts";

/**
 * A store whose process dies at the k-th append: before it, or after it and before anybody is told.
 */
function mortal(store: EventStore, k: number, when: "before" | "after"): EventStore & { readonly died: Promise<void> } {
  let appends = 0;
  let dead = false;
  let bury = () => {};
  const died = new Promise<void>((resolve) => {
    bury = resolve;
  });
  const alive = <T>(value: T): T => {
    if (dead) throw new Error("killed");
    return value;
  };
  const die = () => {
    dead = true;
    bury();
    throw new Error("killed");
  };
  return {
    died,
    load: async (...args) => alive(await alive(store).load(...args)),
    standing: async (id) => alive(store).standing(id),
    standings: async (ids) => alive(store).standings(ids),
    openSessions: async () => alive(store).openSessions(),
    burnsOf: async (...args) => alive(store).burnsOf(...args),
    allBurns: async () => alive(store).allBurns(),
    pairsOf: async (...args) => alive(store).pairsOf(...args),
    newestPair: async (...args) => alive(store).newestPair(...args),
    keepPair: async (...args) => alive(store).keepPair(...args),
    repairAttempt: async (...args) => alive(store).repairAttempt(...args),
    certificateOf: async (...args) => alive(store).certificateOf(...args),
    epochOf: async (...args) => alive(store).epochOf(...args),
    keep: async (...args) => alive(store).keep(...args),
    certificatesOf: async (...args) => alive(store).certificatesOf(...args),
    async append(append) {
      alive(store);
      appends++;
      if (appends === k && when === "before") die();
      const done = await store.append(append);
      if (appends === k && when === "after") die();
      return done;
    },
  };
}

describe.each(databases)("restarts on %s", (_name, open) => {
  let db: TestDatabase;
  let store: EventStore;
  let theStage: Stage;
  let actors: Actor[] = [];
  beforeAll(async () => {
    db = await open();
    store = eventStore(db.database);
    theStage = stage();
    actors = await Promise.all(partyIds.map((id) => actor(theStage.broker, theStage.presence, id)));
    const engine = await theStage.engine(db.database);
    await openSession(engine, keygenIntent("the-key", Date.now()));
    await until(engine, "the-key", isCompleted);
    await engine.stop();
  });
  afterAll(async () => {
    for (const one of actors) await one.stop();
    await theStage.broker.close();
    await db.close();
  });

  /** Runs a session whose coordinator dies at append k. Gives false when it ended before that. */
  async function killedAt(k: number, when: "before" | "after", kind: "keygen" | "sign"): Promise<boolean> {
    const id = `${kind}-${when}-${k}`;
    const intent = kind === "sign" ? signIntent(id, Date.now()) : keygenIntent(id, Date.now());
    const dying = mortal(store, k, when);
    const first = await theStage.engine(db.database, { store: dying });
    // The caller of a coordinator that dies while it opens asks again.
    await openSession(first, intent).catch(() => {});
    const reached = await Promise.race([dying.died.then(() => true), ended(first, id)]);
    await first.stop();
    const second = await theStage.engine(db.database);
    await openSession(second, intent);
    const state = await until(second, id, (now) => isCompleted(now) || isFailed(now));
    await second.stop();
    expect({ id, status: state.status, failure: state.failure }).toEqual({ id, status: "completed", failure: undefined });
    if (kind === "sign") expect(state.signature).toBe(Buffer.from(ecdsa(digest)).toString("hex"));
    const decisions = (await store.load(id)).filter((event) => event.type === "Completed");
    expect(decisions).toHaveLength(1);
    return reached;
  }
  async function ended(engine: Engine, id: string): Promise<boolean> {
    await until(engine, id, isCompleted).catch(() => {});
    return false;
  }

  it.each(["before", "after"] as const)(
    "[CO23] a signature is completed although the coordinator was killed %s any append",
    async (when) => {
      let k = 1;
      while (await killedAt(k, when, "sign")) k++;
      expect(k).toBeGreaterThan(4);
    },
  );
  it.each(["before", "after"] as const)("[CO23] a keygen is completed although the coordinator was killed %s any append", async (when) => {
    let k = 1;
    while (await killedAt(k, when, "keygen")) k++;
    expect(k).toBeGreaterThan(9);
  });
  it("[CO22] two coordinators that run the same sessions decide each once", async () => {
    const [a, b] = await Promise.all([theStage.engine(db.database), theStage.engine(db.second)]);
    const ids = Array.from({ length: 8 }, (_, index) => `both-${index}`);
    for (const id of ids) {
      const intent = signIntent(id, Date.now());
      await Promise.all([openSession(a, intent), openSession(b, intent)]);
    }
    for (const id of ids) await until(a, id, isCompleted);
    for (const id of ids) {
      const events = await store.load(id);
      expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
      for (const once of ["SessionOpened", "AttemptReady", "Completed"])
        expect(
          events.filter((event) => event.type === once),
          `${id} ${once}`,
        ).toHaveLength(1);
    }
    await Promise.all([a.stop(), b.stop()]);
  });
  it("[CO22] of two time-outs decided at once one is stored", async () => {
    const quiet = stage();
    const limits = { joinMs: 0, attemptsMax: 3 };
    for (const id of partyIds) {
      const entry = { partyId: id, instanceId: id, routerId: "r", streamId: "s", connectedAtMs: 0, sessions: 0 };
      await quiet.presence.put(entry, 60_000);
    }
    const [a, b] = await Promise.all([quiet.engine(db.database, { limits }), quiet.engine(db.second, { limits })]);
    await openSession(a, signIntent("twice", Date.now()));
    await until(b, "twice", isFailed);
    const events = await store.load("twice");
    const failed = events.flatMap((event) => (event.type === "AttemptFailed" ? [event.data.attempt] : []));
    expect(failed).toEqual([1, 2, 3]);
    expect(events.filter((event) => event.type === "SessionFailed")).toHaveLength(1);
    await Promise.all([a.stop(), b.stop()]);
    await quiet.broker.close();
  });
});
