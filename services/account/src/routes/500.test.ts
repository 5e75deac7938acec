import { describe, expect, it } from "vitest";
import { digest, testSystem } from "../../test/system.ts";
import { jointKey } from "../../test/trust.ts";
import { hashApiKey } from "../store/api-keys.ts";

const system = await testSystem();
const account = (await system.createAccount({ user_id: "victim" })).body;
const thief = (await system.createAccount({ user_id: "thief" })).body;
const sessionsBefore = system.coordinator.sessions.size;

/** Alters the database, looks, and puts everything back. */
async function altered(sql: string, look: () => Promise<void>): Promise<void> {
  const tables = ["sessions", "keys", "epochs", "accounts", "api_keys", "idempotency"];
  for (const table of tables) await system.database.pool.query(`CREATE TABLE account.copy_${table} AS SELECT * FROM account.${table}`);
  await system.database.pool.query("SET session_replication_role = replica");
  const changed = await system.database.pool.query(`SET search_path TO account; ${sql}; SET search_path TO public`);
  const result = (Array.isArray(changed) ? changed : [changed]).reduce((sum, part) => sum + (part.rowCount ?? 0), 0);
  expect(result, "rows that the attacker changed").toBeGreaterThan(0);
  try {
    await look();
  } finally {
    for (const table of tables) {
      await system.database.pool.query(`DELETE FROM account.${table}`);
      await system.database.pool.query(
        `INSERT INTO account.${table} SELECT * FROM account.copy_${table}; DROP TABLE account.copy_${table}`,
      );
    }
    await system.database.pool.query("SET session_replication_role = DEFAULT");
  }
}

const victim = `account_id = '${account.id}'`;
const robber = `account_id = '${thief.id}'`;
const foreign = Buffer.from(jointKey("foreign").publicKey).toString("hex");

describe("500: an altered database redirects nothing and signs nothing", () => {
  it.each([
    ["the public key of a key", `UPDATE keys SET public_key = '\\x${foreign}' WHERE ${victim}`],
    ["the chain code of a key", `UPDATE keys SET chain = sha256('x') WHERE ${victim}`],
    ["the MAC of a key", `UPDATE keys SET mac = sha256('x') WHERE ${victim}`],
    ["a key bound to another account", `DELETE FROM keys WHERE ${victim}; UPDATE keys SET account_id = '${account.id}' WHERE ${robber}`],
    [
      "a certificate replaced by another's",
      `UPDATE epochs SET certificate = (SELECT certificate FROM epochs JOIN keys USING (key_id) WHERE ${robber}) WHERE key_id = (SELECT key_id FROM keys WHERE ${victim})`,
    ],
    ["a key that was deleted", `DELETE FROM keys WHERE ${victim}`],
    ["the threshold of an account", `UPDATE accounts SET threshold_t = 3 WHERE ${victim}`],
    ["the user of an account", `UPDATE accounts SET user_id = 'mallory' WHERE ${victim}`],
    ["who signs for an account", `UPDATE accounts SET signing_parties = '["server-party-1","server-party-2"]' WHERE ${victim}`],
    ["a keygen session of another account", `UPDATE accounts SET keygen_session_id = 'ses_x' WHERE ${victim}`],
  ])("%s", async (_, sql) => {
    await altered(sql, async () => {
      const read = await system.call("GET", `/api/v1/accounts/${account.id}`);
      const signed = await system.call("POST", `/api/v1/accounts/${account.id}/sign`, { message: digest });
      for (const { status, body } of [read, signed]) {
        expect([status, body.code]).toEqual([500, "account/altered-row"]);
        expect(body).not.toHaveProperty("public_key");
      }
      expect(system.coordinator.sessions.size).toBe(sessionsBefore);
      // The tenant's other accounts are listed, and the altered one is named.
      const list = await system.call("GET", "/api/v1/accounts");
      expect(list.status).toBe(200);
      expect(list.body.altered).toContain(account.id);
      expect(list.body.accounts.map(({ id }: { id: string }) => id)).not.toContain(account.id);
      if (!sql.includes(robber)) expect(list.body.accounts).toEqual([thief]);
    });
    expect((await system.call("GET", `/api/v1/accounts/${account.id}`)).body).toEqual(account);
  });

  it("an API key written by somebody who can only write rows", async () => {
    const mac = Buffer.alloc(32, 1).toString("hex");
    const hash = hashApiKey("planted-key-0123456789").toString("hex");
    const sql = `INSERT INTO api_keys VALUES ('planted', 'default', '\\x${hash}', 'x', null, null, now(), '\\x${mac}')`;
    await altered(sql, async () => {
      const { status, body } = await system.call("GET", "/api/v1/accounts", undefined, { "x-api-key": "planted-key-0123456789" });
      expect([status, body.code]).toEqual([500, "account/altered-row"]);
    });
  });

  it("an idempotency key pointed at another's account, or at another signature", async () => {
    const headers = { "idempotency-key": "redirect" };
    const mine = (await system.createAccount({ user_id: "me" }, headers)).body;
    await altered(
      `UPDATE idempotency SET session_id = '${thief.keygen_session_id}' WHERE session_id = '${mine.keygen_session_id}'`,
      async () => {
        const { status, body } = await system.createAccount({ user_id: "me" }, headers);
        expect([status, body.code]).toEqual([500, "account/altered-row"]);
      },
    );
    const sign = (key: string, message: string) =>
      system.call("POST", `/api/v1/accounts/${account.id}/sign`, { message }, { "idempotency-key": key });
    const one = (await sign("one", digest)).body;
    const two = (await sign("two", "cd".repeat(32))).body;
    await altered(`UPDATE idempotency SET session_id = '${two.session_id}' WHERE session_id = '${one.session_id}'`, async () => {
      expect((await sign("one", digest)).body.code).toBe("account/altered-row");
    });
    await altered(
      `UPDATE sessions SET signature = (SELECT signature FROM sessions WHERE session_id = '${two.session_id}') WHERE session_id = '${one.session_id}'`,
      async () => {
        expect((await sign("one", digest)).body.code).toBe("account/altered-row");
      },
    );
  });
});
