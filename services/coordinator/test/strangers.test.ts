// What strangers can cost a coordinator: no look into its database, and no turn of the event loop
// that others wait for.
import { randomBytes } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { coordinatorQueue } from "@covault/service-kit/messages";
import {
  AbortedSchema,
  AcknowledgedSchema,
  CertificateRequestSchema,
  CertificateSchema,
  CommittedSchema,
  DeclineSchema,
  type Envelope,
  JoinSchema,
  ProgressSchema,
  SessionResultSchema,
  SignedSchema,
} from "@covault/wire";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Engine } from "../src/engine.ts";
import { type EventStore, eventStore } from "../src/store/event-store.ts";
import { seed, send } from "./cast.ts";
import { anyDatabase, type TestDatabase } from "./databases.ts";
import { type Stage, stage } from "./stage.ts";

type Body = Exclude<Envelope["body"], { case: undefined }>;

/** Messages that are well formed, about sessions that do not exist. */
function wellFormed(): Body[] {
  const sessionId = `ses_${randomBytes(16).toString("hex")}`;
  const rid = seed(3);
  const signed = create(SignedSchema, { body: seed(4), signature: new Uint8Array(64), signer: "p1" });
  const certificate = create(CertificateSchema, { intent: signed, acks: [signed] });
  return [
    { case: "join", value: create(JoinSchema, { sessionId, attempt: 1, joinToken: "token", join: signed }) },
    { case: "decline", value: create(DeclineSchema, { sessionId, attempt: 1, joinToken: "token", code: "party/busy" }) },
    { case: "progress", value: create(ProgressSchema, { sessionId, attempt: 1, rid, round: 1 }) },
    { case: "aborted", value: create(AbortedSchema, { sessionId, attempt: 1, rid, round: 1, code: "party/busy" }) },
    { case: "result", value: create(SessionResultSchema, { sessionId, attempt: 1, rid, signatures: [new Uint8Array(65)] }) },
    { case: "acknowledged", value: create(AcknowledgedSchema, { sessionId, ack: signed }) },
    { case: "committed", value: create(CommittedSchema, { sessionId, certificate }) },
    { case: "certificateRequest", value: create(CertificateRequestSchema, { sessionId }) },
  ];
}

describe("a coordinator that strangers write to", () => {
  let db: TestDatabase;
  let theStage: Stage;
  let engine: Engine;
  let looks = 0;
  beforeEach(async () => {
    db = await anyDatabase();
    theStage = stage();
    const real = eventStore(db.database);
    const store: EventStore = {
      ...real,
      load(...args) {
        looks++;
        return real.load(...args);
      },
    };
    engine = await theStage.engine(db.database, { store });
    looks = 0;
  });
  afterEach(async () => {
    await engine.stop();
    await theStage.broker.close();
    await db.close();
  });
  async function verdicts(): Promise<Record<string, number>> {
    const metric = await theStage.metrics.registry.getSingleMetric("covault_party_messages_total")!.get();
    const sums: Record<string, number> = {};
    for (const { labels, value } of metric.values) sums[String(labels.verdict)] = (sums[String(labels.verdict)] ?? 0) + value;
    return sums;
  }
  async function flood(partyId: string, times: number): Promise<number> {
    let count = 0;
    for (let n = 0; n < times; n++)
      for (const body of wellFormed()) {
        await send(theStage.broker, partyId, "a", body);
        count++;
      }
    return count;
  }

  it("[CO50] looks nothing up for whoever is in no roster and no session", async () => {
    let count = 0;
    for (const partyId of ["dev_mzuhvlpymk6xo3epygfy5h4oeaejofefn3rdhm4qfjmr2dk7fesq", "p4", "coordinator"])
      count += await flood(partyId, 40);
    await expect.poll(verdicts).toEqual({ stranger: count });
    expect(looks).toBe(0);
  });

  it("[CO50] looks up no more unknown sessions for one of the roster than its bound, and counts the others", async () => {
    const count = await flood("p1", 100);
    const sum = async () => Object.values(await verdicts()).reduce((a, b) => a + b, 0);
    await expect.poll(sum, { timeout: 20_000 }).toBe(count);
    const { "too-often": dropped = 0 } = await verdicts();
    expect(looks).toBe(count - dropped);
    expect(dropped).toBeLessThanOrEqual(count - 512);
  });

  it("[CO50] turns the event loop between messages that come to nothing", async () => {
    let turns = 0;
    let counting = true;
    const count = () => {
      turns++;
      if (counting) setImmediate(count);
    };
    for (let n = 0; n < 3_200; n++) await theStage.broker.publish(coordinatorQueue, seed(255));
    setImmediate(count);
    await expect.poll(verdicts).toEqual({ malformed: 3_200 });
    counting = false;
    // The coordinator has 32 in the works at once, which makes 100 turns. Those that pass before
    // the counting begins are not counted. Without the turning there is a handful.
    expect(turns).toBeGreaterThanOrEqual(50);
  });
});
