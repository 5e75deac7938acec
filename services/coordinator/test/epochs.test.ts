// Keys that go on: further epochs made here, shown by parties, or lost with this coordinator's database.

import { create } from "@bufbuild/protobuf";
import { hex } from "@covault/crypto";
import { CommittedSchema, DeclineSchema, type Envelope, type Intent } from "@covault/wire";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Engine } from "../src/engine.ts";
import { type EventStore, eventStore } from "../src/store/event-store.ts";
import {
  type Actor,
  accusation,
  ack,
  actor,
  certificateOf,
  epochOfIntent,
  keygenIntent,
  keyId,
  partyIds,
  refreshIntent,
  signIntent,
} from "./cast.ts";
import { anyDatabase, type TestDatabase } from "./databases.ts";
import { isCompleted, isFailed, openSession, type Stage, stage, until } from "./stage.ts";

describe("a key's epochs", () => {
  let db: TestDatabase;
  let store: EventStore;
  let theStage: Stage;
  let engine: Engine;
  let actors: Actor[] = [];
  let keygen: Intent;
  beforeEach(async () => {
    db = await anyDatabase();
    store = eventStore(db.database);
    theStage = stage();
    engine = await theStage.engine(db.database, {
      limits: { graceMs: 300, joinMs: 1_000, storedProgressMs: 1_000, storedAttemptMs: 1_500 },
    });
    keygen = keygenIntent("ses_0", Date.now());
  });
  afterEach(async () => {
    for (const one of actors) await one.stop();
    actors = [];
    await engine.stop();
    await theStage.broker.close();
    await db.close();
  });
  const play = (options: (id: string) => Parameters<typeof actor>[3] = () => ({})) =>
    Promise.all(
      partyIds.map(async (id) => {
        const one = await actor(theStage.broker, theStage.presence, id, options(id));
        actors.push(one);
      }),
    );
  const committed = (intent: Intent) => ({
    case: "committed" as const,
    value: create(CommittedSchema, { sessionId: intent.sessionId, certificate: certificateOf(intent) }),
  });
  async function runs(intent: Intent) {
    await openSession(engine, intent);
    return until(engine, intent.sessionId, (state) => isCompleted(state) || isFailed(state));
  }
  const invites = (sessionId: string) =>
    actors.flatMap(({ heard }) =>
      heard.flatMap((body) => (body.case === "invite" && body.value.sessionId === sessionId ? [body.value] : [])),
    );
  /** Certificates that were refused. */
  const refused = async () => {
    const metric = await theStage.metrics.registry.getSingleMetric("covault_party_messages_total")!.get();
    return metric.values.find(({ labels }) => labels.kind === "committed" && labels.verdict === "refused")?.value;
  };
  const epochs = async () => (await store.certificatesOf(hex(keyId))).map(({ epoch }) => epoch);

  it("[CO18] a reshare commits with the acknowledgements of the dealers that leave, and what follows is signed in its epoch", async () => {
    await play();
    await runs(keygen);
    const reshare = refreshIntent("ses_1", Date.now(), { from: keygen, epochNumber: 5, holders: ["p1", "p2"] });
    expect((await runs(reshare)).status).toBe("completed");
    expect(await epochs()).toEqual([keygen, reshare].map((intent) => hex(epochOfIntent(intent))));
    const signed = await runs(signIntent("sign_1", Date.now(), { eligible: ["p1", "p2"] }));
    expect([signed.status, signed.plan?.key?.epochNumber]).toEqual(["completed", 5]);
    const [invite] = invites("sign_1");
    expect([invite?.epochNumber, hex(invite?.epoch ?? keyId), invite?.certificates.length]).toEqual([5, hex(epochOfIntent(reshare)), 2]);
    // The stream has no certificate of the key in it.
    expect(JSON.stringify((await store.load("sign_1"))[0]).length).toBeLessThan(4_000);
  });

  it("[CO18] a reshare without the acknowledgement of a dealer that leaves has no certificate", async () => {
    const keepsBack = (body: Exclude<Envelope["body"], { case: undefined }>) => body.case === "start" && body.value.sessionId === "ses_1";
    await play((id) => (id === "p3" ? { instead: keepsBack } : {}));
    await runs(keygen);
    const state = await runs(refreshIntent("ses_1", Date.now(), { from: keygen, epochNumber: 1, holders: ["p1", "p2"] }));
    expect([state.status, Object.values(state.acks).map((acks) => Object.keys(acks))]).toEqual(["failed", [["1", "2"]]]);
    expect(await epochs()).toHaveLength(1);
  });

  it("[CO53] a party that has a higher epoch shows its certificate, and the next attempt signs with that", async () => {
    const ahead = refreshIntent("elsewhere", Date.now(), { from: keygen, epochNumber: 3 });
    await play((id) => ({
      async instead(body) {
        if (id !== "p1" || body.case !== "invite" || body.value.sessionId !== "sign_1" || body.value.epochNumber === 3) return false;
        const { sessionId, attempt, joinToken } = body.value;
        const say = actors.find(({ partyId }) => partyId === "p1")!.say;
        await say(committed(ahead));
        const decline = { sessionId, attempt, joinToken, code: "party/epoch-behind", message: "I am ahead." };
        await say({ case: "decline", value: create(DeclineSchema, decline) });
        return true;
      },
    }));
    await runs(keygen);
    const state = await runs(signIntent("sign_1", Date.now()));
    expect([state.status, state.completedAttempt, state.plan?.key?.epochNumber]).toEqual(["completed", 2, 3]);
    expect(
      invites("sign_1")
        .map(({ attempt, epochNumber, certificates }) => [attempt, epochNumber, certificates.length])
        .sort(),
    ).toEqual([
      [1, 0, 1],
      [1, 0, 1],
      [2, 3, 2],
      [2, 3, 2],
    ]);
    expect((await store.load("sign_1")).filter(({ type }) => type === "KeyAdvanced")).toHaveLength(1);
  });

  it("[CO52] a certificate that founds a key is taken in its own session alone", async () => {
    await play();
    await actors[0]!.say(committed(keygen));
    await expect.poll(refused, { timeout: 10_000 }).toBe(1);
    expect(await epochs()).toEqual([]);
  });

  it("[CO52] a certificate that continues no known chain is refused and kept out, whatever session it is sent for", async () => {
    await play();
    await runs(keygen);
    const unknown = refreshIntent("unknown", Date.now(), { from: keygen, epochNumber: 1 });
    const onUnknown = refreshIntent("on-unknown", Date.now(), { from: unknown, epochNumber: 2 });
    const forged = committed(refreshIntent("forged", Date.now(), { from: keygen, epochNumber: 4 }));
    forged.value.certificate!.acks[1] = ack("p2", keygen);
    const [p1] = actors;
    // Messages of different sessions are handled side by side: what has to come first is waited for.
    for (const body of [committed(onUnknown), forged]) await p1!.say(body);
    await expect.poll(refused, { timeout: 10_000 }).toBe(2);
    await p1!.say(committed(unknown));
    await expect.poll(epochs, { timeout: 10_000 }).toEqual([keygen, unknown].map((intent) => hex(epochOfIntent(intent))));
    expect(await refused()).toBe(2);
  });

  it("[CO12] two whose pairs do not fit cost an attempt, and are kept apart afterwards; nothing is burned", async () => {
    await play((id) => ({
      async instead(body) {
        if (id !== "p1" || body.case !== "start" || body.value.sessionId !== "sign_1" || body.value.attempt > 1) return false;
        const { sessionId, rid, attempt } = body.value;
        const say = actors.find(({ partyId }) => partyId === "p1")!.say;
        const code = "party/pair-mismatch";
        const accused = accusation("p1", body.value, [2], "retry", { code, round: 0, report: "aborted" });
        const value = {
          $typeName: "covault.v1.Aborted" as const,
          sessionId,
          attempt,
          rid,
          round: 0,
          code,
          message: "",
          accusation: accused,
        };
        await say({ case: "aborted", value });
        return true;
      },
    }));
    await runs(keygen);
    const state = await runs(signIntent("sign_1", Date.now()));
    const quorum = state.quorums[2] ?? [];
    expect([state.status, quorum.includes("p1") && quorum.includes("p2")]).toEqual(["completed", false]);
    expect([state.burned, await store.burnsOf(hex(keyId), hex(epochOfIntent(keygen)))]).toEqual([[], []]);
  });
});
