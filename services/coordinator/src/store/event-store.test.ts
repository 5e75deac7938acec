import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { databases, type TestDatabase } from "../../test/databases.ts";
import { at, keygenPlan, opened, refreshPlan, renewPlan, repairPlan, rid, running, said, signPlan, started } from "../../test/given.ts";
import type { StoredEvent, TimedEvent } from "../session/events.ts";
import { fold } from "../session/evolve.ts";
import type { Plan } from "../session/plan.ts";
import { type EventStore, eventStore } from "./event-store.ts";

const numbered = (events: readonly TimedEvent[], from = 1): StoredEvent[] =>
  events.map((event, index) => ({ ...event, seq: from + index }));
const append = (store: EventStore, history: readonly TimedEvent[], more: readonly TimedEvent[]) =>
  store.append({ events: numbered(more, history.length + 1), state: fold([...history, ...more]), dueInMs: 0 });

describe.each(databases)("the event store on %s", (_name, open) => {
  let db: TestDatabase;
  let store: EventStore;
  beforeAll(async () => {
    db = await open();
    store = eventStore(db.database);
  });
  afterAll(() => db.close());
  const plan = (sessionId: string, base: Plan = signPlan): Plan => ({ ...base, sessionId });

  it("[CO1] gives back exactly what was appended, in order, from any point", async () => {
    const history = running(plan("s1"), 1, [1, 2]);
    expect(await append(store, [], history)).toBe(true);
    expect(await store.load("s1")).toEqual(numbered(history));
    expect(await store.load("s1", 3)).toEqual(numbered(history).slice(3));
    expect(await store.load("nobody")).toEqual([]);
  });
  it("[CO22] lets one of two writers of the same seq through, and writes nothing of the other", async () => {
    const history = [opened(plan("s2"))];
    await append(store, [], history);
    const other = eventStore(db.second);
    const burn = at(1, "Declined", { ...said(1, 2), code: "x/y", message: "", burned: [[1, 2]], final: false });
    const results = await Promise.all([
      append(store, history, [started(1, [1, 2])]),
      append(other, history, [started(1, [1, 3]), burn]),
      append(store, history, [started(1, [2, 3]), burn]),
    ]);
    expect(results.filter(Boolean)).toHaveLength(1);
    const stored = await store.load("s2");
    expect(stored.map((event) => event.type).slice(0, 2)).toEqual(["SessionOpened", "AttemptStarted"]);
    expect(stored).toHaveLength(results[0] ? 2 : 3);
    expect(await store.standing("s2")).toEqual({ status: "running", version: stored.length, wants_pairs: false });
    expect(await store.burnsOf(signPlan.key!.keyId, signPlan.key!.epoch)).toEqual(
      results[0] ? [] : [{ pair: [1, 2], pairId: "", code: "x/y" }],
    );
  });
  it("[CO22] leaves no hole: what continues events that are not there is not written", async () => {
    const history = running(plan("s-hole"), 1, [1, 2]);
    await append(store, [], history.slice(0, 3));
    expect(await append(store, history, [at(9, "Completed", { attempt: 1, signature: "ab" })])).toBe(false);
    expect(await store.load("s-hole")).toHaveLength(3);
    expect(await append(store, history.slice(0, 3), history.slice(3))).toBe(true);
    expect(await append(store, [], [opened(plan("s-hole"))])).toBe(false);
  });
  it("[CO67] lets an abort or the opening of its session be first, and the other one go on from there", async () => {
    const [early, opening] = [at(0, "AbortAsked", { sessionId: "s-early" }), opened(plan("s-early"))];
    const first = await Promise.all([append(store, [], [early]), append(eventStore(db.second), [], [opening])]);
    expect([...first].sort()).toEqual([false, true]);
    if (first[0]) expect(await append(store, [early], [opening])).toBe(true);
    else expect(await append(store, [], [early])).toBe(false);
    expect((await store.load("s-early")).map(({ seq }) => seq)).toEqual(first[0] ? [1, 2] : [1]);
    // An abort alone is no session.
    expect(await append(store, [], [at(0, "AbortAsked", { sessionId: "s-none" })])).toBe(true);
    expect(await store.standing("s-none")).toBeUndefined();
    expect(await append(store, [at(0, "AbortAsked", { sessionId: "s-none" })], [opened(plan("s-none"))])).toBe(true);
    expect(await store.standing("s-none")).toMatchObject({ status: "open", version: 2 });
  });
  it("[CO11] remembers burned pairs of a key's epoch across sessions, each once", async () => {
    const key = { keyId: "0a", epoch: "0b", epochNumber: 0, signsUnder: "0c" };
    for (const id of ["s3", "s4"]) {
      const history = [opened({ ...plan(id), key }), started(1, [1, 2])];
      await append(store, [], history);
      await append(store, history, [
        at(1, "Declined", {
          ...said(1, 2),
          code: "x/y",
          message: "",
          burned: [
            [1, 2],
            [2, 3],
          ],
          final: false,
        }),
      ]);
    }
    const words = { pairId: "", code: "x/y" };
    expect(await store.burnsOf("0a", "0b")).toEqual([
      { pair: [1, 2], ...words },
      { pair: [2, 3], ...words },
    ]);
    expect(await store.burnsOf("0a", "0c")).toEqual([]);
    expect((await store.allBurns()).filter((row) => row.key_id === "0a").map((row) => [row.session_id, row.code, row.reported_by])).toEqual(
      [
        ["s3", "x/y", "p2"],
        ["s3", "x/y", "p2"],
      ],
    );
  });
  it("[CO18] keeps the certificate of an epoch", async () => {
    const history = running(plan("s5", keygenPlan), 1, [1, 2, 3]);
    await append(store, [], history);
    const committed = at(2, "Committed", {
      certificate: "AAECAw==",
      keyId: "1a",
      epoch: "1b",
      epochNumber: 0,
      oldEpoch: null,
      publicKey: "1c",
    });
    await append(store, history, [committed, at(2, "Completed", { attempt: 1 })]);
    expect(await store.certificateOf("1a", "1b")).toEqual(new Uint8Array([0, 1, 2, 3]));
    expect(await store.certificateOf("1a", "1c")).toBeUndefined();
  });
  it("[CO52] gives the certificates of a key in the order of its epochs, and the highest of them", async () => {
    const certificate = (epoch: string, epochNumber: number, oldEpoch: string | null) =>
      store.keep("default", "s", { certificate: "AA==", keyId: "2a", epoch, epochNumber, oldEpoch, publicKey: "" }, 5);
    expect(await store.epochOf("2a")).toBeUndefined();
    // With equal numbers the higher id is higher, whatever a collation says of digits and letters.
    for (const [epoch, number] of [
      ["a0", 10],
      ["ff", 0],
      ["9b", 2],
      ["b1", 2],
      ["9b", 7],
    ] as const)
      await certificate(epoch, number, "00");
    expect((await store.certificatesOf("2a")).map(({ epoch }) => epoch)).toEqual(["ff", "9b", "b1", "a0"]);
    expect(await store.epochOf("2a")).toBe("a0");
    expect((await store.certificatesOf("2a"))[0]).toEqual({ epoch: "ff", oldEpoch: "00", certificate: new Uint8Array([0]) });
  });
  it("[CO11] remembers what was burned before the session went on to a higher epoch as burned in the former one", async () => {
    const key = { keyId: "3a", epoch: "3b", epochNumber: 0, signsUnder: "3c" };
    const history = [opened({ ...plan("s9"), key }), started(1, [1, 2])];
    await append(store, [], history);
    const { threshold, holders, seats, required } = signPlan;
    await append(store, history, [
      at(1, "Declined", { ...said(1, 2), code: "x/y", message: "", burned: [[1, 2]], final: false }),
      at(1, "AttemptFailed", { attempt: 1, code: "x/y", silent: [], disputes: [], retryAtMs: 1 }),
      at(1, "KeyAdvanced", { threshold, holders, seats, required, key: { ...key, epoch: "3d", epochNumber: 1 }, former: "3b" }),
    ]);
    expect([await store.burnsOf("3a", "3b"), await store.burnsOf("3a", "3d")]).toEqual([[{ pair: [1, 2], pairId: "", code: "x/y" }], []]);
  });
  it("[CO61] keeps pair certificates, of which the highest by generation and then by id is the pair, and burns by pair id", async () => {
    const pair = { keyId: "5a", epoch: "5b", pair: [1, 2] as const, certificate: "AA==" };
    for (const [generation, pairId] of [
      [2, "9b"],
      [2, "b1"],
      [1, "ff"],
      [2, "9b"],
    ] as const)
      await store.keepPair("default", "s", { ...pair, generation, pairId }, 5);
    await store.keepPair("default", "s", { ...pair, pair: [2, 3], generation: 1, pairId: "01" }, 5);
    expect(await store.pairsOf("5a", "5b")).toEqual([
      { pair: [1, 2], generation: 2, pairId: "b1" },
      { pair: [2, 3], generation: 1, pairId: "01" },
    ]);
    expect(await store.pairsOf("5a", "5c")).toEqual([]);
    const key = { keyId: "5a", epoch: "5b", epochNumber: 0, signsUnder: "5c" };
    const history = [opened({ ...plan("s10"), key }), started(1, [1, 2])];
    await append(store, [], history);
    const burned = { ...said(1, 2), code: "x/y", message: "", burned: [[1, 2]] as const, final: false };
    await append(store, history, [at(1, "Declined", burned), at(1, "Declined", { ...burned, pairIds: ["b1"] })]);
    expect((await store.burnsOf("5a", "5b")).map(({ pairId }) => pairId).sort()).toEqual(["", "b1"]);
    // Operators are shown what stands against the pair as it is now.
    const shown = async () => (await store.allBurns()).filter((row) => row.key_id === "5a").map(({ pair_id }) => pair_id);
    expect(await shown()).toEqual(["b1"]);
    await store.keepPair("default", "s", { ...pair, generation: 3, pairId: "00" }, 5);
    expect(await shown()).toEqual([]);
  });
  it("[CO64] lets one session at a time change a pair or a share, beside one that makes a further epoch", async () => {
    const kinds = [refreshPlan, renewPlan, repairPlan, { ...renewPlan, ackers: [1, 3] }];
    const first = await Promise.all(kinds.map((base, index) => append(store, [], [opened(plan(`part-${index}`, base))])));
    expect(first).toEqual([true, true, true, true]);
    for (const [index, base] of kinds.entries())
      await expect(append(store, [], [opened(plan(`second-${index}`, base))])).rejects.toMatchObject({
        code: "coordinator/lifecycle-running",
      });
    const failed = at(1, "SessionFailed", { code: "x/y", message: "", parties: [] });
    await append(store, [opened(plan("part-1", renewPlan))], [failed]);
    expect(await append(store, [], [opened(plan("third", renewPlan))])).toBe(true);
  });
  it("[CO63] knows the attempts of a repair by their routing ids", async () => {
    const base = plan("s11", { ...repairPlan, receiver: "p2" });
    await append(store, [], [opened(base), started(4, [1, 2])]);
    expect(await store.repairAttempt(rid(4))).toEqual({ sessionId: "s11", attempt: 4 });
    expect(await store.repairAttempt(rid(5))).toBeUndefined();
  });
  it("[CO62] says of a session whether it waits for pairs", async () => {
    const history = [opened(plan("s12"))];
    await append(store, [], history);
    const wants = at(1, "PairsWanted", { pairs: [[1, 2]] });
    await append(store, history, [wants]);
    expect((await store.standing("s12"))?.wants_pairs).toBe(true);
    await append(store, [...history, wants], [started(1, [1, 2])]);
    expect((await store.standings(["s12"])).get("s12")?.wants_pairs).toBe(false);
  });
  it("[CO23] knows which sessions have not ended", async () => {
    const open_ = [opened(plan("s6"))];
    await append(store, [], open_);
    const ended = [opened(plan("s7"))];
    await append(store, [], ended);
    const end = at(1, "Completed", { attempt: 1 });
    await store.append({ events: numbered([end], 2), state: fold([...ended, end]), dueInMs: undefined });
    const ids = await store.openSessions();
    expect(ids).toContain("s6");
    expect(ids).not.toContain("s7");
  });
});
