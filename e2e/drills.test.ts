// The drills of docs/operations.md on the whole system: one party's database is lost for good.
// The party comes back with an empty one, and its share is made anew; later it is left out.
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { recoverAddress } from "viem";
import { afterAll, expect, it } from "vitest";
import { openDatabase } from "../packages/service-kit/src/sql/database.ts";
import { schemaOf } from "../services/server-party/src/store/sql-store.ts";
import { cleanUp, preparedDataDir, type System, startSystem } from "./system.ts";

const digest = `0x${"5a".repeat(32)}` as const;
const lost = "server-party-2";
/** A holder that comes back is connected some seconds after the system is up. */
const endsWithinMs = 60_000;

afterAll(cleanUp);

/** Asks for a further epoch of the account's key, and follows it to its end. */
async function goesOn(system: System, id: string, kind: string, body: object = {}): Promise<number> {
  const begun = await system.call("POST", `/api/v1/accounts/${id}/${kind}`, body);
  expect(begun.status, JSON.stringify(begun.body)).toBe(202);
  const deadline = performance.now() + endsWithinMs;
  for (;;) {
    const { body: session } = await system.call("GET", `/api/v1/sessions/${begun.body.session_id}`);
    if (session.status === "completed") return session.result.epoch;
    expect(["open", "running"], JSON.stringify(session)).toContain(session.status);
    expect(performance.now(), JSON.stringify(session)).toBeLessThan(deadline);
    await pause(200);
  }
}

/** The account signs with these parties, and only with them. */
async function signsWith(system: System, { id, addresses }: { id: string; addresses: { evm: string } }, parties: readonly string[]) {
  const chosen = await system.call("PUT", `/api/v1/accounts/${id}/signing-configuration`, { parties, required: parties });
  expect(chosen.status, JSON.stringify(chosen.body)).toBe(200);
  const signed = await system.call("POST", `/api/v1/accounts/${id}/sign`, { digest });
  expect(signed.status, JSON.stringify(signed.body)).toBe(200);
  expect(await recoverAddress({ hash: digest, signature: signed.body.signature.hex })).toBe(addresses.evm);
}

it("a party that lost everything gets its share anew and signs, a reshare leaves it out, and the key is the same", async () => {
  const dataDir = await preparedDataDir();
  const before = await startSystem({ dataDir });
  const made = await before.call("POST", "/api/v1/accounts", { user_id: "drill" });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  const account = made.body;
  expect(await goesOn(before, account.id, "refresh")).toBe(1);
  await before.end("SIGINT");

  const database = await openDatabase({ kind: "pglite", dir: dataDir });
  await database.pool.query(`DROP SCHEMA "${schemaOf(lost)}" CASCADE`);
  await database.close();
  const records = join(dataDir, "generations");
  for (const record of readdirSync(records).filter((name) => name.startsWith(lost))) rmSync(join(records, record));

  const system = await startSystem({ dataDir });
  const refused = await system.call("POST", `/api/v1/accounts/${account.id}/refresh`, {});
  expect([refused.status, refused.body.code]).toEqual([409, "account/share-lost"]);
  expect(await goesOn(system, account.id, "recover", { party_id: lost })).toBe(2);
  await signsWith(system, account, [lost, "server-party-1"]);

  expect(await goesOn(system, account.id, "reshare", { leave_out: [lost], threshold_n: 2, force: "2-of-2" })).toBe(3);
  await signsWith(system, account, ["server-party-1", "server-party-3"]);
  const { body: shown } = await system.call("GET", `/api/v1/accounts/${account.id}`);
  expect(shown.parties.map(({ party_id }: { party_id: string }) => party_id)).toEqual(["server-party-1", "server-party-3"]);
  expect(shown.addresses).toEqual(account.addresses);
  await system.end("SIGINT");
}, 240_000);
