import { createHash } from "node:crypto";
import { fromBinary } from "@bufbuild/protobuf";
import { verifyAbandonment } from "@covault/trust";
import { SignedSchema } from "@covault/wire";
import { describe, expect, it } from "vitest";
import { fakeCoordinator, honest } from "../../../test/fake-coordinator.ts";
import { type Answer, testSystem } from "../../../test/system.ts";
import { certificate, initiator, jointKey } from "../../../test/trust.ts";

const system = await testSystem();
const { behaviour } = system.coordinator;

async function onlyAccount(userId: string): Promise<Answer["body"]> {
  const { accounts } = (await system.call("GET", `/api/v1/accounts?user_id=${userId}`)).body;
  expect(accounts).toHaveLength(1);
  return accounts[0];
}

describe("502: a result that does not verify activates nothing", () => {
  const lies: [string, (intent: Uint8Array) => Uint8Array][] = [
    ["another key in one acknowledgement", (intent) => certificate(intent, jointKey("k"), { otherKeyAt: 2 })],
    ["an acknowledgement signed by a stranger", (intent) => certificate(intent, jointKey("k"), { otherSignerAt: 3 })],
    ["a missing acknowledgement", (intent) => certificate(intent, jointKey("k"), { withoutAckAt: 1 })],
    ["no certificate", () => new Uint8Array()],
    ["noise", () => new Uint8Array(100).fill(7)],
  ];
  it.each(lies)("refuses %s", async (name, lie) => {
    behaviour.keygen = (intent) => lie(intent);
    const userId = `liar-${createHash("sha256").update(name).digest("hex").slice(0, 8)}`;
    const { status, body } = await system.createAccount({ user_id: userId });
    expect(status).toBe(502);
    expect(body).toMatchObject({ code: "account/bad-result", hint: expect.any(String) });
    expect(await onlyAccount(userId)).toMatchObject({
      status: "failed",
      public_key: null,
      addresses: {},
      error: { code: "account/bad-result" },
    });
    expect(await system.db.selectFrom("keys").selectAll().execute()).toEqual([]);
  });

  it("refuses the certificate of another session of its own", async () => {
    let first: Uint8Array | undefined;
    behaviour.keygen = (intent, key) => {
      first ??= certificate(intent, key);
      return first;
    };
    expect((await system.createAccount({ user_id: "first" })).status).toBe(201);
    const { status, body } = await system.createAccount({ user_id: "second" });
    expect([status, body.code]).toEqual([502, "account/bad-result"]);
    expect(await onlyAccount("second")).toMatchObject({ status: "failed" });
  });
});

describe("502: a keygen that failed", () => {
  it("says why, and tells the parties by a signed abandonment that it will never commit", async () => {
    behaviour.fail = { code: "mpc/bad-proof", message: "The proof of party 2 is wrong." };
    const { status, body } = await system.createAccount({ user_id: "failed" });
    expect(status).toBe(502);
    expect(body).toMatchObject({ code: "account/session-failed", message: expect.stringContaining("The proof of party 2 is wrong.") });
    const { keygen_session_id: sessionId } = await onlyAccount("failed");
    const sent = system.coordinator.abandoned.get(sessionId) ?? new Uint8Array();
    const intent = fromBinary(SignedSchema, system.coordinator.sessions.get(sessionId)?.signedIntent ?? new Uint8Array());
    const intentId = new Uint8Array(createHash("sha256").update(intent.body).digest());
    const expected = { sessionId, intentId, initiatorId: "account", keys: [initiator.publicKey] };
    expect(verifyAbandonment(fromBinary(SignedSchema, sent), expected)).toMatchObject({ sessionId });
  });
});

describe("503: parties missing", () => {
  it("names who is absent, and creates nothing", async () => {
    behaviour.candidates = ["server-party-2"];
    const { status, body } = await system.createAccount({ user_id: "alone" });
    expect(status).toBe(503);
    expect(body.code).toBe("account/parties-missing");
    for (const name of ["server-party-1", "server-party-3"]) expect(body.message).toContain(name);
    expect(body.message).not.toContain("Missing: server-party-2");
    expect((await system.call("GET", "/api/v1/accounts?user_id=alone")).body.accounts).toEqual([]);
  });

  it("counts neither strangers, nor expired parties, nor other roles, nor a party named twice", async () => {
    behaviour.candidates = ["server-party-1", "server-party-1", "expired", "helper", "stranger"];
    const { status, body } = await system.createAccount({ user_id: "strangers" });
    expect([status, body.code]).toEqual([503, "account/parties-missing"]);
  });

  it("lets the same idempotency key try again once they are back", async () => {
    const headers = { "idempotency-key": "order-503" };
    behaviour.candidates = [];
    expect((await system.createAccount({ user_id: "back" }, headers)).status).toBe(503);
    behaviour.candidates = ["server-party-1", "server-party-2", "server-party-3"];
    behaviour.fail = { code: "coordinator/parties-missing", message: "gone", parties: ["server-party-3"] };
    const gone = await system.createAccount({ user_id: "back" }, headers);
    expect([gone.status, gone.body.message]).toEqual([503, expect.stringContaining("server-party-3")]);
    behaviour.fail = undefined;
    expect((await system.createAccount({ user_id: "back" }, headers)).status).toBe(201);
  });

  it("says that the coordinator refuses its key, logs it once, and the same idempotency key gets its account when the key is right", async () => {
    for (const status of [401, 403]) {
      behaviour.keygen = () => undefined;
      const creating = system.createAccount({ user_id: `keyed-${status}` }, { "idempotency-key": `wrong-${status}` });
      await expect.poll(async () => (await system.call("GET", `/api/v1/accounts?user_id=keyed-${status}`)).body.accounts.length).toBe(1);
      behaviour.down = status;
      system.coordinator.finish();
      const { status: answered, body } = await creating;
      expect([answered, body.code]).toEqual([503, "account/coordinator-key-refused"]);
      expect(body.message + body.hint).toContain("COORDINATOR_API_KEY");
      // Nothing is decided, and the account may still become active.
      expect(await onlyAccount(`keyed-${status}`)).toMatchObject({ status: "creating" });
      Object.assign(behaviour, honest());
      system.coordinator.finish();
      expect((await system.createAccount({ user_id: `keyed-${status}` }, { "idempotency-key": `wrong-${status}` })).status).toBe(201);
    }
    const logged = system.log.filter(
      (line) => line.includes("COORDINATOR_API_KEY") && line.includes('"level":"error"') && line.includes('"url"'),
    );
    expect(logged).toHaveLength(2);
  });

  it("takes a coordinator's word on the intent for what it is, and the key for taken", async () => {
    behaviour.refuses = { status: 403, code: "trust/not-entitled" };
    const { status, body } = await system.createAccount({ user_id: "not-entitled" });
    expect([status, body.code]).toEqual([502, "account/coordinator-refused"]);
    Object.assign(behaviour, honest());
  });

  it("goes on with another coordinator when one refuses its key", async () => {
    const other = await fakeCoordinator();
    other.behaviour.down = 401;
    await system.restart({ coordinatorUrl: [other.url, system.coordinator.url] });
    expect((await system.createAccount({ user_id: "other-coordinator" })).status).toBe(201);
    expect(other.seen).toEqual(["GET /api/v1/candidates"]);
    await system.restart();
    await other.stop();
  });

  it("says that the coordinator is busy", async () => {
    behaviour.down = 503;
    const { status, body } = await system.createAccount({ user_id: "nobody" });
    expect([status, body.code]).toEqual([503, "account/coordinator-busy"]);
  });
});
