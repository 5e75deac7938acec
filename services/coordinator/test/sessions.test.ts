// Whole sessions: a coordinator on a real store, and parties that play along or do not.
import { create } from "@bufbuild/protobuf";
import { CertificateRequestSchema, CertificateSchema, CommittedSchema, SessionResultSchema, type Start } from "@covault/wire";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Engine } from "../src/engine.ts";
import { type EventStore, eventStore } from "../src/store/event-store.ts";
import {
  type Actor,
  abandonment,
  accusation,
  ack,
  actor,
  digest,
  ecdsa,
  keygenIntent,
  keyId,
  partyIds,
  send,
  signatureFor,
  signed as signedOf,
  signIntent,
  text as textOf,
  waitsFor,
} from "./cast.ts";
import { databases, type TestDatabase } from "./databases.ts";
import { isCompleted, isFailed, openSession, type Stage, stage, until } from "./stage.ts";

describe.each(databases)("sessions on %s", (_name, open) => {
  let db: TestDatabase;
  let store: EventStore;
  let theStage: Stage;
  let engine: Engine;
  let actors: Actor[] = [];
  const limits = { graceMs: 300, joinMs: 400, signProgressMs: 400, storedProgressMs: 2_000, storedAttemptMs: 2_000 };
  beforeAll(async () => {
    db = await open();
    store = eventStore(db.database);
    theStage = stage();
    engine = await theStage.engine(db.database, { limits });
    await everybodyPlays();
    await openSession(engine, keygenIntent("the-key", Date.now()));
    await until(engine, "the-key", isCompleted);
    await leave();
  });
  afterEach(leave);
  afterAll(async () => {
    await engine.stop();
    await theStage.broker.close();
    await db.close();
  });
  async function leave(): Promise<void> {
    for (const one of actors) await one.stop();
    actors = [];
  }
  const act = async (partyId: string, options: Parameters<typeof actor>[3] = {}) => {
    const one = await actor(theStage.broker, theStage.presence, partyId, options);
    actors.push(one);
    return one;
  };
  const everybodyPlays = () => Promise.all(partyIds.map((id) => act(id)));
  const kinds = (one: Actor | undefined) => one?.heard.map((body) => body.case);

  it("[CO18] a keygen ends with a certificate that every member is told", async () => {
    const playing = await everybodyPlays();
    await openSession(engine, keygenIntent("k1", Date.now()));
    const state = await until(engine, "k1", isCompleted);
    expect(state.certificate?.length).toBeGreaterThan(100);
    await expect.poll(() => playing.map((one) => kinds(one)?.at(-1))).toEqual(["committed", "committed", "committed"]);
    expect(playing.map(kinds)).toEqual(playing.map(() => ["invite", "start", "committed"]));
  });
  it("[CO17] t parties sign, and the signature that verifies ends the session", async () => {
    const [, , third] = await everybodyPlays();
    await openSession(engine, signIntent("s1", Date.now()));
    const state = await until(engine, "s1", isCompleted);
    expect(state.signature).toBe(Buffer.from(ecdsa(digest)).toString("hex"));
    expect(third?.heard).toEqual([]);
  });
  it("[CO17] a wrong signature is refused, and the session ends with another party's right one", async () => {
    const liar = await act("p1", {
      async instead(body) {
        if (body.case !== "start") return false;
        const { sessionId, attempt, rid } = body.value;
        const signature = ecdsa(digest);
        signature[64] = (signature[64] ?? 0) ^ 1;
        await liar.say({ case: "result", value: create(SessionResultSchema, { sessionId, attempt, rid, signatures: [signature] }) });
        return true;
      },
    });
    await act("p2", {
      async instead(body) {
        if (body.case === "start") await until(engine, body.value.sessionId, (state) => (state.suspicion.byParty.p1 ?? 0) > 0);
        return false;
      },
    });
    await openSession(engine, signIntent("s-liar", Date.now()));
    await until(engine, "s-liar", isCompleted);
    const events = (await store.load("s-liar")).map((event) => event.type);
    expect(events).toContain("ResultRefused");
    expect(events).not.toContain("AttemptFailed");
  });
  const payload = (path: number[]) => ({
    kind: "evm_personal_message",
    body: new TextEncoder().encode("pay 1 €"),
    inputs: [{ index: 0, derivationPath: path }],
  });
  it.each([
    ["a path", { derivationPath: [44, 7] }, { message: digest, derivationPath: [] }],
    [
      "a personal message",
      { message: new Uint8Array(), payload: payload([]) },
      { message: new TextEncoder().encode("pay 1 €".padEnd(30)) },
    ],
    [
      "a personal message and a path",
      { message: new Uint8Array(), payload: payload([7]) },
      { message: new Uint8Array(), payload: payload([8]) },
    ],
  ])(
    "[CO17] with %s the signature is of that child and that digest: another valid one of the same key is refused",
    async (what, asked, other) => {
      const sessionId = `s-${what.replaceAll(" ", "-")}`;
      const liar = await act("p1", {
        async instead(body) {
          if (body.case !== "start") return false;
          const { attempt, rid } = body.value;
          const signatures = [signatureFor(signIntent(sessionId, 1, other))];
          await liar.say({ case: "result", value: create(SessionResultSchema, { sessionId, attempt, rid, signatures }) });
          return true;
        },
      });
      await act("p2", {
        async instead(body) {
          if (body.case === "start") await until(engine, sessionId, (state) => (state.suspicion.byParty.p1 ?? 0) > 0);
          return false;
        },
      });
      const intent = signIntent(sessionId, Date.now(), asked);
      await openSession(engine, intent);
      const state = await until(engine, sessionId, isCompleted);
      expect(state.signature).toBe(Buffer.from(signatureFor(intent)).toString("hex"));
      expect((await store.load(sessionId)).map((event) => event.type)).toContain("ResultRefused");
    },
  );
  it("[CO12] a silent party is replaced by another", async () => {
    await act("p1", { instead: () => true });
    await act("p2");
    await act("p3");
    await openSession(engine, signIntent("s-silent", Date.now()));
    const state = await until(engine, "s-silent", isCompleted);
    expect(state.attempt?.members.map((seat) => seat.partyId)).toEqual(["p2", "p3"]);
  });
  it("[CO12] a party that plays along and keeps its messages back is left out after two quorums, by the signed word of both others", async () => {
    const reports = async (one: Actor, attempt: Start, round: number) => {
      const { sessionId, rid } = attempt;
      const value = { $typeName: "covault.v1.Progress" as const, sessionId, attempt: attempt.attempt, rid, round };
      await one.say({ case: "progress", value });
    };
    const liar = await act("p1", {
      async instead(body) {
        if (body.case !== "start") return false;
        await reports(liar, body.value, 2);
        return true;
      },
    });
    for (const partyId of ["p2", "p3"] as const) {
      const one = await act(partyId, {
        async instead(body) {
          if (body.case !== "start" || body.value.attempt > 2) return false;
          await reports(one, body.value, 1);
          await one.say(waitsFor(partyId, body.value, 1, [1]));
          return true;
        },
      });
    }
    await openSession(engine, signIntent("s-keeps", Date.now()));
    await until(engine, "s-keeps", isCompleted);
    const events = await store.load("s-keeps");
    const quorums = events.flatMap(({ type, data }) => (type === "AttemptStarted" ? [data.members.map((seat) => seat.shareIndex)] : []));
    expect(quorums).toEqual([
      [1, 2],
      [1, 3],
      [2, 3],
    ]);
    const failures = events.flatMap(({ type, data }) => (type === "AttemptFailed" ? [[data.silent, data.disputes]] : []));
    expect(failures).toEqual([
      [[], [[1, 2]]],
      [[], [[1, 3]]],
    ]);
  });
  it("[CO11] a burn is learned from an abort and holds in the next session", async () => {
    const burning = signIntent("s-burn", Date.now());
    const one = await act("p1", {
      async instead(body) {
        if (body.case !== "start" || body.value.attempt !== 1 || body.value.sessionId !== "s-burn") return false;
        const { sessionId, attempt, rid } = body.value;
        const value = { sessionId, attempt, rid, round: 2, code: "mpc/ot-check-failed", accusation: accusation("p1", body.value, [2]) };
        await one.say({ case: "aborted", value: { $typeName: "covault.v1.Aborted", ...value } });
        return true;
      },
    });
    await act("p2");
    await act("p3");
    await openSession(engine, burning);
    expect((await until(engine, "s-burn", isCompleted)).attempt?.members.map((seat) => seat.partyId)).toEqual(["p1", "p3"]);
    await openSession(engine, signIntent("s-burned", Date.now()));
    const next = await until(engine, "s-burned", isCompleted);
    expect(next.attempt).toMatchObject({ attempt: 1, members: [{ partyId: "p1" }, { partyId: "p3" }] });
    expect(await store.burnsOf(Buffer.from(keyId).toString("hex"), next.plan?.key?.epoch ?? "")).toEqual([
      { pair: [1, 2], pairId: "", code: "mpc/ot-check-failed" },
    ]);
  });
  it("[CO38] a keygen member that goes and never comes back ends the session, named, long before its time", async () => {
    await engine.stop();
    const quick = { ...limits, storedGoneMs: 300, storedProgressMs: 30_000, storedAttemptMs: 60_000 };
    const watching = await theStage.engine(db.database, { limits: quick });
    await act("p1");
    await act("p2");
    const gone = await act("p3", { instead: (body) => body.case === "start" && gone.stop().then(() => true) });
    await openSession(watching, keygenIntent("k-gone", Date.now()));
    const state = await until(watching, "k-gone", isFailed, 5_000);
    expect(state.failure).toMatchObject({ code: "coordinator/parties-missing", parties: ["p3"] });
    await watching.stop();
    engine = await theStage.engine(db.database, { limits });
  });
  it("[CO10] too few parties end the session after the grace, named", async () => {
    await act("p2");
    await openSession(engine, signIntent("s-alone", Date.now()));
    const state = await until(engine, "s-alone", isFailed);
    expect(state.failure).toMatchObject({ code: "coordinator/parties-missing", parties: ["p1", "p3"] });
  });
  it("[CO10] a party that comes within the grace is taken", async () => {
    await act("p1");
    await openSession(engine, signIntent("s-late", Date.now()));
    await act("p3");
    expect((await until(engine, "s-late", isCompleted)).status).toBe("completed");
  });
  it("[CO25] an invite that got lost is sent again", async () => {
    let lost = 0;
    await act("p1", { instead: (body) => body.case === "invite" && lost++ === 0 });
    await act("p2");
    await act("p3");
    const patient = await theStage.engine(db.second, { limits: { joinMs: 30_000 } });
    await engine.stop();
    await openSession(patient, signIntent("s-lost", Date.now()));
    const state = await until(patient, "s-lost", isCompleted);
    expect(state.attempt?.attempt).toBe(1);
    expect(lost).toBeGreaterThan(1);
    await patient.stop();
    engine = await theStage.engine(db.database, { limits });
  });
  it("[CO20] a certificate that a member holds commits a session whose acknowledgements got lost", async () => {
    await everybodyPlays();
    await openSession(engine, keygenIntent("k-first", Date.now()));
    await until(engine, "k-first", isCompleted);
    await leave();
    const certified: Actor[] = [];
    for (const id of partyIds) {
      const one = await act(id, {
        async instead(body) {
          if (body.case !== "start") return false;
          if (id !== "p2") return true;
          const { sessionId } = body.value;
          const intent = intents.get(sessionId)!;
          const acks = partyIds.map((party) => ack(party, intent));
          const certificate = create(CertificateSchema, { intent: signedOf(intent), acks });
          await one.say({ case: "committed", value: create(CommittedSchema, { sessionId, certificate }) });
          return true;
        },
      });
      certified.push(one);
    }
    const intent = keygenIntent("k-held", Date.now());
    const intents = new Map([["k-held", intent]]);
    await openSession(engine, intent);
    const state = await until(engine, "k-held", isCompleted);
    expect(state.certificate?.length).toBeGreaterThan(100);
  });
  it("[CO29] who asks for the certificate gets it if it is a member, and the abandonment if there is none", async () => {
    const one = await act("p1", { instead: () => true });
    const ask = (party: string, sessionId: string) =>
      send(theStage.broker, party, `${party}-a`, {
        case: "certificateRequest",
        value: create(CertificateRequestSchema, { sessionId }),
      });
    await ask("p9", "the-key");
    await ask("p1", "the-key");
    await expect.poll(() => kinds(one)).toEqual(["committed"]);
    const intent = keygenIntent("k-left", Date.now());
    await openSession(engine, intent);
    await engine.sessions.run("k-left", () => ({ type: "Abandon", data: { abandonment: textOf(abandonment(intent)) } }));
    await ask("p1", "k-left");
    await expect.poll(() => kinds(one)?.filter((kind) => kind === "abandoned")).toEqual(["abandoned", "abandoned"]);
  });
  it("[CO18] acknowledgements that disagree make no certificate, and the session fails by time", async () => {
    const others = new Uint8Array(32).fill(77);
    for (const id of partyIds)
      await act(id, {
        async instead(body) {
          if (body.case !== "start" || id !== "p3") return false;
          const wrong = ack("p3", intent, { h2: others });
          const value = { $typeName: "covault.v1.Acknowledged" as const, sessionId: body.value.sessionId, ack: wrong };
          await send(theStage.broker, "p3", "p3-a", { case: "acknowledged", value });
          return true;
        },
      });
    const intent = keygenIntent("k-split", Date.now());
    await openSession(engine, intent);
    const state = await until(engine, "k-split", isFailed);
    expect(state.certificate).toBeUndefined();
    expect(Object.keys(state.acks)).toHaveLength(2);
  });
});
