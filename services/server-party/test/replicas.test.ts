// Two replicas of one party on one database of PostgreSQL, of which the operator has set one up
// with other recipients than the other.
import { randomBytes } from "node:crypto";
import { openDatabase, unhurried } from "@covault/service-kit/sql";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { describe, expect, it } from "vitest";
import { withServer } from "../../../packages/service-kit/test/real-servers.ts";
import { schemaOf } from "../src/store/sql-store.ts";
import { partyIds, startSystem } from "./system.ts";

const [first, second, third] = partyIds as [string, string, string];
const recipients = [1, 2].map((byte) => secp256k1.getPublicKey(new Uint8Array(32).fill(byte), true)) as [Uint8Array, Uint8Array];
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

await withServer("PostgreSQL", (url) => {
  describe("replicas of a party with different BACKUP_RECIPIENTS", () => {
    it("drop no document of each other's recipients, whichever of them starts", async () => {
      const admin = await openDatabase({ kind: "postgres", url, poolMax: 1, times: unhurried });
      const name = `covault_replicas_test_${randomBytes(6).toString("hex")}`;
      await admin.pool.query(`CREATE DATABASE ${name}`);
      const database = await openDatabase({ kind: "postgres", url: Object.assign(new URL(url), { pathname: name }).href, poolMax: 8 });
      const system = await startSystem({ database });
      const kept = async () => {
        const { rows } = await database.pool.query(`SELECT recipient, made_at_ms FROM "${schemaOf(first)}".backups ORDER BY recipient`);
        return (rows as { recipient: Uint8Array; made_at_ms: string }[]).map((row) => `${hex(row.recipient)} ${row.made_at_ms}`);
      };
      const sealedTo = async () => (await kept()).map((row) => row.split(" ")[0]);
      const replicas = recipients.map((recipient, at) => ({ instanceId: `replica-${at}`, backups: { recipients: [recipient] } }));
      try {
        const one = await system.startParty(first, replicas[0]);
        for (const other of [second, third]) await system.startParty(other);
        await system.keygen();
        await expect.poll(sealedTo, { timeout: 20_000 }).toEqual([hex(recipients[0])]);
        const two = await system.startParty(first, replicas[1]);
        await expect.poll(sealedTo, { timeout: 20_000 }).toEqual([...recipients].map(hex).sort());
        // They are the very documents that were there, and a start of either changes none of them.
        const before = await kept();
        await one.stop();
        await two.stop();
        for (const replica of replicas) await (await system.startParty(first, replica)).stop();
        expect(await kept()).toEqual(before);
      } finally {
        await system.stop();
        await database.close();
        await admin.pool.query(`DROP DATABASE ${name} WITH (FORCE)`);
        await admin.close();
      }
    }, 120_000);
  });
});
