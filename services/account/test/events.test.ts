// These tests read the event log. Every change of state is in it, with the actor that asked for it.
// An act and its entry are stored together or not at all. No two replicas fork a tenant's chain.
import { createHash } from "node:crypto";
import { schemeNames } from "@covault/trust";
import { sql } from "kysely";
import { describe, expect, it, vi } from "vitest";
import { event } from "../src/events/event.ts";
import { openApiKeys } from "../src/index.ts";
import { onBoth } from "./databases.ts";
import { digest, otherTenantKey, rowKeys, storeOf, testSystem } from "./system.ts";

await onBoth(async (name, openDatabase) => {
  const system = await testSystem({}, openDatabase);
  const { db, coordinator } = system;

  interface Entry {
    readonly seq: string;
    readonly prev: string;
    readonly act: string;
    readonly actor: object;
    readonly at: string;
    readonly data: Record<string, unknown>;
    readonly object: Record<string, string>;
    readonly tenant: string;
  }
  /** Gives a tenant's entries, after their chain has been checked. */
  async function entries(tenant = "default"): Promise<readonly Entry[]> {
    // A checkpoint may be added meanwhile, so that both are read as of one moment.
    const [rows, chain] = await db
      .transaction()
      .setIsolationLevel("repeatable read")
      .execute(async (tx) => [
        await tx.selectFrom("events").selectAll().where("tenant_id", "=", tenant).orderBy("seq").execute(),
        await tx.selectFrom("chains").selectAll().where("tenant_id", "=", tenant).executeTakeFirst(),
      ]);
    let prev = "00".repeat(32);
    const all = rows.map(({ seq, entry, hash, act, at, account_id }, index) => {
      const read = JSON.parse(entry) as Entry;
      expect([read.seq, read.prev, read.tenant, seq]).toEqual([String(index + 1), prev, tenant, String(index + 1)]);
      expect([act, account_id ?? undefined, at.toISOString()]).toEqual([read.act, read.object.account_id, read.at]);
      // RFC 8785 of a value that has neither fractions nor names that need escapes is sorted, and
      // without a space.
      expect(entry).toBe(JSON.stringify(sorted(read)));
      prev = createHash("sha256")
        .update(Buffer.from([0]))
        .update(entry, "utf8")
        .digest("hex");
      expect(Buffer.from(hash).toString("hex")).toBe(prev);
      return read;
    });
    expect([chain?.size ?? "0", chain && Buffer.from(chain.head).toString("hex")]).toEqual([
      String(rows.length),
      rows.length === 0 ? undefined : prev,
    ]);
    return all;
  }
  function sorted(value: unknown): unknown {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map(sorted);
    return Object.fromEntries(
      Object.entries(value)
        .sort(([one], [other]) => (one < other ? -1 : 1))
        .map(([key, of]) => [key, sorted(of)]),
    );
  }
  /** Gives what `work` added to the log. */
  async function added(work: () => Promise<unknown>, tenant = "default"): Promise<readonly Entry[]> {
    const before = (await entries(tenant)).length;
    await work();
    return (await entries(tenant)).slice(before).filter(({ act }) => act !== "audit.checkpoint");
  }
  const caller = { kind: "api_key", id: "configured", ip: "127.0.0.1" };
  const service = { kind: "service", id: "account" };
  const hash = expect.stringMatching(/^[0-9a-f]{64}$/);

  describe(`the event log on ${name} has`, () => {
    it("the life of an account and its keygen, with who asked and what the service verified", async () => {
      let account = { id: "", keygen_session_id: "" };
      const made = await added(async () => {
        account = (await system.createAccount({ user_id: "alice", name: 'Zoë "\\ \u{1f600}' })).body;
      });
      const object = { account_id: account.id, session_id: account.keygen_session_id };
      expect(made).toMatchObject([
        { act: "account.created", actor: caller, object, data: { threshold_t: 2, threshold_n: 3 } },
        { act: "session.opened", actor: caller, object, data: { kind: "keygen", intent: hash } },
        { act: "account.activated", actor: service, object, data: { key_id: hash, epoch_number: 0 } },
        { act: "session.completed", actor: service, object, data: { kind: "keygen", intent: made[1]?.data.intent } },
      ]);
      expect(JSON.stringify(made)).not.toMatch(/alice|Zo/);
    });

    it("every key of an account: those that it is made with, and one that comes later", async () => {
      let account = { id: "" };
      const made = await added(async () => {
        account = (await system.createAccount({ user_id: "several", schemes: [...schemeNames].reverse().slice(0, 2) })).body;
      });
      expect(made.map(({ act }) => act)).toEqual([
        ...["account.created", "session.opened"],
        ...["key.created", "session.completed", "session.opened"],
        ...["account.activated", "session.completed"],
      ]);
      const [created, , first] = made;
      expect([created?.data, first]).toMatchObject([
        { schemes: [...schemeNames].reverse().slice(0, 2) },
        { actor: service, data: { key_id: hash } },
      ]);
      const further = await added(() => system.call("POST", `/api/v1/accounts/${account.id}/keys`, { scheme: schemeNames[0] }));
      expect(further).toMatchObject([
        { act: "session.opened", actor: caller },
        { act: "key.created", actor: service, object: { account_id: account.id }, data: { key_id: hash, epoch_number: 0 } },
        { act: "session.completed", actor: service },
      ]);
    });

    it("a signature: its intent and the hash of what came of it, and neither digest nor signature", async () => {
      const { id } = (await system.createAccount()).body;
      const path = `/api/v1/accounts/${id}/sign`;
      for (const headers of [{}, { "idempotency-key": "logged" }]) {
        let signed = { session_id: "", signature: { hex: "" } };
        const made = await added(async () => {
          signed = (await system.call("POST", path, { message: digest }, headers)).body;
        });
        const object = { account_id: id, session_id: signed.session_id };
        expect(made).toMatchObject([
          { act: "session.opened", actor: caller, object, data: { kind: "sign", intent: hash } },
          { act: "session.completed", actor: service, object, data: { kind: "sign", signature: hash } },
        ]);
        expect(JSON.stringify(made)).not.toContain(digest);
        expect(JSON.stringify(made)).not.toContain(signed.signature.hex.slice(2, 34));
      }
      expect(await added(() => system.call("POST", path, { message: digest }, { "idempotency-key": "logged" }))).toEqual([]);
    });

    it("failures: of a signature, and of a keygen with the delivery of its abandonment", async () => {
      const { id } = (await system.createAccount()).body;
      coordinator.behaviour.fail = { code: "mpc/bad-proof", message: "no" };
      const signing = await added(() => system.call("POST", `/api/v1/accounts/${id}/sign`, { message: digest }));
      expect(signing).toMatchObject([
        { act: "session.opened" },
        { act: "session.failed", data: { kind: "sign", code: expect.any(String) } },
      ]);
      const creating = await added(() => system.createAccount());
      expect(creating.map(({ act }) => act)).toEqual([
        "account.created",
        "session.opened",
        "account.failed",
        "session.failed",
        "abandonment.delivered",
      ]);
    });

    it("a changed signing configuration", async () => {
      const { id } = (await system.createAccount()).body;
      const configuration = { parties: ["server-party-3", "server-party-1"], required: [] };
      const made = await added(() => system.call("PUT", `/api/v1/accounts/${id}/signing-configuration`, configuration));
      expect(made).toMatchObject([
        { act: "signing_configuration.changed", actor: caller, object: { account_id: id }, data: configuration },
      ]);
    });

    it("API keys and tenants that an operator makes, each in its own tenant's chain, and nothing for a key that was refused", async () => {
      const keys = await openApiKeys(system.database, rowKeys);
      const request = { tenantId: "shop", label: "till", expiresAt: null, newTenant: true };
      let id = "";
      const made = await added(async () => {
        id = (await keys.create(request)).key.id;
        await expect(keys.create(request)).rejects.toMatchObject({ code: "account/tenant-exists" });
        await keys.revoke(id);
        await keys.revoke(id);
      }, "shop");
      const [actor, object] = [{ kind: "operator", id: "covault api-key" }, { api_key_id: id }];
      expect(made).toMatchObject([
        { act: "tenant.created", actor, object: {} },
        { act: "api_key.created", actor, object },
        { act: "api_key.revoked", actor, object },
      ]);
    });

    it("refused callers, counted by network and kind, in the chain of the tenant whose key it was", async () => {
      await system.addApiKey({ api_key_id: `revoked-${name}`, secret: `revoked-of-${name}-0123456789`, revoked_at: new Date(0) });
      const call = (key: string) => system.call("GET", "/api/v1/accounts", undefined, { "x-api-key": key });
      const denied = { act: "access.denied", actor: { kind: "stranger", ip: "127.0.0.1" }, object: {} };
      const others = await added(async () => {
        const own = await added(async () => {
          for (let times = 0; times < 30; times++) expect((await call(`wrong-key-0123456789-${times}`)).status).toBe(401);
          await call("");
          await call(`revoked-of-${name}-0123456789`);
          await system.restart();
        });
        expect(own).toMatchObject([{ ...denied, data: { code: "http/unauthorized", times: 31 } }]);
        expect(JSON.stringify(own)).not.toContain("wrong-key");
      }, "other");
      expect(others).toMatchObject([{ ...denied, tenant: "other", data: { times: 1 } }]);
    });

    it("the caller's own key and tenant", async () => {
      const made = await added(() => system.createAccount({ user_id: "bob" }, { "x-api-key": otherTenantKey }), "other");
      expect(made[0]).toMatchObject({ tenant: "other", actor: { kind: "api_key", id: "key-1" } });
    });
  });

  describe(`on ${name} there is no act without its event and no event without its act`, () => {
    const counts = async () => ({
      accounts: (await db.selectFrom("accounts").select("account_id").execute()).length,
      sessions: (await db.selectFrom("sessions").select(["session_id", "status"]).orderBy("session_id").execute()).map(
        ({ status }) => status,
      ),
      events: (await entries()).length,
    });
    /** Lets every write to a table fail at its end, as when the server goes away there. */
    async function failing(table: string, when: string, work: () => Promise<unknown>): Promise<void> {
      await sql`create function account.cut() returns trigger language plpgsql as $$ begin raise exception 'cut'; end $$`.execute(db);
      await sql`create constraint trigger cut after ${sql.raw(when)} on account.${sql.raw(table)} deferrable initially deferred
        for each row execute function account.cut()`.execute(db);
      try {
        await work();
      } finally {
        await sql`drop function account.cut() cascade`.execute(db);
      }
    }

    it.each([
      ["events", "insert"],
      ["sessions", "insert"],
      ["accounts", "insert"],
    ])("a request that fails at the commit of its %s leaves neither", async (table, when) => {
      const { id } = (await system.createAccount()).body;
      const before = await counts();
      await failing(table, when, async () => {
        expect((await system.createAccount()).status).toBe(500);
        const signing = await system.call(
          "POST",
          `/api/v1/accounts/${id}/sign`,
          { message: digest },
          { "idempotency-key": `cut-${table}` },
        );
        expect(signing.status).toBe(table === "accounts" ? 200 : 500);
      });
      const after = await counts();
      if (table !== "accounts") expect(after).toEqual(before);
      else expect([after.accounts, after.events]).toEqual([before.accounts, before.events + 2]);
    });

    it("a result that cannot be stored leaves the session open and the log as it was, and is stored when it can be", async () => {
      const { id } = (await system.createAccount()).body;
      const sign = () => system.call("POST", `/api/v1/accounts/${id}/sign`, { message: digest }, { "idempotency-key": `late-${name}` });
      const made = await added(async () => {
        await failing("sessions", "update", async () => expect((await sign()).status).toBe(500));
        expect((await counts()).sessions.filter((status) => status === "open")).toHaveLength(1);
        expect((await sign()).status).toBe(200);
      });
      expect(made.map(({ act }) => act)).toEqual(["session.opened", "session.completed"]);
    });
  });

  it(`two replicas that append at the same time on ${name} do not fork the chain`, async () => {
    const store = storeOf(db);
    const frame = { tenant: "default", actor: { kind: "service", id: "test" }, now: new Date() } as const;
    const made = await added(async () => {
      await Promise.all(
        Array.from({ length: 40 }, (_, at) =>
          at % 2 === 0
            ? store.events.append(event(frame, "account.created", { account_id: `acc_${at}` }))
            : store.transaction(async ({ events }) => {
                await events.append(event(frame, "account.created", { account_id: `acc_${at}` }));
                await events.append(event(frame, "account.activated", { account_id: `acc_${at}` }));
              }),
        ),
      );
    });
    expect(made).toHaveLength(60);
    // The two entries of a transaction are neighbours.
    for (const [at, { act, object }] of made.entries())
      if (act === "account.activated") expect(made[at - 1]).toMatchObject({ act: "account.created", object });
  });

  it(`a tenant's first two entries at the same time on ${name} begin one chain`, async () => {
    await db.insertInto("tenants").values({ tenant_id: "fresh", name: "fresh" }).execute();
    const frame = { tenant: "fresh", actor: { kind: "service", id: "test" }, now: new Date() } as const;
    await Promise.all([1, 2, 3, 4].map(() => storeOf(db).events.append(event(frame, "account.created", {}))));
    await vi.waitFor(async () => expect(await entries("fresh")).toHaveLength(4));
  });
});
