// What the account service makes of its holders' words about sealed backups. A key is backed up
// when t holders of its epoch have signed that they have sealed to somebody, and by nothing else.
import { sha256, utf8 } from "@covault/crypto";
import { CovaultError } from "@covault/errors";
import { describe, expect, it } from "vitest";
import { testSystem } from "./system.ts";
import { backupOf, identity } from "./trust.ts";

const system = await testSystem();
const digest = (text: string): Uint8Array => sha256(utf8(text));
const { behaviour } = system.coordinator;
const fresh = async (): Promise<string> => (await system.createAccount()).body.id;
const path = (id: string): string => `/api/v1/accounts/${id}/backups`;
const ask = (id: string, body: object = {}) => system.call("POST", path(id), body);
const list = async (id: string) => (await system.call("GET", path(id))).body.keys[0];
const isShown = async (id: string): Promise<boolean> => (await system.call("GET", `/api/v1/accounts/${id}/keys`)).body.keys[0].backed_up;
async function refreshed(id: string): Promise<void> {
  const { body } = await system.call("POST", `/api/v1/accounts/${id}/refresh`, {});
  await expect.poll(async () => (await system.call("GET", `/api/v1/sessions/${body.session_id}`)).body.status).toBe("completed");
}
const states = ({ parties }: { parties: { state: string; copies: object[] }[] }) =>
  parties.map(({ state, copies }) => [state, copies.length]);

describe("the backups of an account", () => {
  it("are shown as not there before anybody has said a word", async () => {
    const id = await fresh();
    const key = await list(id);
    expect([key.backed_up, states(key), await isShown(id)]).toEqual([
      false,
      [
        ["silent", 0],
        ["silent", 0],
        ["silent", 0],
      ],
      false,
    ]);
  });

  it("are asked for, kept as each holder has signed, and shown with the key", async () => {
    const id = await fresh();
    const { status, body } = await ask(id);
    expect(status).toBe(200);
    expect(body.keys[0]).toMatchObject({ epoch: 0, threshold_t: 2, backed_up: true });
    expect(body.keys[0].parties[0]).toMatchObject({
      party_id: "server-party-1",
      share_index: 1,
      state: "answered",
      copies: [{ recipient: `0x${Buffer.from(digest("recipient")).toString("hex")}`, made_at: "2026-11-30T10:00:00.000Z" }],
    });
    expect(await list(id)).toEqual(body.keys[0]);
    expect(await isShown(id)).toBe(true);
    const { events } = (await system.call("GET", "/api/v1/events?limit=100")).body;
    expect(events.at(-1)).toMatchObject({ act: "backups.asked", object: { account_id: id }, data: { key_id: body.keys[0].key_id } });
  });

  it("of fewer than t holders are no backup, and neither are those that are sealed to nobody", async () => {
    const id = await fresh();
    behaviour.seals = (partyId, asked) => (partyId === "server-party-1" ? backupOf(partyId, asked) : undefined);
    expect((await ask(id)).body.keys[0]).toMatchObject({ backed_up: false });
    behaviour.seals = (partyId, asked) => backupOf(partyId, asked, { copies: [] });
    const key = (await ask(id)).body.keys[0];
    expect([key.backed_up, states(key), await isShown(id)]).toEqual([
      false,
      [
        ["answered", 0],
        ["answered", 0],
        ["answered", 0],
      ],
      false,
    ]);
    expect(JSON.stringify(system.log)).not.toContain("unreadable");
  });

  it("count under the holder's own key, for this key, epoch, index and question", async () => {
    const id = await fresh();
    behaviour.seals = (partyId, asked) => backupOf(partyId, asked, { epoch: digest("another epoch"), epochNumber: 7 });
    expect(states((await ask(id)).body.keys[0])).toEqual(Array.from({ length: 3 }, () => ["behind", 0]));
    behaviour.seals = (partyId, asked) => backupOf(partyId, asked, { shareIndex: 9 });
    expect(states((await ask(id)).body.keys[0])).toEqual(Array.from({ length: 3 }, () => ["behind", 0]));
    const other = await fresh();
    behaviour.seals = (partyId, asked) => ({ ...backupOf("server-party-1", asked), signer: partyId });
    expect(states((await ask(other)).body.keys[0])).toEqual([
      ["answered", 1],
      ["silent", 0],
      ["silent", 0],
    ]);
    for (const change of [{ keyId: digest("another key") }, { nonce: digest("another question") }]) {
      const third = await fresh();
      behaviour.seals = (partyId, asked) => backupOf(partyId, asked, change);
      expect((await ask(third)).body.keys[0].backed_up).toBe(false);
    }
  });

  it("are gone with an epoch: what was said of the one before counts for nothing", async () => {
    const id = await fresh();
    await ask(id);
    await refreshed(id);
    const key = await list(id);
    expect([key.epoch, key.backed_up, states(key)[0]]).toEqual([1, false, ["behind", 0]]);
    expect((await ask(id)).body.keys[0]).toMatchObject({ epoch: 1, backed_up: true });
  });

  it("are worth nothing when the database was altered", async () => {
    const id = await fresh();
    behaviour.seals = () => undefined;
    await ask(id);
    const key = await list(id);
    const keyId = new Uint8Array(Buffer.from(key.key_id.slice(2), "hex"));
    const forged = identity("stranger").statement("covault/backup/v1" as never, new Uint8Array([1]));
    await system.db
      .insertInto("backups")
      .values({ key_id: keyId, party_id: "server-party-1", statement: forged.body, said_at: new Date() })
      .execute();
    expect(states(await list(id))[0]).toEqual(["silent", 0]);
  });

  it("take no recipient from anybody: a body that has one is refused, and nobody is asked", async () => {
    const id = await fresh();
    const before = system.coordinator.seen.length;
    for (const field of ["recipient", "recipients", "public_key", "to"]) {
      const { status, body } = await ask(id, { [field]: `02${"ab".repeat(32)}` });
      expect([status, body.errors]).toEqual([400, [{ pointer: `/${field}`, message: "unknown field" }]]);
    }
    expect(system.coordinator.seen.slice(before)).toEqual([]);
  });

  it("of one key are asked for by its scheme, and another's is no such key", async () => {
    const id = await fresh();
    expect((await ask(id, { key: "ecdsa-secp256k1" })).status).toBe(200);
    expect((await ask(id, { key: "eddsa-ed25519" })).body.code).toBe("account/no-such-key");
  });

  it("are asked for by the service itself, once for every epoch", async () => {
    const id = await fresh();
    await system.service().lookAtBackups();
    expect(await isShown(id)).toBe(true);
    const asked = () => system.coordinator.seen.filter((one) => one === "POST /api/v1/backups").length;
    const before = asked();
    await system.service().lookAtBackups();
    expect(asked()).toBe(before);
    await refreshed(id);
    expect(await list(id)).toMatchObject({ epoch: 1 });
    await system.service().lookAtBackups();
    expect([asked(), await isShown(id)]).toEqual([before + 1, true]);
  });

  it("cannot be asked for while the coordinator is away", async () => {
    const id = await fresh();
    behaviour.down = 503;
    expect((await ask(id)).status).toBe(503);
    await system.service().lookAtBackups();
    expect(new CovaultError("account/coordinator-unreachable", "").kind).toBe("io");
  });
});
