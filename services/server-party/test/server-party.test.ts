// A server party as it is in production, on the real router and coordinator: what it survives, and
// what it refuses.
import { fromBinary } from "@bufbuild/protobuf";
import { type Generation, Vault } from "@covault/party";
import { memoryGeneration } from "@covault/testkit";
import { intentIdOf, verifyEcdsa } from "@covault/trust";
import { SignedSchema } from "@covault/wire";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openBlob } from "../../../packages/party/src/vault/blob.ts";
import { shareAad } from "../../../packages/party/src/vault/vault.ts";
import { reseal } from "../src/reseal.ts";
import { openSqlStore, schemaOf } from "../src/store/sql-store.ts";
import { type Key, masterKey, partyIds, type System, startSystem } from "./system.ts";

const digest = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const [first, second, third] = partyIds as [string, string, string];
let system: System;
let key: Key;

beforeAll(async () => {
  system = await startSystem();
  for (const partyId of partyIds) await system.startParty(partyId);
  key = await system.keygen();
});
afterAll(() => system.stop());

const sql = (party: string, statement: string, ...values: unknown[]) =>
  system.database.pool.query(statement.replaceAll("@", `"${schemaOf(party)}"`), values);
async function restart(party: string, ...config: Parameters<System["startParty"]>[1][]): Promise<void> {
  await system.parties.get(party)?.stop();
  await system.startParty(party, config[0]);
}
async function signs(signers: readonly string[], byte: number): Promise<boolean> {
  const session = await system.sign(key, digest(byte), signers);
  const signature = Buffer.from(session.result?.signature?.replace("0x", "") ?? "", "hex");
  return session.status === "completed" && verifyEcdsa(key.publicKey, digest(byte), new Uint8Array(signature.subarray(0, 64)));
}

type Line = Record<"session_id" | "party_id" | "msg" | "code", string> & { readonly attempt: number; readonly events?: string[] };
const linesOf = (sessionId?: string): Line[] =>
  system.logLines.map((line) => JSON.parse(line) as Line).filter((line) => sessionId === undefined || line.session_id === sessionId);

describe("server party", () => {
  it("has one name for the session in every line, the coordinator's and each party's", async () => {
    const lines = () => linesOf(key.sessionId);
    const events = lines().flatMap((line) => (line.msg === "session events" ? (line.events ?? []) : []));
    expect(events).toEqual(expect.arrayContaining(["SessionOpened", "AttemptReady", "Completed"]));
    for (const party of partyIds) {
      const told = () => lines().flatMap(({ party_id, msg, attempt }) => (party_id === party ? [[msg, attempt]] : []));
      // The coordinator may have the certificate a moment before a party has it.
      await expect.poll(told).toEqual(
        expect.arrayContaining([
          ["joined", 1],
          ["started", 1],
          ["staged", 1],
          ["committed", undefined],
        ]),
      );
    }
    expect(system.logLines.join("")).not.toContain("sessionId");
  });

  it("makes a key with two others and signs with either of them", async () => {
    expect(await signs([first, second], 1)).toBe(true);
    expect(await signs([second, third], 2)).toBe(true);
  });

  it("is the same party after a restart: its share opens and signs", async () => {
    await restart(second);
    expect(await signs([first, second], 3)).toBe(true);
  });

  it("says whether it can work", async () => {
    await expect(system.parties.get(first)?.check()).resolves.toBeUndefined();
  });

  it("does not start with another master key, and names the variable and itself", async () => {
    await system.parties.get(third)?.stop();
    const wrong = system.startParty(third, { masterKey: digest(0x77) });
    await expect(wrong).rejects.toMatchObject({
      code: "party/wrong-master-key",
      message: expect.stringMatching(/CRYPTO_MASTER_KEY.*server-party-3/),
    });
    await system.startParty(third);
    expect(await signs([first, third], 4)).toBe(true);
  });

  it("takes a new master key while the former one is given too, and not without it while that has sealed its share", async () => {
    await restart(third, { masterKey: digest(0x78), formerMasterKeys: [masterKey] });
    expect(await signs([first, third], 5)).toBe(true);
    await system.parties.get(third)?.stop();
    await expect(system.startParty(third, { masterKey: digest(0x78) })).rejects.toMatchObject({ code: "party/wrong-master-key" });
    await system.startParty(third, { masterKey: digest(0x78), formerMasterKeys: [masterKey] });
  });

  it("has its secrets sealed anew while it works, and then starts and signs without the former master key", async () => {
    const keys = [digest(0x78), masterKey];
    for await (const { total, done } of reseal(system.database, third, keys)) expect([total, done]).toEqual([3, 3]);
    expect(await signs([first, third], 6)).toBe(true);
    await restart(third, { masterKey: digest(0x78) });
    expect(await signs([first, third], 7)).toBe(true);
  });

  it("does not start under an identity that the roster does not give it", async () => {
    await system.parties.get(third)?.stop();
    await expect(system.startParty(third, { identitySeed: digest(0x55), identity: undefined as never })).rejects.toMatchObject({
      code: "trust/unknown-party",
    });
    await system.startParty(third, { masterKey: digest(0x78), formerMasterKeys: [masterKey] });
  });

  it("has its share nowhere in the clear: in no column of any table, in no log line", async () => {
    const [row] = (await sql(first, "SELECT * FROM @.shares")).rows as Record<
      "key_id" | "epoch" | "record" | "secret" | "intent",
      Buffer
    >[];
    const { key_id, epoch, record, secret, intent } = row as NonNullable<typeof row>;
    const aad = shareAad(first, key_id, epoch, record, intentIdOf(fromBinary(SignedSchema, intent).body));
    const vault = await Vault.open(first, [masterKey]);
    const plain = Buffer.from(await openBlob(await vault.shareKeys(key_id, epoch), aad, secret)).subarray(-32);
    const tables = (
      await system.database.pool.query("SELECT table_name FROM information_schema.tables WHERE table_schema = $1", [schemaOf(first)])
    ).rows;
    expect(tables.length).toBeGreaterThan(10);
    let columns = 0;
    for (const { table_name } of tables as { table_name: string }[])
      for (const stored of (await sql(first, `SELECT * FROM @."${table_name}"`)).rows as Record<string, unknown>[])
        for (const value of Object.values(stored)) {
          columns++;
          const bytes = value instanceof Uint8Array ? Buffer.from(value) : Buffer.from(String(value));
          expect(bytes.includes(plain) || bytes.includes(Buffer.from(masterKey))).toBe(false);
        }
    expect(columns).toBeGreaterThan(20);
    const log = system.logLines.join("");
    for (const hidden of [plain, Buffer.from(masterKey)])
      for (const encoding of ["hex", "base64", "base64url"] as const) expect(log).not.toContain(hidden.toString(encoding));
  });

  it("commits after a crash between staging and commit: it asks for the certificate until it has it, and signs", async () => {
    await system.parties.get(second)?.stop();
    await sql(second, "UPDATE @.shares SET status = 'staged'");
    await sql(second, "DELETE FROM @.certificates");
    await system.startParty(second);
    await expect
      .poll(async () => (await sql(second, "SELECT status FROM @.shares")).rows, { timeout: 20_000 })
      .toEqual([{ status: "committed" }]);
    expect(await signs([first, second], 6)).toBe(true);
  });

  it.each([
    [
      "the secret part of its share",
      "UPDATE @.shares SET secret = set_byte(secret, length(secret) - 1, get_byte(secret, length(secret) - 1) # 1)",
    ],
    ["its pairs", "UPDATE @.pairs SET sealed = set_byte(sealed, 5000, get_byte(sealed, 5000) # 1)"],
  ])("refuses to sign when somebody altered %s at rest, and signs again when it is whole", async (_what, tamper) => {
    await sql(second, tamper);
    const session = await system.sign(key, digest(7), [first, second], 2_000);
    expect(session.status).toBe("failed");
    const ended = linesOf().filter((line) => line.code === "party/unreadable-secret" && line.party_id === second);
    expect(ended[0]).toMatchObject({ session_id: expect.stringMatching(/^ses_/), attempt: 1, message: expect.stringMatching(/\.$/) });
    await sql(second, tamper);
    expect(await signs([first, second], 8)).toBe(true);
  });

  it("refuses the share of another party moved into its store", async () => {
    const { rows } = await sql(first, "SELECT secret FROM @.shares");
    const mine = (await sql(second, "SELECT secret FROM @.shares")).rows[0] as { secret: Buffer };
    await sql(second, "UPDATE @.shares SET secret = $1", (rows[0] as { secret: Buffer }).secret);
    const session = await system.sign(key, digest(9), [first, second], 2_000);
    expect(session.status).toBe("failed");
    await sql(second, "UPDATE @.shares SET secret = $1", mine.secret);
    expect(await signs([first, second], 10)).toBe(true);
  });

  it("says so in its health when its record cannot be read, and takes it up again", async () => {
    const { read, raise } = memoryGeneration();
    const record = memoryGeneration();
    let away = false;
    const generation: Generation = {
      read: () => (away ? Promise.reject(new Error("the disk is gone")) : read.call(record)),
      raise: (next) => raise.call(record, next),
    };
    await system.parties.get(third)?.stop();
    const given = { masterKey: digest(0x78), formerMasterKeys: [masterKey], limits: { generationMs: 20 } };
    const party = await system.startParty(third, given, generation);
    const health = () =>
      party.check().then(
        () => "ok",
        (error: Error) => error.message,
      );
    expect(await health()).toBe("ok");
    away = true;
    await expect.poll(health).toBe("the disk is gone");
    expect(await signs([first, third], 11)).toBe(true);
    away = false;
    await expect.poll(health).toBe("ok");
  });

  it("does not start on a new store when its record has counted another one, and marks neither: the right store is still the live one", async () => {
    const generation = memoryGeneration();
    await system.parties.get(second)?.stop();
    await system.startParty(second, {}, generation);
    await system.parties.get(second)?.stop();
    const { record } = generation;
    const { pool } = system.database;
    // A wrong DATABASE_URL would find the database like this.
    await pool.query(`ALTER SCHEMA "${schemaOf(second)}" RENAME TO elsewhere`);
    for (let starts = 0; starts < 2; starts++)
      await expect(system.startParty(second, {}, generation)).rejects.toMatchObject({
        code: "party/foreign-store",
        hint: expect.stringMatching(/DATABASE_URL/),
      });
    expect(generation.record).toEqual(record);
    expect((await sql(second, "SELECT marks, generation::int FROM @.party")).rows).toEqual([{ marks: 0, generation: 0 }]);
    await pool.query(`DROP SCHEMA "${schemaOf(second)}" CASCADE`);
    await pool.query(`ALTER SCHEMA elsewhere RENAME TO "${schemaOf(second)}"`);
    await system.startParty(second, {}, generation);
    expect(await signs([first, second], 12)).toBe(true);
  });

  it("that was restored costs one attempt, is not chosen again, and is told from a party that has cheated", async () => {
    const other = await system.keygen();
    const keyId = Buffer.from(other.keyId).toString("hex");
    const sign = (byte: number, required: readonly string[]) => system.sign(other, digest(byte), partyIds, 20_000, required);
    expect(await sign(1, [])).toMatchObject({ status: "completed", attempt: 1 });
    await system.parties.get(first)?.stop();
    const { store } = await openSqlStore(system.database, first);
    await store.markRestored({ seen: (await store.standing()).generation, generation: 1, refuseUpToMs: Date.now() });
    await system.startParty(first);

    expect(await sign(2, [])).toMatchObject({ status: "completed", attempt: 2 });
    expect(await sign(3, [])).toMatchObject({ status: "completed", attempt: 1 });
    const ofKey = (await system.burns()).filter((burn) => "key_id" in burn && burn.key_id === keyId);
    expect(ofKey).toMatchObject([
      { parties: [first, second], code: "party/pairs-missing", reported_by: first },
      { parties: [first, third], code: "party/pairs-missing", reported_by: first },
    ]);
    // A signature that needs the party waits for its pairs. Nobody renews them here.
    expect(await sign(4, [first])).toMatchObject({ status: "open", attempt: 0, needs_pairs: [[1, 2]] });
  });
});
