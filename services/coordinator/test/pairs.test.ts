// Renewals and repairs on a real store: how they end, what they lift, and who is told.
import { create, toBinary } from "@bufbuild/protobuf";
import { hex } from "@covault/crypto";
import {
  DeclineSchema,
  HoldingReportSchema,
  type Intent,
  PairAcknowledgedSchema,
  type PairCertificate,
  PairCertificateSchema,
  PairCommittedSchema,
  PairRequestSchema,
} from "@covault/wire";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Engine } from "../src/engine.ts";
import { type EventStore, eventStore } from "../src/store/event-store.ts";
import {
  type Actor,
  accusation,
  actor,
  type Body,
  epochOfIntent,
  holding,
  keygenIntent,
  keyId,
  pairAck,
  pairCertificateOf,
  partyIds,
  refreshIntent,
  renewIntent,
  repairIntent,
  seed,
  signIntent,
} from "./cast.ts";
import { anyDatabase, type TestDatabase } from "./databases.ts";
import { isCompleted, isFailed, openSession, type Stage, stage, until } from "./stage.ts";

let db: TestDatabase;
let store: EventStore;
let theStage: Stage;
let engine: Engine;
let actors: Actor[] = [];
const keygen = keygenIntent("ses_0", Date.now());
const epoch = hex(epochOfIntent(keygen));
beforeEach(async () => {
  db = await anyDatabase();
  store = eventStore(db.database);
  theStage = stage();
  engine = await theStage.engine(db.database, {
    limits: { graceMs: 300, joinMs: 1_000, storedProgressMs: 500, storedAttemptMs: 1_500, signProgressMs: 500 },
  });
  actors = await Promise.all(partyIds.map((id) => actor(theStage.broker, theStage.presence, id)));
  await runs(keygen);
});
afterEach(async () => {
  for (const one of actors) await one.stop();
  await engine.stop();
  await theStage.broker.close();
  await db.close();
});
async function runs(intent: Intent) {
  await openSession(engine, intent);
  return until(engine, intent.sessionId, (state) => isCompleted(state) || isFailed(state));
}
const party = (id: string): Actor => actors.find(({ partyId }) => partyId === id)!;
const heard = <Case extends Body["case"]>(id: string, name: Case) =>
  party(id).heard.flatMap((body) => (body.case === name ? [body.value as Extract<Body, { case: Case }>["value"]] : []));
const base64 = (certificate: PairCertificate) => Buffer.from(toBinary(PairCertificateSchema, certificate)).toString("base64");
const bytes = (certificate: PairCertificate | undefined) => certificate && hex(toBinary(PairCertificateSchema, certificate));

/** A party that has lost its pair with another one until a certificate comes. */
function loses(id: string, partner: number, code = "party/pairs-missing"): void {
  const one = party(id);
  one.instead = async (body) => {
    if (body.case !== "invite" || one.heard.some(({ case: name }) => name === "pairCommitted")) return false;
    const { sessionId, attempt, joinToken, signers } = body.value;
    if (!sessionId.startsWith("sign") || !signers.includes(partner)) return false;
    const signed = accusation(id, body.value, [partner], "burn", { code, round: 0, report: "decline" });
    await one.say({
      case: "decline",
      value: create(DeclineSchema, { sessionId, attempt, joinToken, code, message: "", accusation: signed }),
    });
    return true;
  };
}

it("[CO60] a renewal completes with a pair certificate of both ends, which both are told and the store keeps", async () => {
  const intent = renewIntent("renew_1", Date.now());
  const state = await runs(intent);
  const certificate = pairCertificateOf(intent);
  expect([state.status, state.pairCertificate]).toEqual(["completed", base64(certificate)]);
  for (const id of ["p1", "p2"]) {
    await expect.poll(() => bytes(heard(id, "pairCommitted")[0]?.certificate)).toBe(bytes(certificate));
    const invite = heard(id, "invite").find(({ sessionId }) => sessionId === "renew_1");
    expect([invite?.signers, hex(invite!.epoch), invite?.certificates.length]).toEqual([[1, 2], epoch, 1]);
  }
  expect(heard("p3", "invite").some(({ sessionId }) => sessionId === "renew_1")).toBe(false);
  expect((await store.pairsOf(hex(keyId), epoch)).map(({ pair, generation }) => [pair, generation])).toEqual([[[1, 2], 1]]);
});

it("[CO60] acknowledgements of strangers, of another pair id, of another intent or generation make no certificate", async () => {
  const intent = renewIntent("renew_1", Date.now());
  const say = (id: string, ack: ReturnType<typeof pairAck>) =>
    party(id).say({ case: "pairAcknowledged", value: create(PairAcknowledgedSchema, { sessionId: "renew_1", ack }) });
  for (const id of partyIds)
    party(id).instead = async (body) => {
      if (body.case !== "start") return false;
      if (id === "p1") await say("p1", pairAck("p1", intent));
      if (id === "p2") {
        await say("p2", pairAck("p2", intent, { pairId: seed(77) }));
        await say("p2", pairAck("p2", renewIntent("renew_2", Date.now()), { sessionId: "renew_1" }));
        await say("p2", pairAck("p2", intent, { generation: 2 }));
        await say("p2", pairAck("p1", intent));
        await say("p3", pairAck("p3", intent));
      }
      return true;
    };
  await openSession(engine, intent);
  const state = await until(engine, "renew_1", ({ status }) => status === "staged");
  expect(Object.values(state.acks).map((acks) => Object.keys(acks))).toEqual([["1"], ["2"]]);
  expect(await store.pairsOf(hex(keyId), epoch)).toEqual([]);
  // The right one comes late, and completes it.
  await say("p2", pairAck("p2", intent));
  const { pairCertificate } = await until(engine, "renew_1", isCompleted);
  expect(pairCertificate).toBe(base64(pairCertificateOf(intent)));
});

it("[CO66] an end that asks gets the other end's acknowledgement, and then the certificate", async () => {
  const intent = renewIntent("renew_1", Date.now());
  party("p2").instead = (body) => body.case === "start";
  await openSession(engine, intent);
  await until(engine, "renew_1", ({ status }) => status === "staged");
  const asks = (id: string) =>
    party(id).say({ case: "pairRequest", value: create(PairRequestSchema, { sessionId: "renew_1", intentId: seed(1) }) });
  await asks("p2");
  await expect.poll(() => heard("p2", "pairAcknowledged")[0]?.ack?.signer).toBe("p1");
  // Who is no end of the pair gets nothing.
  await asks("p3");
  await party("p2").say({
    case: "pairCommitted",
    value: create(PairCommittedSchema, { sessionId: "renew_1", certificate: pairCertificateOf(intent) }),
  });
  await until(engine, "renew_1", isCompleted);
  const before = heard("p1", "pairCommitted").length;
  await asks("p1");
  await expect.poll(() => heard("p1", "pairCommitted").length).toBeGreaterThan(before);
  expect([heard("p3", "pairAcknowledged"), heard("p3", "pairCommitted")]).toEqual([[], []]);
});

it("[CO62] a signature waits for the pair that a restored party has lost, and is made when it is made anew", async () => {
  await actors[2]!.stop();
  loses("p2", 1);
  await openSession(engine, signIntent("sign_1", Date.now()));
  const waiting = await until(engine, "sign_1", ({ wanted }) => wanted.length > 0);
  expect([waiting.status, waiting.wanted]).toEqual(["open", [[1, 2]]]);
  expect((await store.standing("sign_1"))?.wants_pairs).toBe(true);
  // It is told at once, and not after the time that the caller would wait.
  const asked = performance.now();
  await engine.sessionWatch.until("sign_1", ({ wants_pairs }) => wants_pairs, 20_000);
  expect(performance.now() - asked).toBeLessThan(5_000);
  expect((await runs(renewIntent("renew_1", Date.now()))).status).toBe("completed");
  const signed = await until(engine, "sign_1", isCompleted);
  expect(signed.attempt?.pairs?.map(({ pair }) => pair)).toEqual([[1, 2]]);
  // The next one finds nothing against the pair.
  expect((await runs(signIntent("sign_2", Date.now()))).attempt?.attempt).toBe(1);
});

it("[CO61] only a certificate that verifies lifts what is held against a pair, in whichever session's name it comes", async () => {
  await actors[2]!.stop();
  loses("p2", 1, "party/pair-burned");
  const first = await runs(signIntent("sign_1", Date.now(), { eligible: ["p1", "p2"] }));
  expect(first.failure?.code).toBe("coordinator/no-quorum");
  const intent = renewIntent("elsewhere", Date.now());
  const certificate = pairCertificateOf(intent);
  const show = (shown: PairCertificate) =>
    party("p1").say({ case: "pairCommitted", value: create(PairCommittedSchema, { sessionId: "elsewhere", certificate: shown }) });
  await show(create(PairCertificateSchema, { ...certificate, acks: [certificate.acks[0]!, certificate.acks[0]!] }));
  await show(create(PairCertificateSchema, { ...certificate, acks: [pairAck("p1", intent), pairAck("p2", intent, { pairId: seed(3) })] }));
  expect((await runs(signIntent("sign_2", Date.now(), { eligible: ["p1", "p2"] }))).failure?.code).toBe("coordinator/no-quorum");
  party("p2").instead = undefined;
  await show(certificate);
  await expect.poll(async () => (await store.pairsOf(hex(keyId), epoch)).length).toBe(1);
  expect((await runs(signIntent("sign_3", Date.now(), { eligible: ["p1", "p2"] }))).status).toBe("completed");
});

it("[CO63] a repair completes with the receiver's word for one of its attempts, and with nobody else's", async () => {
  const intent = repairIntent("repair_1", Date.now());
  const rids: Uint8Array[] = [];
  for (const id of partyIds)
    party(id).instead = async (body) => {
      // It does not answer when it is asked, too.
      if (body.case === "holdingRequest") return true;
      if (body.case !== "start") return false;
      if (id === "p3") rids.push(body.value.rid);
      return true;
    };
  await openSession(engine, intent);
  await expect.poll(() => rids.length, { timeout: 10_000 }).toBeGreaterThan(0);
  const reports = (id: string, of: ReturnType<typeof holding>) =>
    party(id).say({ case: "holdingReport", value: create(HoldingReportSchema, { holding: of }) });
  const rid = rids[0]!;
  await reports("p1", holding("p1", rid));
  await reports("p3", holding("p3", seed(5)));
  await reports("p3", holding("p3", rid, { share: "none", shareIndex: 0, publicShares: [], pairs: [], epoch: seed(1) }));
  await reports("p3", holding("p3", rid, { epoch: seed(1) }));
  await until(engine, "repair_1", ({ attempt }) => (attempt?.attempt ?? 0) >= 2);
  // It is asked in the name of the attempt that failed, and its word on that one counts still.
  await expect.poll(() => heard("p3", "holdingRequest").map(({ nonce }) => hex(nonce))).toContain(hex(rid));
  await reports("p3", holding("p3", rid));
  const state = await until(engine, "repair_1", isCompleted);
  expect([state.completedAttempt, state.holding !== undefined]).toEqual([1, true]);
});

it("[CO63] a repair whose members play along completes at its first attempt", async () => {
  const state = await runs(repairIntent("repair_1", Date.now()));
  expect([state.status, state.completedAttempt]).toEqual(["completed", 1]);
});

it("[CO64] a refresh and a renewal of one key run beside each other, and what continues no more the key's epoch is over", async () => {
  party("p2").instead = (body) => body.case === "invite" && body.value.sessionId.startsWith("renew");
  await openSession(engine, renewIntent("renew_1", Date.now()));
  await expect(openSession(engine, renewIntent("renew_2", Date.now()))).rejects.toMatchObject({ code: "coordinator/lifecycle-running" });
  expect((await runs(refreshIntent("ses_1", Date.now(), { from: keygen, epochNumber: 1 }))).status).toBe("completed");
  expect((await until(engine, "renew_1", isFailed)).failure?.code).toBe("coordinator/superseded");
});

it("[CO65] a staged renewal is passed by with the next generation", async () => {
  party("p2").instead = (body) => body.case === "start" && body.value.sessionId === "renew_1";
  await openSession(engine, renewIntent("renew_1", Date.now()));
  await until(engine, "renew_1", ({ status }) => status === "staged");
  expect((await runs(renewIntent("renew_2", Date.now(), { generation: 2 }))).status).toBe("completed");
  expect((await until(engine, "renew_1", isFailed)).failure?.code).toBe("coordinator/superseded");
});

it("[CO67] an aborted refresh makes room for the next one at once", async () => {
  await actors[2]!.stop();
  await openSession(engine, refreshIntent("ses_1", Date.now(), { from: keygen, epochNumber: 1 }));
  const next = refreshIntent("ses_2", Date.now(), { from: keygen, epochNumber: 2, holders: ["p1", "p2"], change: { dealers: [1, 2] } });
  await expect(openSession(engine, next)).rejects.toMatchObject({ code: "coordinator/lifecycle-running" });
  const { state } = await engine.sessions.run("ses_1", () => ({ type: "Stop", data: { sessionId: "ses_1" } }));
  expect([state.status, state.failure?.code]).toEqual(["failed", "coordinator/aborted"]);
  expect((await runs(next)).status).toBe("completed");
});
