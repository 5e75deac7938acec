import { codes } from "@covault/errors";
import { describe, expect, it } from "vitest";
import { digest, testSystem } from "../../../test/system.ts";
import { highS, jointKey, signature, untweaked } from "../../../test/trust.ts";

const system = await testSystem();
const { behaviour } = system.coordinator;
const account = (await system.createAccount()).body;
const sign = (headers?: Record<string, string>) => system.call("POST", `/api/v1/accounts/${account.id}/sign`, { message: digest }, headers);

describe("502: a signature that does not verify is thrown away", () => {
  const bytes = new Uint8Array(Buffer.from(digest, "hex"));
  const other = new Uint8Array(32).fill(5);
  const key = system.coordinator.keyOf(account.keygen_session_id);
  const good = signature(key, untweaked(bytes));
  const lies: [string, Uint8Array][] = [
    ["a signature by another key", signature(jointKey("somebody else"), untweaked(bytes))],
    ["a signature over another digest", signature(key, untweaked(other))],
    ["a high s", highS(good)],
    ["the other recovery id", Uint8Array.of(...good.subarray(0, 64), 1 - (good[64] as number))],
    ["a recovery id above 1", Uint8Array.of(...good.subarray(0, 64), 2)],
    ["64 bytes", good.subarray(0, 64)],
    ["nothing", new Uint8Array()],
  ];
  it.each(lies)("refuses %s, now and when asked again", async (name, lie) => {
    behaviour.sign = () => lie;
    const headers = { "idempotency-key": name.replaceAll(" ", "-") };
    const first = await sign(headers);
    expect([first.status, first.body.code]).toEqual([502, "account/bad-result"]);
    const { instance, ...body } = first.body;
    expect(instance).toBe(first.headers.get("x-request-id"));
    expect(await sign(headers)).toMatchObject({ status: 502, body });
  });
});

describe("502 and 503: no signature", () => {
  it("says why the session failed", async () => {
    behaviour.fail = { code: "coordinator/attempts-exhausted", message: "Eight attempts died." };
    const { status, body } = await sign();
    expect([status, body.code, body.message]).toEqual([502, "account/session-failed", expect.stringContaining("Eight attempts died.")]);
    expect(body.hint).toContain("new Idempotency-Key");
  });

  it.each(["party/pairs-missing", "coordinator/no-quorum", "coordinator/declined"] as const)(
    "says what to do where repeating fails for ever: %s, now and when asked again",
    async (code) => {
      behaviour.fail = { code, message: "server-party-1 refused." };
      const headers = { "idempotency-key": code };
      for (const { body } of [await sign(headers), await sign(headers)])
        expect([body.code, body.hint]).toEqual(["account/session-failed", codes[code].hint]);
      behaviour.fail = undefined;
    },
  );

  it("answers with the failure again under the same idempotency key, and signs under the new one that the hint asks for", async () => {
    behaviour.fail = { code: "coordinator/attempts-exhausted", message: "Eight attempts died." };
    const { status, body: first } = await sign({ "idempotency-key": "failed-1" });
    const { instance: _, ...body } = first;
    expect(body.session_id).toMatch(/^ses_/);
    behaviour.fail = undefined;
    expect(await sign({ "idempotency-key": "failed-1" })).toMatchObject({ status, body });
    expect((await sign({ "idempotency-key": "failed-2" })).status).toBe(200);
  });

  it("names the missing parties, and signs with the same idempotency key once they are back", async () => {
    const headers = { "idempotency-key": "patient" };
    behaviour.fail = { code: "coordinator/parties-missing", message: "1 of 2", parties: ["server-party-2", "server-party-3"] };
    const { status, body } = await sign(headers);
    expect([status, body.code]).toEqual([503, "account/parties-missing"]);
    expect(body.message).toContain("server-party-2, server-party-3");
    behaviour.fail = undefined;
    expect((await sign(headers)).status).toBe(200);
  });

  it("says that the coordinator is busy when that answers so itself, and when to ask again", async () => {
    for (const [down, seconds, said] of [
      [503, "7", "7"],
      [429, "30", "30"],
      [503, undefined, "1"],
    ] as const) {
      Object.assign(behaviour, { down, retryAfter: seconds });
      const { status, body, headers } = await sign();
      expect([status, body.code, headers.get("retry-after")]).toEqual([503, "account/coordinator-busy", said]);
      expect(body.message).toContain(`${down}, http/unavailable`);
    }
  });

  it("says that the coordinator is away when nothing answers", async () => {
    const none = await system.restart({ coordinatorUrl: "http://127.0.0.1:1" }).then(() => sign());
    await system.restart();
    expect([none.status, none.body.code]).toEqual([503, "account/coordinator-unreachable"]);
  });

  it("takes a proxy's page for an absent coordinator, and the idempotency key still gets its signature", async () => {
    const headers = { "idempotency-key": "behind-a-proxy" };
    behaviour.down = 502;
    const { status, body } = await sign(headers);
    expect([status, body.code]).toEqual([503, "account/coordinator-unreachable"]);
    behaviour.down = undefined;
    expect((await sign(headers)).status).toBe(200);
  });
});
