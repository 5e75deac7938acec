// Keys that go on: further epochs made here, shown by parties, or lost with this coordinator's
// database.
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { hex } from "@covault/crypto";
import { intentIdOf, keysOf, openIntent } from "@covault/trust";
import {
  AcknowledgedSchema,
  AckSchema,
  type Certificate,
  CertificateRequestSchema,
  CertificateSchema,
  CommittedSchema,
  DeclineSchema,
  type Envelope,
  type Intent,
} from "@covault/wire";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Engine } from "../src/engine.ts";
import { keyChains } from "../src/key-chains.ts";
import type { SessionEvent } from "../src/session/events.ts";
import { verifiedEpoch } from "../src/session/known-key.ts";
import { planOf } from "../src/session/plan-of-intent.ts";
import { initialState } from "../src/session/state.ts";
import { type EventStore, eventStore } from "../src/store/event-store.ts";
import {
  type Actor,
  accusation,
  ack,
  actor,
  type Body,
  certificateOf,
  epochOfIntent,
  keygenIntent,
  keyId,
  partyIds,
  refreshIntent,
  seed,
  signed,
  signIntent,
  text,
  theKey,
  verifiedRoster,
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
  const bytes = (certificate: Certificate) => toBinary(CertificateSchema, certificate);
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
  /** The number of certificates that were refused. */
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
    const signature = await runs(signIntent("sign_1", Date.now(), { eligible: ["p1", "p2"] }));
    expect([signature.status, signature.plan?.key?.epochNumber]).toEqual(["completed", 5]);
    const [invite] = invites("sign_1");
    expect([invite?.epochNumber, hex(invite?.epoch ?? keyId)]).toEqual([5, hex(epochOfIntent(reshare))]);
    expect(invite?.certificates).toEqual([certificateOf(reshare)]);
    // The stream has no certificate of the key in it.
    expect(JSON.stringify((await store.load("sign_1"))[0]).length).toBeLessThan(4_000);
  });

  it("[CO75] a reshare without the acknowledgement of a dealer that leaves is staged, and its late one completes it", async () => {
    const keepsBack = (body: Exclude<Envelope["body"], { case: undefined }>) => body.case === "start" && body.value.sessionId === "ses_1";
    await play((id) => (id === "p3" ? { instead: keepsBack } : {}));
    await runs(keygen);
    const reshare = refreshIntent("ses_1", Date.now(), { from: keygen, epochNumber: 1, holders: ["p1", "p2"] });
    await openSession(engine, reshare);
    const state = await until(engine, "ses_1", ({ status }) => status === "staged");
    expect(Object.values(state.acks).map((acks) => Object.keys(acks))).toEqual([["1", "2"]]);
    expect(await epochs()).toHaveLength(1);
    const late = { case: "acknowledged" as const, value: create(AcknowledgedSchema, { sessionId: "ses_1", ack: ack("p3", reshare) }) };
    await actors[2]!.say(late);
    expect((await until(engine, "ses_1", isCompleted)).certified?.epoch).toBe(hex(epochOfIntent(reshare)));
  });

  it("[CO76] one session of a key makes a further epoch at a time, and a staged one is passed by", async () => {
    const keepsBack = (body: Exclude<Envelope["body"], { case: undefined }>) => body.case === "start" && body.value.sessionId === "ses_1";
    await play((id) => (id === "p3" ? { instead: keepsBack } : {}));
    await runs(keygen);
    const [first, second] = [1, 2].map((number) => refreshIntent(`ses_${number}`, Date.now(), { from: keygen, epochNumber: number }));
    await openSession(engine, first!);
    await expect(openSession(engine, second!)).rejects.toMatchObject({ code: "coordinator/lifecycle-running" });
    expect(await store.standing("ses_2")).toBeUndefined();
    await until(engine, "ses_1", ({ status }) => status === "staged");
    expect((await runs(second!)).status).toBe("completed");
    const passed = await until(engine, "ses_1", isFailed);
    expect(passed.failure?.code).toBe("coordinator/superseded");
    // The acknowledgement of the run before comes to it alone, and moves nothing.
    await actors[2]!.say({ case: "acknowledged", value: create(AcknowledgedSchema, { sessionId: "ses_1", ack: ack("p3", first!) }) });
    await until(engine, "ses_1", isCompleted);
    expect(hex((await engine.chains.current(keyId))!.epoch)).toBe(hex(epochOfIntent(second!)));
  });

  it("[CO79] an invite to continue a key names the epoch before with its certificate, and a chain is shown in pages of 32", async () => {
    await play();
    await runs(keygen);
    let from = keygen;
    for (let number = 1; number <= 34; number++) {
      const oldEpoch = hex(epochOfIntent(from));
      from = refreshIntent(`long_${number}`, Date.now(), { from, epochNumber: number });
      // They are written as they are, since each is verified when the chain is opened.
      const certificate = Buffer.from(bytes(certificateOf(from))).toString("base64");
      const committed = { certificate, keyId: hex(keyId), epoch: hex(epochOfIntent(from)), epochNumber: number, oldEpoch, publicKey: "" };
      await store.keep("default", from.sessionId, committed, Date.now());
    }
    const next = refreshIntent("ses_1", Date.now(), { from, epochNumber: 40 });
    expect((await runs(next)).status).toBe("completed");
    const [invite] = invites("ses_1");
    expect([invite?.epochNumber, hex(invite!.epoch), invite?.certificates]).toEqual([34, hex(epochOfIntent(from)), [certificateOf(from)]]);
    const pages: number[] = [];
    for (let epoch = new Uint8Array(); pages.length < 2; ) {
      actors[0]!.heard.length = 0;
      await actors[0]!.say({ case: "certificateRequest", value: create(CertificateRequestSchema, { sessionId: "ses_1", epoch }) });
      const shown = () => actors[0]!.heard.flatMap((body) => (body.case === "committed" ? [body.value] : []))[0];
      await expect.poll(() => shown() !== undefined, { timeout: 10_000 }).toBe(true);
      const { certificate, earlier } = shown()!;
      pages.push(earlier.length + 1);
      const ack = certificate?.acks[0];
      epoch = new Uint8Array(fromBinary(AckSchema, ack!.body).epoch);
    }
    expect(pages).toEqual([32, 4]);
  });

  it("[CO80] a certificate that leads to the one that is shown completes its own session, too", async () => {
    const keepsBack = (body: Exclude<Envelope["body"], { case: undefined }>) => body.case === "start" && body.value.sessionId === "ses_1";
    await play((id) => (id === "p3" ? { instead: keepsBack } : {}));
    await runs(keygen);
    const first = refreshIntent("ses_1", Date.now(), { from: keygen, epochNumber: 1 });
    await openSession(engine, first);
    await until(engine, "ses_1", ({ status }) => status === "staged");
    const later = refreshIntent("elsewhere", Date.now(), { from: first, epochNumber: 2 });
    const value = create(CommittedSchema, { sessionId: "elsewhere", certificate: certificateOf(later), earlier: [certificateOf(first)] });
    await actors[2]!.say({ case: "committed", value });
    expect((await until(engine, "ses_1", isCompleted)).certified?.epoch).toBe(hex(epochOfIntent(first)));
  });

  it("[CO53] what is signed while a reshare lets an eligible party go is signed by the others; a required one is missed", async () => {
    await play();
    await runs(keygen);
    const { chains } = engine;
    const plans = [[], ["p3"]].map((required, at) => {
      const asked = signIntent(`sign_${at}`, Date.now(), { eligible: ["p1", "p2", "p3"], required });
      return { asked, intent: text(signed(asked)) };
    });
    const key = await chains.current(keyId);
    const opened = plans.map(({ asked, intent }) => {
      const plan = planOf(openIntent(signed(asked), keysOf(verifiedRoster), Date.now()), key, verifiedRoster);
      return { intent, plan };
    });
    expect((await runs(refreshIntent("ses_1", Date.now(), { from: keygen, epochNumber: 5, holders: ["p1", "p2"] }))).status).toBe(
      "completed",
    );
    const [free, bound] = await Promise.all(opened.map(({ plan, intent }) => chains.newer(plan, intent)));
    expect(free).toMatchObject({ terms: { threshold: 2, holders: 2, seats: [{ partyId: "p1" }, { partyId: "p2" }] } });
    expect(bound).toMatchObject({ code: "trust/bad-intent" });
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
      [2, 3, 1],
      [2, 3, 1],
    ]);
    expect((await store.load("sign_1")).filter(({ type }) => type === "KeyAdvanced")).toHaveLength(1);
  });

  it("[CO55] a key that is founded is founded by no other intent: its session fails, and what is signed is signed by its own holders", async () => {
    await play();
    await runs(keygen);
    // Another tenant's session, whose members acknowledge this very key: with the same epoch, and
    // with one that stands above it.
    for (const [index, h2] of [undefined, seed(1), seed(2), seed(3)].entries()) {
      const thief = keygenIntent(`thief_${index}`, Date.now());
      const intent = { ...thief, tenantId: "other", accountId: "acc_2" };
      const lie = async (body: Body) => {
        if (body.case !== "start" || body.value.sessionId !== intent.sessionId) return false;
        for (const { partyId, say } of actors)
          await say({
            case: "acknowledged",
            value: create(AcknowledgedSchema, { sessionId: intent.sessionId, ack: ack(partyId, intent, { h2, key: theKey }) }),
          });
        return true;
      };
      for (const one of actors) one.instead = lie;
      const state = await runs(intent);
      expect([state.status, state.failure?.code, state.certificate]).toEqual(["failed", "coordinator/key-founded", undefined]);
    }
    for (const one of actors) one.instead = undefined;
    expect(await epochs()).toEqual([hex(epochOfIntent(keygen))]);
    expect((await store.certificatesOf(hex(keyId)))[0]?.certificate).toEqual(bytes(certificateOf(keygen)));
    expect((await runs(signIntent("sign_1", Date.now()))).status).toBe("completed");
  });

  it("[CO55] two coordinators that found one key at once: the database lets one through, whatever its epoch", async () => {
    const append = (intent: Intent, event: SessionEvent, seq: number) => {
      const plan = planOf(openIntent(signed(intent), keysOf(verifiedRoster), Date.now()), undefined, verifiedRoster);
      const state = { ...initialState, plan, status: "open" as const, version: seq };
      return store.append({ state, events: [{ ...event, seq, atMs: 1 }], dueInMs: undefined });
    };
    const opened = (intent: Intent) =>
      append(intent, { type: "SessionOpened", data: { plan: {} as never, intent: text(signed(intent)) } }, 1);
    const commits = (intent: Intent, h2?: Uint8Array) => {
      const certificate = certificateOf(intent, { h2, key: theKey });
      const { committed } = verifiedEpoch(certificate, undefined, keysOf(verifiedRoster), intentIdOf(certificate.intent!.body));
      return append(intent, { type: "Committed", data: committed }, 2);
    };
    const thief = { ...keygenIntent("thief", Date.now()), tenantId: "other" };
    expect([await opened(keygen), await opened(thief), await commits(keygen)]).toEqual([true, true, true]);
    for (const h2 of [undefined, seed(1), seed(2)])
      await expect(commits(thief, h2)).rejects.toMatchObject({ code: "coordinator/key-founded" });
    expect([await epochs(), (await store.load("thief")).length]).toEqual([[hex(epochOfIntent(keygen))], 1]);
  });

  it("[CO56] a newcomer of a reshare gets all certificates of the key, and who asks gets what leads on from the epoch that it has", async () => {
    await play();
    await runs(keygen);
    const two = refreshIntent("ses_1", Date.now(), { from: keygen, epochNumber: 1, holders: ["p1", "p2"] });
    await runs(two);
    const three = refreshIntent("ses_2", Date.now(), { from: two, epochNumber: 2 });
    expect((await runs(three)).status).toBe("completed");
    const shown = (id: string, intent: Intent) =>
      actors
        .find(({ partyId }) => partyId === id)!
        .heard.flatMap((body) => (body.case === "committed" && body.value.sessionId === intent.sessionId ? [body.value] : []));
    await expect.poll(() => shown("p3", three).at(0)?.certificate, { timeout: 10_000 }).toEqual(certificateOf(three));
    expect(shown("p3", three)[0]?.earlier).toEqual([keygen, two].map((intent) => certificateOf(intent)));
    expect(shown("p1", three)[0]?.earlier).toEqual([]);
    const asks = async (epoch: Uint8Array, sessionId: string) => {
      const before = shown("p1", { ...three, sessionId }).length;
      await actors[0]!.say({ case: "certificateRequest", value: create(CertificateRequestSchema, { sessionId, epoch }) });
      await expect.poll(() => shown("p1", { ...three, sessionId }).length, { timeout: 10_000 }).toBe(before + 1);
      const { certificate, earlier } = shown("p1", { ...three, sessionId }).at(-1)!;
      return [...earlier, certificate];
    };
    const certificates = (...intents: readonly Intent[]) => intents.map((intent) => certificateOf(intent));
    expect(await asks(epochOfIntent(keygen), "ses_2")).toEqual(certificates(two, three));
    expect(await asks(new Uint8Array(), "ses_2")).toEqual(certificates(keygen, two, three));
    // An epoch that is not in the chain leads nowhere, so all of the chain is shown.
    expect(await asks(seed(1), "ses_2")).toEqual(certificates(keygen, two, three));
    // A session that signs is asked for what leads to the epoch that it signs with.
    await runs(signIntent("sign_1", Date.now(), { eligible: ["p1", "p2"] }));
    expect(await asks(epochOfIntent(two), "sign_1")).toEqual(certificates(three));
  });

  it("[CO58] former holders alone move no key: a fork needs an initiator's key that stands and dealers who are who they were", async () => {
    await play();
    await runs(keygen);
    let roster = verifiedRoster;
    const chains = keyChains(
      store,
      () => roster,
      () => Date.now(),
    );
    const next = refreshIntent("elsewhere", Date.now(), { from: keygen, epochNumber: 2, holders: ["p1", "p2"] });
    await chains.take(certificateOf(next));
    const known = [keygen, next].map((intent) => hex(epochOfIntent(intent)));
    const fork = refreshIntent("fork", Date.now(), { from: keygen, epochNumber: 9 });
    const lower = refreshIntent("lower", Date.now(), { from: keygen, epochNumber: 1 });
    const { parties, initiators } = verifiedRoster;
    const without = (...ids: readonly string[]) => parties.filter(({ partyId }) => !ids.includes(partyId));
    const changed = (of: number, change: object) => parties.map((party, at) => (at === of ? { ...party, ...change } : party));
    for (const change of [
      { initiators: initiators.map((each) => ({ ...each, revoked: true })) },
      { parties: without("p1", "p2") },
      { parties: changed(0, { idpk: seed(50) }).filter(({ partyId }) => partyId !== "p3") },
      { parties: changed(0, { validUntilMs: 1n }).filter(({ partyId }) => partyId !== "p3") },
    ]) {
      roster = { ...verifiedRoster, ...change };
      for (const intent of [fork, lower]) {
        await expect(chains.take(certificateOf(intent))).rejects.toMatchObject({ code: "trust/bad-chain" });
        const { intentId } = openIntent(signed(intent), keysOf(verifiedRoster), Date.now());
        await expect(chains.verified(certificateOf(intent), intentId)).rejects.toMatchObject({ code: "trust/bad-chain" });
      }
      expect(await epochs()).toEqual(known);
      expect(hex((await chains.current(keyId))!.epoch)).toBe(known[1]);
    }
    // What goes on from the last certificate is taken, whoever has left since.
    roster = { ...verifiedRoster, parties: [], initiators: initiators.map((each) => ({ ...each, revoked: true })) };
    const onward = refreshIntent("onward", Date.now(), { from: next, epochNumber: 3 });
    await chains.take(certificateOf(onward));
    expect(hex((await chains.current(keyId))!.epoch)).toBe(hex(epochOfIntent(onward)));
    roster = verifiedRoster;
    for (const intent of [lower, fork]) await chains.take(certificateOf(intent));
    expect(hex((await chains.current(keyId))!.epoch)).toBe(hex(epochOfIntent(fork)));
  });

  it("[CO59] a holder that is left out and no dealer hears of the certificate, and who asks with the session that it knows is answered", async () => {
    await play();
    await runs(keygen);
    const change = { dealers: [1, 2] };
    const reshare = refreshIntent("ses_1", Date.now(), { from: keygen, epochNumber: 1, holders: ["p1", "p2"], change });
    expect((await runs(reshare)).status).toBe("completed");
    const left = actors.find(({ partyId }) => partyId === "p3")!;
    const heard = (sessionId: string) =>
      left.heard.flatMap((body) => (body.case === "committed" && body.value.sessionId === sessionId ? [body.value.certificate] : []));
    await expect.poll(() => heard("ses_1"), { timeout: 10_000 }).toEqual([certificateOf(reshare)]);
    expect(left.heard.some((body) => body.case === "invite" && body.value.sessionId === "ses_1")).toBe(false);
    const founded = heard("ses_0").length;
    const ask = (sessionId: string) =>
      left.say({ case: "certificateRequest", value: create(CertificateRequestSchema, { sessionId, epoch: epochOfIntent(keygen) }) });
    await ask("ses_1");
    await expect.poll(() => heard("ses_1").at(1), { timeout: 10_000 }).toEqual(certificateOf(reshare));
    // It knows the session of the epoch that it holds alone, whose certificate it has.
    await ask("ses_0");
    await expect.poll(() => heard("ses_0").at(founded), { timeout: 10_000 }).toEqual(certificateOf(reshare));
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
    // Messages of different sessions are handled side by side, so the test waits for what has to
    // come first.
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
