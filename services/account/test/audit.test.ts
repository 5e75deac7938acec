// These tests read, export and verify the event log: what the service signed, and what somebody
// with the database did to it.
import { ed25519Signer } from "@covault/crypto";
import { openCheckpoint, verifyAudit } from "@covault/trust";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { onBoth } from "./databases.ts";
import { apiKey, auditSeed, digest, otherTenantKey, testSystem } from "./system.ts";

const keys = [ed25519Signer(auditSeed).publicKey];
const entriesOf = (lines: readonly string[]) => lines.filter((line) => !line.startsWith('{"checkpoint"'));

await onBoth(async (name, openDatabase) => {
  const system = await testSystem({ timing: { checkpointEveryMs: 3_600_000 } }, openDatabase);
  const { db } = system;
  const account = (await system.createAccount()).body;
  for (let times = 0; times < 8; times++) await system.call("POST", `/api/v1/accounts/${account.id}/sign`, { message: digest });

  async function exported(query = "", key = apiKey): Promise<string[]> {
    const response = await fetch(`${system.service().url}/api/v1/audit/export${query}`, { headers: { "x-api-key": key } });
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/x-ndjson"]);
    const text = await response.text();
    expect(text === "" || text.endsWith("\n")).toBe(true);
    return text.split("\n").slice(0, -1);
  }
  const checkpointsOf = async (tenant = "default") =>
    (await db.selectFrom("checkpoints").select("line").where("tenant_id", "=", tenant).orderBy("size").execute()).map(({ line }) => line);
  /** Alters an entry while `work` runs. What is altered is put back. */
  async function altered(seq: number, change: (entry: string) => string, work: () => Promise<void>): Promise<void> {
    const row = db.updateTable("events").where("tenant_id", "=", "default").where("seq", "=", String(seq));
    const { entry } = await db
      .selectFrom("events")
      .select("entry")
      .where("tenant_id", "=", "default")
      .where("seq", "=", String(seq))
      .executeTakeFirstOrThrow();
    await row.set({ entry: change(entry) }).execute();
    await work();
    await row.set({ entry }).execute();
  }

  describe(`an export on ${name}`, () => {
    it("has every entry, ends with a checkpoint, and verifies with nothing but the public key", async () => {
      const lines = await exported();
      const report = verifyAudit(lines, { keys });
      expect(report).toMatchObject({ tenant: "default", fault: undefined, entries: report.covered?.size });
      expect(entriesOf(lines).length).toBeGreaterThanOrEqual(20);
      expect(openCheckpoint(lines.at(-1) as string, keys)).toEqual(report.covered);
    });

    it("names the row, whatever is done to any one of its rows", async () => {
      const lines = await exported();
      const rows = entriesOf(lines);
      const [signed = ""] = lines.slice(-1);
      const other = entriesOf(await exported("", otherTenantKey))[0] ?? "";
      fc.assert(
        fc.property(fc.nat(rows.length - 1), fc.nat(rows.length - 1), fc.nat(), (at, to, character) => {
          const row = rows[at] as string;
          const place = character % row.length;
          const changed = `${row.slice(0, place)}${row[place] === "0" ? "1" : "0"}${row.slice(place + 1)}`;
          const faultOf = (edited: readonly string[]) => verifyAudit([...edited, signed], { keys }).fault;
          expect(faultOf(rows.with(at, changed))).toEqual({ kind: "changed", seq: at + 1, line: at + 1 });
          expect(faultOf(rows.toSpliced(at, 1))).toMatchObject({ kind: "removed", seq: at + 1 });
          expect(faultOf(rows.toSpliced(at, 0, changed))).toEqual({ kind: "added", line: at + 1 });
          expect(faultOf(rows.toSpliced(at, 0, other))).toEqual({ kind: "added", line: at + 1 });
          if (Math.abs(at - to) > 1)
            expect(faultOf(rows.toSpliced(at, 1).toSpliced(to, 0, row))).toMatchObject({ kind: "moved", seq: at + 1 });
        }),
      );
    });

    it("of a time begins and ends there, and ends with a checkpoint after it", async () => {
      const { at } = await db
        .selectFrom("events")
        .select("at")
        .where("tenant_id", "=", "default")
        .where("seq", "=", "6")
        .executeTakeFirstOrThrow();
      const { first } = await db
        .selectFrom("events")
        .select(({ fn }) => fn.min("seq").as("first"))
        .where("tenant_id", "=", "default")
        .where("at", ">=", at)
        .executeTakeFirstOrThrow();
      const lines = await exported(`?from=${at.toISOString()}`);
      expect(verifyAudit(lines, { keys, first: Number(first) }).fault).toBeUndefined();
      const early = await exported(`?to=${at.toISOString()}`);
      expect(verifyAudit(early, { keys })).toMatchObject({ fault: undefined });
      expect(await exported("?from=2999-01-01T00:00:00Z")).toEqual([]);
      expect((await system.call("GET", "/api/v1/audit/export?from=yesterday")).status).toBe(400);
    });

    it("is of the caller's tenant alone", async () => {
      const lines = await exported("", otherTenantKey);
      expect(verifyAudit(lines, { keys })).toMatchObject({ tenant: "other", fault: undefined });
      expect(lines.join()).not.toContain(account.id);
    });
  });

  describe(`a checkpoint on ${name}`, () => {
    it("is an event, too, and is no reason for the next one", async () => {
      await exported();
      const lines = await checkpointsOf();
      await exported();
      await system.restart();
      expect(await checkpointsOf()).toEqual(lines);
      const { events } = (await system.call("GET", "/api/v1/events?limit=100")).body;
      const told = events.filter(({ act }: { act: string }) => act === "audit.checkpoint");
      expect(told.map(({ data }: { data: object }) => data)).toEqual(
        lines.map((line) => {
          const { checkpoint, key, signature } = JSON.parse(line);
          return { size: checkpoint.size, head: checkpoint.head, key, signature };
        }),
      );
    });

    it("is made at the start over what came since, and as often as it is asked for while the log grows", async () => {
      const before = (await checkpointsOf()).length;
      await system.createAccount();
      await system.restart({ timing: { checkpointEveryMs: 50 } });
      await expect.poll(async () => (await checkpointsOf()).length).toBe(before + 1);
      await system.createAccount();
      await expect.poll(async () => (await checkpointsOf()).length).toBeGreaterThan(before + 1);
      await system.restart();
    });

    it("is not signed over a history that does not continue the last one; the export shows the row", async () => {
      await exported();
      await system.createAccount();
      const before = await checkpointsOf();
      const [last = ""] = before.slice(-1);
      const seq = (openCheckpoint(last, keys)?.size ?? 0) + 2;
      await altered(
        seq,
        (entry) => entry.replace('"configured"', '"mallory"'),
        async () => {
          await system.restart();
          await expect.poll(() => system.log.join()).toContain("account/broken-chain");
          expect(await checkpointsOf()).toEqual(before);
          const lines = await exported();
          expect(verifyAudit(lines, { keys }).fault).toMatchObject({ kind: "changed", seq });
        },
      );
      expect(verifyAudit(await exported(), { keys }).fault).toBeUndefined();
    });

    it("is not continued when no key signed it", async () => {
      await exported();
      await system.createAccount();
      const [last = ""] = (await checkpointsOf()).slice(-1);
      const { size } = openCheckpoint(last, keys) ?? { size: 0 };
      const row = db.updateTable("checkpoints").where("tenant_id", "=", "default").where("size", "=", String(size));
      await row.set({ line: last.replace('"signature":"', '"signature":"00') }).execute();
      const lines = await exported();
      expect(verifyAudit(lines, { keys }).fault).toMatchObject({ kind: "bad-checkpoint" });
      await row.set({ line: last }).execute();
      expect(verifyAudit(await exported(), { keys }).fault).toBeUndefined();
    });

    it("holds what was cut off later, for whoever kept it", async () => {
      const [head = ""] = (await exported()).slice(-1);
      const { size } = openCheckpoint(head, keys) ?? { size: 0 };
      const cut = (await exported()).filter((line) => openCheckpoint(line, keys)?.size !== size).slice(0, -3);
      expect(verifyAudit(cut, { keys }).fault).toBeUndefined();
      expect(verifyAudit(cut, { keys, heads: [head] }).fault).toMatchObject({ kind: "removed" });
    });
  });

  describe(`the log on ${name} is read`, () => {
    it("page by page, each entry once, and on from where it ended", async () => {
      const seen: string[] = [];
      let after = "0";
      for (;;) {
        const { status, body } = await system.call("GET", `/api/v1/events?after=${after}&limit=7`);
        expect(status).toBe(200);
        seen.push(...body.events.map(({ seq }: { seq: string }) => seq));
        if (body.events.length === 0) {
          expect(body.last).toBe(after);
          break;
        }
        after = body.last;
      }
      expect(seen).toEqual(seen.map((_, index) => String(index + 1)));
      await system.call("POST", `/api/v1/accounts/${account.id}/sign`, { message: digest });
      const next = (await system.call("GET", `/api/v1/events?after=${after}`)).body.events;
      expect(next.map(({ act }: { act: string }) => act)).toEqual(["session.opened", "session.completed"]);
    });

    it("by act, by who did it and by account, with the hashes that the chain has", async () => {
      const audit = async (query: string) => (await system.call("GET", `/api/v1/audit?limit=100&${query}`)).body.entries;
      const ofAccount = await audit(`account_id=${account.id}&act=session.opened&actor=configured`);
      expect(ofAccount.length).toBeGreaterThanOrEqual(9);
      for (const entry of ofAccount) expect(entry).toMatchObject({ act: "session.opened", actor: { id: "configured", ip: "127.0.0.1" } });
      const all = await audit("");
      for (const [at, { prev }] of all.entries()) expect(prev).toBe(at === 0 ? "00".repeat(32) : all[at - 1].hash);
      expect(await audit("actor=nobody")).toEqual([]);
      expect((await system.call("GET", "/api/v1/audit?act=anything")).status).toBe(400);
    });

    it("for the caller's tenant alone", async () => {
      for (const path of ["events", "audit"]) {
        const body = JSON.stringify(
          (await system.call("GET", `/api/v1/${path}?limit=100`, undefined, { "x-api-key": otherTenantKey })).body,
        );
        expect(body).toContain("api_key.created");
        expect(body).not.toContain(account.id);
      }
    });
  });
});
