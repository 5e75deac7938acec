// What is heard and what is not: tokens, senders, signatures, malformed bytes.
import { create, toBinary } from "@bufbuild/protobuf";
import { coordinatorQueue } from "@covault/service-kit/messages";
import { CertificateRequestSchema, DeclineSchema, EnvelopeSchema, type Invite, RoutedMessageSchema } from "@covault/wire";
import { SignJWT } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Engine } from "../src/engine.ts";
import { joinTokens } from "../src/join-token.ts";
import { type EventStore, eventStore } from "../src/store/event-store.ts";
import { type Actor, accusation, ack, actor, joinOf, keygenIntent, partyIds, seed, send, waitsFor } from "./cast.ts";
import { anyDatabase, type TestDatabase } from "./databases.ts";
import { openSession, type Stage, secretKey, stage } from "./stage.ts";

describe("the inbox", () => {
  let db: TestDatabase;
  let store: EventStore;
  let theStage: Stage;
  let engine: Engine;
  const actors: Actor[] = [];
  let session = 0;
  let id: string;
  let invite: Invite;
  beforeAll(async () => {
    db = await anyDatabase();
    store = eventStore(db.database);
    theStage = stage();
    engine = await theStage.engine(db.database);
    for (const partyId of ["p1", "p2", "p3"])
      actors.push(await actor(theStage.broker, theStage.presence, partyId, { instead: () => true }));
  });
  beforeEach(async () => {
    id = `inbox-${++session}`;
    await openSession(engine, keygenIntent(id, Date.now()));
    const mine = () => actors[0]!.heard.find((body) => body.case === "invite" && body.value.sessionId === id);
    await expect.poll(() => mine()?.case).toBe("invite");
    const body = mine();
    if (body?.case !== "invite") throw new Error("no invite");
    invite = body.value;
  });
  afterAll(async () => {
    for (const one of actors) await one.stop();
    await engine.stop();
    await theStage.broker.close();
    await db.close();
  });

  /** The counts by verdict of one kind so far. */
  async function verdicts(kind: string): Promise<Record<string, number>> {
    const metric = await theStage.metrics.registry.getSingleMetric("covault_party_messages_total")!.get();
    return Object.fromEntries(metric.values.filter((one) => one.labels.kind === kind).map((one) => [one.labels.verdict, one.value]));
  }
  /** What became of the message that `act` sends. */
  async function verdictOf(kind: string, act: () => Promise<void>): Promise<string> {
    const before = await verdicts(kind);
    await act();
    let changed: string[] = [];
    await expect
      .poll(async () => {
        const now = await verdicts(kind);
        changed = Object.keys(now).filter((verdict) => now[verdict] !== (before[verdict] ?? 0));
        return changed.length;
      })
      .toBe(1);
    return changed[0]!;
  }
  const join = (
    change: Partial<{ party: string; instance: string; token: string; attempt: number; join: ReturnType<typeof joinOf> }> = {},
  ) => {
    const { party = "p1", instance = "p1-a", token = invite.joinToken, attempt = 1 } = change;
    const statement = change.join ?? joinOf("p1", "p1-a", invite);
    const value = { $typeName: "covault.v1.Join" as const, sessionId: id, attempt, joinToken: token, join: statement };
    return verdictOf("join", () => send(theStage.broker, party, instance, { case: "join", value }));
  };
  const claims = { sessionId: "", partyId: "p1", attempt: 1, rid: "" };
  const token = (change: Partial<typeof claims> = {}, key = secretKey, now = Date.now) =>
    joinTokens(key, now).issue({ ...claims, sessionId: id, rid: Buffer.from(invite.rid).toString("hex"), ...change }, 60_000);

  it("[CO26] hears a join with the token it was invited with", async () => {
    expect(await join()).toBe("applied");
    expect((await store.load(id)).map((event) => event.type)).toEqual(["SessionOpened", "AttemptStarted", "Joined"]);
  });
  it("[CO26] does not hear a join whose token is another party's, session's, attempt's or rid's, is forged or expired", async () => {
    expect(await join({ token: "" })).toBe("unheard");
    expect(await join({ token: await token({ partyId: "p2" }) })).toBe("unheard");
    expect(await join({ token: await token({ sessionId: "other" }) })).toBe("unheard");
    expect(await join({ token: await token({ attempt: 2 }) })).toBe("unheard");
    expect(await join({ token: await token({ rid: "00" }) })).toBe("unheard");
    expect(await join({ token: await token({}, "another key of 32 characters or more") })).toBe("unheard");
    expect(await join({ token: await token({}, secretKey, () => Date.now() - 122_000) })).toBe("unheard");
    const rid = Buffer.from(invite.rid).toString("hex");
    const none = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${Buffer.from("{}").toString("base64url")}.`;
    expect(await join({ token: none })).toBe("unheard");
    const other = await new SignJWT({ sid: id, attempt: 1, rid })
      .setProtectedHeader({ alg: "HS512" })
      .setAudience("covault/join")
      .setSubject("p1")
      .setExpirationTime("1m")
      .sign(new TextEncoder().encode(secretKey.repeat(2)));
    expect(await join({ token: other })).toBe("unheard");
    expect(await join({ token: await token() })).toBe("applied");
  });
  it("[CO36] an answer is not heard twice, nor after its attempt: the state decides, whatever its token", async () => {
    expect(await join()).toBe("applied");
    expect(await join()).toBe("unheard");
    const started = joinOf("p1", "p1-b", invite, 3);
    expect(await join({ instance: "p1-b", join: started })).toBe("applied");
    const said = { sessionId: id, attempt: 1, joinToken: invite.joinToken, code: "party/busy", message: "" };
    const decline = () =>
      verdictOf("decline", () => send(theStage.broker, "p1", "p1-b", { case: "decline", value: create(DeclineSchema, said) }));
    expect(await decline()).toBe("applied");
    expect(await decline()).toBe("unheard");
    expect(await join({ instance: "p1-b", join: started })).toBe("unheard");
  });
  it("[CO36] a join that is refused costs its token nothing", async () => {
    const good = joinOf("p1", "p1-a", invite);
    expect(await join({ join: { ...good, signature: seed(0) } })).toBe("refused");
    expect(await join()).toBe("applied");
  });
  it("[CO27] does not hear a join from another sender or instance than its signer", async () => {
    expect(await join({ party: "p2" })).toBe("unheard");
    expect(await join({ party: "p2", token: await token({ partyId: "p2" }) })).toBe("refused");
    expect(await join({ instance: "p1-b" })).toBe("unheard");
  });
  it("[CO27] refuses a join that its party did not sign, or signed for something else", async () => {
    const good = joinOf("p1", "p1-a", invite);
    expect(await join({ join: { ...good, signature: seed(0) } })).toBe("refused");
    expect(await join({ join: joinOf("p1", "p1-a", { ...invite, rid: seed(1) }) })).toBe("refused");
    expect(await join({ join: joinOf("p1", "p1-a", { ...invite, signers: [1, 2] }) })).toBe("refused");
  });
  it("[CO26] hears a refusal only with the join token, and bounds what it says", async () => {
    const decline = (joinToken: string) => {
      const said = { code: "Robert'); drop table", message: `no\u0000\u001b[2J${"x".repeat(5_000)}` };
      const value = create(DeclineSchema, { sessionId: id, attempt: 1, joinToken, ...said });
      return verdictOf("decline", () => send(theStage.broker, "p1", "p1-a", { case: "decline", value }));
    };
    expect(await decline("nothing")).toBe("unheard");
    expect(await decline(invite.joinToken)).toBe("applied");
    const declined = (await store.load(id)).find((event) => event.type === "Declined");
    expect(declined?.data).toMatchObject({ code: "coordinator/declined", message: `no  [2J${"x".repeat(193)}`.slice(0, 200) });
  });
  it("[CO2] does not hear progress or aborts of another rid or session", async () => {
    const value = { $typeName: "covault.v1.Aborted" as const, sessionId: id, attempt: 1, rid: seed(3), round: 1, code: "x/y" };
    const abort = (change: object) =>
      verdictOf("aborted", () => send(theStage.broker, "p1", "p1-a", { case: "aborted", value: { ...value, ...change } }));
    expect(await abort({})).toBe("unheard");
    expect(await abort({ rid: invite.rid, sessionId: "nobody" })).toBe("unheard");
    expect(await abort({ rid: invite.rid })).toBe("applied");
  });
  describe("a router that lies about who accuses whom", () => {
    const aborted = (signed: ReturnType<typeof accusation> | undefined, party = "p1", code = "mpc/ot-check-failed") => {
      const value = {
        $typeName: "covault.v1.Aborted" as const,
        sessionId: id,
        attempt: 1,
        rid: invite.rid,
        round: 1,
        code,
      };
      const message = { case: "aborted" as const, value: { ...value, ...(signed && { accusation: signed }) } };
      return verdictOf("aborted", () => send(theStage.broker, party, `${party}-a`, message));
    };
    const declined = async (signed: ReturnType<typeof accusation>, code = "party/pair-burned") => {
      const said = { sessionId: id, attempt: 1, code, message: "", joinToken: await token(), accusation: signed };
      const message = { case: "decline" as const, value: create(DeclineSchema, said) };
      return verdictOf("decline", () => send(theStage.broker, "p1", "p1-a", message));
    };
    const types = async () => (await store.load(id)).map((event) => event.type);
    const forged = () => {
      const good = accusation("p1", invite, [2]);
      const elsewhere = { sessionId: id, rid: seed(3) };
      return {
        "by nobody": { ...good, signature: seed(0) },
        "by another party": accusation("p2", invite, [1]),
        "by another party in this one's name": { ...accusation("p2", invite, [1]), signer: "p1" },
        "of another attempt": accusation("p1", elsewhere, [2]),
        "of another session": accusation("p1", { ...invite, sessionId: "inbox-0" }, [2]),
        "with another culprit": { ...good, body: accusation("p1", invite, [3]).body },
        "of a retry made a burn": { ...accusation("p1", invite, [2], "retry"), body: good.body },
        "that is a join": joinOf("p1", "p1-a", invite),
      };
    };
    it("[CO39] drops and counts an abort whose accusation its party did not sign for this attempt", async () => {
      for (const [how, signed] of Object.entries(forged())) expect([how, await aborted(signed)]).toEqual([how, "refused"]);
      expect(await types()).toEqual(["SessionOpened", "AttemptStarted"]);
    });
    it("[CO39] drops and counts a refusal whose accusation its party did not sign for this attempt", async () => {
      for (const [how, signed] of Object.entries(forged())) expect([how, await declined(signed)]).toEqual([how, "refused"]);
      expect(await types()).toEqual(["SessionOpened", "AttemptStarted"]);
    });
    it("[CO39] takes in one report nothing that was signed for another", async () => {
      const burned = { code: "party/pair-burned", round: 0 };
      const refusal = accusation("p1", invite, [2], "burn", { ...burned, report: "decline" });
      expect(await aborted(refusal, "p1", burned.code)).toBe("refused");
      expect(await declined(accusation("p1", invite, [2], "burn", { ...burned, report: "aborted" }))).toBe("refused");
      expect(await types()).toEqual(["SessionOpened", "AttemptStarted"]);
      expect(await declined(refusal)).toBe("applied");
    });
    it("[CO39] takes what a party signed for this attempt", async () => {
      expect(await aborted(accusation("p1", invite, [2]))).toBe("applied");
      const [first] = (await store.load(id)).filter((event) => event.type === "Aborted");
      expect(first?.data).toMatchObject({ culprits: [2], consequence: "burn", burned: [[1, 2]] });
    });
    it("[CO39] takes a wait only as its party signed it, round and all, and no accusation of another report for one", async () => {
      for (const [at, partyId] of partyIds.entries()) {
        const statement = joinOf(partyId, `${partyId}-a`, invite, at + 1);
        expect(await join({ party: partyId, instance: `${partyId}-a`, token: await token({ partyId }), join: statement })).toBe("applied");
      }
      const body = waitsFor("p1", invite, 2, [2]);
      if (body.case !== "progress") throw new Error("no progress");
      const waits = (signed: ReturnType<typeof accusation>, round = 2) =>
        verdictOf("progress", () =>
          send(theStage.broker, "p1", "p1-a", { case: "progress", value: { ...body.value, round, accusation: signed } }),
        );
      for (const [how, signed] of Object.entries(forged())) expect([how, await waits(signed)]).toEqual([how, "refused"]);
      expect(await waits(accusation("p1", invite, [2], "retry"))).toBe("refused");
      // The router may not carry it in another report, whatever its code.
      expect(await aborted(body.value.accusation)).toBe("refused");
      expect(await aborted(body.value.accusation, "p1", "coordinator/no-progress")).toBe("refused");
      expect(await declined(body.value.accusation!, "coordinator/no-progress")).toBe("refused");
      // What the router says of the round counts for nothing.
      expect(await waits(body.value.accusation!, 1)).toBe("applied");
      expect((await store.load(id)).at(-1)).toMatchObject({ type: "Waited", data: { partyId: "p1", round: 2, missing: [2] } });
    });
    it("[CO39] hears an abort without an accusation as one that holds nothing against anybody", async () => {
      expect(await aborted(undefined)).toBe("applied");
      const [first] = (await store.load(id)).filter((event) => event.type === "Aborted");
      expect(first?.data).toMatchObject({ culprits: [], consequence: "retry", burned: [] });
    });
  });
  it("[CO27] hears an acknowledgement only from its signer, and refuses a wrong one", async () => {
    const intent = keygenIntent(id, Date.now());
    const acknowledge = (party: string, statement: ReturnType<typeof ack>) =>
      verdictOf("acknowledged", () =>
        send(theStage.broker, party, `${party}-a`, {
          case: "acknowledged",
          value: { $typeName: "covault.v1.Acknowledged", sessionId: id, ack: statement },
        }),
      );
    expect(await acknowledge("p2", ack("p1", intent))).toBe("unheard");
    // This is another intent, because the time of issue differs.
    expect(await acknowledge("p1", ack("p1", keygenIntent(id, Date.now() - 5_000)))).toBe("refused");
    expect(await acknowledge("p1", { ...ack("p1", intent), signature: seed(0) })).toBe("refused");
  });
  it("[CO28] drops malformed messages, counts them, and goes on", async () => {
    const routed = (payload: Uint8Array, from?: { partyId: string; instanceId: string }) =>
      toBinary(RoutedMessageSchema, create(RoutedMessageSchema, { payload, ...(from ? { from } : {}) }));
    const envelope = toBinary(EnvelopeSchema, create(EnvelopeSchema, { body: { case: "progress", value: { sessionId: id } } }));
    const empty = toBinary(EnvelopeSchema, create(EnvelopeSchema, {}));
    const unknown = (bytes: Uint8Array) => Uint8Array.of(...bytes, 0xc0, 0x3e, 1);
    // The body's length is its second byte.
    const within = ([tag = 0, length = 0, ...body]: Uint8Array) => Uint8Array.of(tag, length + 3, ...unknown(Uint8Array.from(body)));
    const bad = [
      seed(255),
      new Uint8Array(),
      routed(seed(255), { partyId: "p1", instanceId: "" }),
      routed(envelope),
      routed(empty, { partyId: "p1", instanceId: "" }),
      // A field that is not known here: of the envelope, of what it holds, and of what carries it.
      ...[unknown(envelope), within(envelope)].map((bytes) => routed(bytes, { partyId: "p1", instanceId: "" })),
      unknown(routed(envelope, { partyId: "p1", instanceId: "" })),
    ];
    const before = (await verdicts("unknown")).malformed ?? 0;
    for (const bytes of bad) await theStage.broker.publish(coordinatorQueue, bytes);
    await expect.poll(async () => (await verdicts("unknown")).malformed).toBe(before + bad.length);
    expect(await join()).toBe("applied");
  });
  it("[CO28] drops a session id that no database takes, at once, from whomever it comes", async () => {
    for (const sessionId of ["a\u0000b", "", "x".repeat(65)])
      for (const body of [
        {
          case: "progress" as const,
          value: { $typeName: "covault.v1.Progress" as const, sessionId, attempt: 1, rid: invite.rid, round: 1 },
        },
        { case: "certificateRequest" as const, value: create(CertificateRequestSchema, { sessionId }) },
      ])
        expect(await verdictOf(body.case, () => send(theStage.broker, "p1", "a", body))).toBe("malformed");
  });
  it("[CO28] does not hear messages that parties say to each other or that a coordinator says", async () => {
    for (const body of [
      { case: "start" as const, value: { $typeName: "covault.v1.Start" as const, sessionId: id, attempt: 1, rid: invite.rid, joins: [] } },
      { case: "roundRequest" as const, value: { $typeName: "covault.v1.RoundRequest" as const, rid: invite.rid, round: 1, from: 1 } },
    ])
      expect(await verdictOf(body.case, () => send(theStage.broker, "p1", "p1-a", body))).toBe("unheard");
  });
});
