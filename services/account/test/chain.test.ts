// These tests use an account whose key has gone on to further epochs. Its chain of certificates is
// read as a whole, and nothing of it can be taken away.

import { openKey } from "@covault/trust";
import { expect, it } from "vitest";
import type { KeyRow } from "../src/store/tables.ts";
import { digest, storeOf, testSystem } from "./system.ts";
import { initiator, refreshed } from "./trust.ts";

const system = await testSystem();
const { db, coordinator } = system;
const store = storeOf(db);

const keysOf = () => [initiator.publicKey];

/** Gives an account whose key was refreshed, with its rows as a further epoch leaves them. */
async function refreshedAccount(): Promise<{ id: string; row: KeyRow; certificates: Uint8Array[] }> {
  const { id, keygen_session_id: sessionId } = (await system.createAccount()).body;
  const { mac: _, ...values } = await db.selectFrom("keys").selectAll().where("account_id", "=", id).executeTakeFirstOrThrow();
  const epoch = await db.selectFrom("epochs").selectAll().where("key_id", "=", values.key_id).executeTakeFirstOrThrow();
  const founding = new Uint8Array(epoch.certificate);
  // The number has more than 31 bits, since it is unsigned on the wire.
  const later = refreshed(founding, coordinator.keyOf(sessionId), 3_000_000_000);
  const key = openKey(founding, [later], { keysOf, foundingIntentId: "any" });
  const { created_at: _at, ...same } = values;
  const certificates = [founding, later];
  const continued = { ...same, epoch: key.epoch, epoch_number: 3_000_000_000 };
  await store.transaction(({ keys }) => keys.advance(continued, [founding], certificates, new Date()));
  const row = await db.selectFrom("keys").selectAll().where("account_id", "=", id).executeTakeFirstOrThrow();
  return { id, row, certificates };
}
const write = (row: KeyRow) => db.updateTable("keys").set(row).where("key_id", "=", row.key_id).execute();
const read = (id: string) => system.call("GET", `/api/v1/accounts/${id}`);
const sign = (id: string) => system.call("POST", `/api/v1/accounts/${id}/sign`, { message: digest });

it("a key of a later epoch is read from its chain, and signs", async () => {
  const { id } = await refreshedAccount();
  expect(await read(id)).toMatchObject({ status: 200, body: { status: "active", addresses: { evm: expect.any(String) } } });
  expect((await sign(id)).status).toBe(200);
});

it("500: a chain that lost its last certificate, or whose row names the epoch before, is altered", async () => {
  const { id, row, certificates } = await refreshedAccount();
  const [founding = new Uint8Array()] = certificates;
  const { epoch } = openKey(founding, [], { keysOf, foundingIntentId: "any" });
  const { mac: _, ...values } = row;
  await write(store.keys.seal({ ...values, epoch, epoch_number: 0 }, certificates));
  expect((await read(id)).body.code).toBe("account/altered-row");
  await write(row);
  expect((await read(id)).status).toBe(200);
  await db.deleteFrom("epochs").where("key_id", "=", row.key_id).where("epoch_number", "=", 3_000_000_000).execute();
  for (const { status, body } of [await read(id), await sign(id)]) expect([status, body.code]).toEqual([500, "account/altered-row"]);
});

it("a signature reads its account's key once, and its own session not at all", async () => {
  const { id } = await refreshedAccount();
  const asked: string[] = [];
  // This is what kysely sees of the pool.
  const pool = system.database.pool as unknown as { connect: () => Promise<{ query: (text: string, ...more: unknown[]) => unknown }> };
  const { connect } = pool;
  pool.connect = async () => {
    const client = await connect.call(system.database.pool);
    if (Object.hasOwn(client, "counted")) return client;
    const query = client.query.bind(client);
    const counting = (text: string, ...more: unknown[]) => {
      asked.push(text);
      return query(text, ...more);
    };
    return Object.assign(client, { counted: true, query: counting });
  };
  const reads = (table: string) => asked.filter((text) => text.startsWith("select") && text.includes(`"${table}"`)).length;
  const counted: object[] = [];
  try {
    for (const headers of [{}, { "idempotency-key": "counted" }]) {
      asked.length = 0;
      expect((await system.call("POST", `/api/v1/accounts/${id}/sign`, { message: digest }, headers)).status).toBe(200);
      counted.push({ keys: reads("keys"), sessions: reads("sessions"), all: asked.length });
    }
  } finally {
    pool.connect = connect;
  }
  // One statement reads the keys and their certificates. The account's row names the intent that
  // founded the key, so the keygen's session is not read.
  expect(counted).toEqual([
    { keys: 1, sessions: 0, all: 4 },
    { keys: 1, sessions: 0, all: 5 },
  ]);
});
