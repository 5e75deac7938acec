import { describe, expect, it } from "vitest";
import { digest, testSystem } from "../../test/system.ts";

const system = await testSystem();
const account = (await system.createAccount({ user_id: "alice" })).body;
const configurationPath = `/api/v1/accounts/${account.id}/signing-configuration`;

describe("accounts", () => {
  it("reads back the account that was created", async () => {
    expect(await system.call("GET", `/api/v1/accounts/${account.id}`)).toMatchObject({ status: 200, body: account });
  });

  it("lists a user's accounts page by page, oldest first, each once", async () => {
    const made: string[] = [];
    for (let at = 0; at < 5; at++) made.push((await system.createAccount({ user_id: "bob" })).body.id);
    const seen: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const query: string = cursor === "" ? "" : `&cursor=${cursor}`;
      const { status, body } = await system.call("GET", `/api/v1/accounts?user_id=bob&limit=2${query}`);
      expect(status).toBe(200);
      expect(body.accounts.length).toBeLessThanOrEqual(2);
      seen.push(...body.accounts.map(({ id }: { id: string }) => id));
      cursor = body.next_cursor;
    }
    expect(seen).toEqual([...made].sort());
    expect((await system.call("GET", "/api/v1/accounts")).body.accounts).toHaveLength(6);
  });
});

describe("signing configuration", () => {
  it("is everybody in the order of the shares, until it is set", async () => {
    const parties = ["server-party-1", "server-party-2", "server-party-3"];
    expect(await system.call("GET", configurationPath)).toMatchObject({ status: 200, body: { parties, required: [] } });
    const wanted = { parties: ["server-party-3", "server-party-1"], required: ["server-party-3"] };
    expect(await system.call("PUT", configurationPath, wanted)).toMatchObject({ status: 200, body: wanted });
    expect((await system.call("GET", configurationPath)).body).toEqual(wanted);
  });
});

describe("sessions", () => {
  it("shows a keygen: status, parties, thresholds, result, events", async () => {
    const { status, body } = await system.call("GET", `/api/v1/sessions/${account.keygen_session_id}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      session_id: account.keygen_session_id,
      account_id: account.id,
      kind: "keygen",
      status: "completed",
      threshold_t: 2,
      threshold_n: 3,
      parties: [1, 2, 3].map((index) => ({ party_id: `server-party-${index}`, share_index: index, state: "joined" })),
      result: { public_key: account.public_key, addresses: account.addresses },
      error: null,
      events: [{ seq: 1, type: "SessionOpened", at: "2026-01-01T00:00:00.000Z" }],
    });
  });

  it("shows a signature, also while the coordinator is away", async () => {
    const signed = (await system.call("POST", `/api/v1/accounts/${account.id}/sign`, { message: digest })).body;
    const result = { digest: `0x${digest}`, message: `0x${digest}`, signature: signed.signature };
    const there = await system.call("GET", `/api/v1/sessions/${signed.session_id}`);
    expect(there.body).toMatchObject({ kind: "sign", status: "completed", result });
    system.coordinator.behaviour.down = 503;
    const away = await system.call("GET", `/api/v1/sessions/${signed.session_id}`);
    expect(away).toMatchObject({ status: 200, body: { status: "completed", result } });
  });

  it("shows a running session as running, and takes over the result that nobody waited for", async () => {
    const { sign } = system.coordinator.behaviour;
    let begun = (): void => {};
    const running = new Promise<void>((done) => {
      begun = done;
    });
    system.coordinator.behaviour.sign = () => {
      begun();
      return undefined;
    };
    const before = new Set(system.coordinator.sessions.keys());
    const cut = system.call("POST", `/api/v1/accounts/${account.id}/sign`, { message: digest }).catch(() => undefined);
    await running;
    const [id] = [...system.coordinator.sessions.keys()].filter((key) => !before.has(key));
    expect((await system.call("GET", `/api/v1/sessions/${id}`)).body).toMatchObject({ status: "running", result: null });
    await system.restart();
    await cut;
    system.coordinator.behaviour.sign = sign;
    system.coordinator.finish();
    expect((await system.call("GET", `/api/v1/sessions/${id}`)).body).toMatchObject({
      status: "completed",
      result: { signature: { hex: expect.stringMatching(/^0x[0-9a-f]{130}$/) } },
    });
  });

  it("never shows a result that does not verify", async () => {
    system.coordinator.behaviour.sign = () => new Uint8Array(65).fill(1);
    const before = new Set(system.coordinator.sessions.keys());
    await system.call("POST", `/api/v1/accounts/${account.id}/sign`, { message: digest });
    const [id] = [...system.coordinator.sessions.keys()].filter((key) => !before.has(key));
    const { body } = await system.call("GET", `/api/v1/sessions/${id}`);
    expect(body).toMatchObject({ status: "failed", result: null, error: { code: "account/bad-result" } });
  });
});
