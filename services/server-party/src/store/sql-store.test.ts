// The store contract on SQL: on PostgreSQL in the process, and on the server where it answers. What
// SQL adds to the contract is tested here too.
import type { NewSession, NewShare, Store } from "@covault/party";
import { type Database, openDatabase } from "@covault/service-kit/sql";
import { afterAll, describe, expect, it } from "vitest";
import { storeContract } from "../../../../packages/party/test/store-contract.ts";
import { embeddedDatabase } from "../../../../packages/service-kit/test/embedded.ts";
import { withServer } from "../../../../packages/service-kit/test/real-servers.ts";
import { openSqlStore, schemaOf } from "./sql-store.ts";

const fill = (byte: number, length = 32): Uint8Array => new Uint8Array(length).fill(byte);
let parties = 0;
const run = `${process.pid}-${Date.now().toString(36)}`;
/** Gives an empty store, in a schema that no other test has. */
async function freshStore(database: Database, partyId = `p${++parties}-${run}`): Promise<{ store: Store; partyId: string }> {
  return { store: (await openSqlStore(database, partyId)).store, partyId };
}
/**
 * Gives the same schema each time, emptied. To migrate one for every rule would take most of the
 * time.
 */
async function emptied(database: Database): Promise<Store> {
  const partyId = `shared-${run}`;
  const { store } = await openSqlStore(database, partyId);
  const schema = schemaOf(partyId);
  const names = [
    "leases",
    "intents",
    "sessions",
    "abandoned",
    "shares",
    "certificates",
    "backups",
    "pairs",
    "releases",
    "import_keys",
    "burns",
    "checks",
  ].map((table) => `"${schema}".${table}`);
  await database.pool.query(`ALTER TABLE "${schema}".burns DISABLE TRIGGER burns_are_final;
    TRUNCATE ${names.join(", ")} CASCADE;
    ALTER TABLE "${schema}".burns ENABLE TRIGGER burns_are_final;
    UPDATE "${schema}".party SET generation = DEFAULT, marks = DEFAULT, era = DEFAULT, refuse_up_to_ms = DEFAULT`);
  return store;
}
const tenure = { name: "instance/a", fence: 1 };
const session: NewSession = {
  rid: fill(1),
  sessionId: "ses_1",
  intentId: fill(2),
  context: fill(3, 5),
  state: fill(4, 6),
  outbox: [{ to: 2, bytes: fill(5, 7) }],
  expiresAtMs: 99_000,
};
const share: NewShare = {
  keyId: fill(6),
  epoch: fill(7),
  epochNumber: 0,
  scheme: "ecdsa-secp256k1",
  sessionId: "ses_1",
  intentId: fill(2),
  record: fill(8),
  secret: fill(9),
  intent: fill(10),
  ack: fill(11),
};
const claim = {
  intentId: fill(2),
  sessionId: "ses_1",
  issuedAtMs: 1,
  forgetAfterMs: 9,
  generation: 0,
  attempt: 1,
  rid: fill(1),
  attemptsMax: 8,
};

function suite(name: string, database: Promise<Database>): void {
  storeContract(name, async () => emptied(await database));

  describe(`SQL store on ${name}`, () => {
    it("keeps everything when the process ends and another one opens the schema", async () => {
      const { store, partyId } = await freshStore(await database);
      await store.claimIntent(claim);
      const fence = (await store.openSession(session, tenure)) as number;
      await store.burn(fill(7), [{ partner: 2, reason: "mpc/ot-check-failed", sid: fill(1), digest: fill(2) }]);
      const { store: again } = await freshStore(await database, partyId);
      expect(await again.outbox(fill(1), 1, 2)).toEqual(fill(5, 7));
      expect(await again.burned(fill(7))).toEqual([2]);
      expect(await again.stageShare(share, fill(12), { rid: fill(1), fence })).toBe(true);
    });

    it("a crash inside a transaction leaves nothing of it: neither round nor outbox, neither share nor pairs", async () => {
      const { store, partyId } = await freshStore(await database);
      await store.claimIntent(claim);
      const fence = (await store.openSession(session, tenure)) as number;
      // The receiver index does not fit, so the outbox fails after the round's state was written.
      await expect(store.saveRound(fill(1), fence, 2, fill(44), [{ to: 2 ** 40, bytes: fill(1) }])).rejects.toThrow();
      const resumed = await store.claimSession(fill(1), tenure);
      expect(resumed).toMatchObject({ round: 1, state: fill(4, 6) });
      // The pairs of that epoch are there already, so the staging fails after the share was
      // inserted.
      const { pool } = await database;
      await pool.query(
        `INSERT INTO "${schemaOf(partyId)}".pairs VALUES ($1, $2, gen_random_uuid(), $3)`,
        [fill(6), fill(7), fill(0)].map(Buffer.from),
      );
      await expect(store.stageShare(share, fill(12), { rid: fill(1), fence: (resumed?.fence ?? 0) as number })).rejects.toThrow();
      expect((await store.sharesOfSession("ses_1"))[0]).toBeUndefined();
      expect(await store.runningSessions()).toHaveLength(1);
      expect(await store.claimIntent({ ...claim, attempt: 2, rid: fill(22) })).toBe("new");
    });

    it("the database itself refuses to change or delete a burn", async () => {
      const { store, partyId } = await freshStore(await database);
      await store.burn(fill(7), [{ partner: 2, reason: "mpc/ot-check-failed", sid: fill(1), digest: fill(2) }]);
      const { pool } = await database;
      const burns = `"${schemaOf(partyId)}".burns`;
      for (const statement of [`DELETE FROM ${burns}`, `UPDATE ${burns} SET partner = 3`, `TRUNCATE ${burns}`])
        await expect(pool.query(statement)).rejects.toThrow("never changed");
      expect(await store.burned(fill(7))).toEqual([2]);
    });

    it("two parties in one database see nothing of each other", async () => {
      const { store: one } = await freshStore(await database);
      const { store: other } = await freshStore(await database);
      await one.openSession(session, tenure);
      expect(await other.runningSessions()).toEqual([]);
      expect(await other.openSession(session, tenure)).toBe(1);
    });

    it("refuses a schema that another party owns", async () => {
      const { partyId } = await freshStore(await database);
      const { pool } = await database;
      await pool.query(`UPDATE "${schemaOf(partyId)}".party SET party_id = 'somebody-else'`);
      await expect(openSqlStore(await database, partyId)).rejects.toMatchObject({ code: "party/foreign-store" });
    });
  });
}

describe("schemaOf", () => {
  it("never gives two parties one schema, and always a name that PostgreSQL takes as it is", () => {
    const ids = ["a", "a-b", "a_b", "a-_b", "server-party-1", `x${"-a".repeat(31)}`, `x${"_a".repeat(31)}`, `x${"-a".repeat(30)}`];
    const schemas = ids.map(schemaOf);
    expect(new Set(schemas).size).toBe(ids.length);
    for (const schema of schemas) expect(schema).toMatch(/^[a-z][a-z0-9_]{0,62}$/);
  });
});

const embedded = embeddedDatabase();
afterAll(async () => (await embedded).close());
suite("PGlite", embedded);

await withServer("PostgreSQL", (url) => {
  const server = openDatabase({ kind: "postgres", url });
  afterAll(async () => {
    const { pool } = await server;
    const schemas = await pool.query<{ name: string }>("SELECT nspname AS name FROM pg_namespace WHERE nspname LIKE $1", [
      `party_p%${run.replaceAll("-", "_")}`,
    ]);
    for (const { name } of schemas.rows) await pool.query(`DROP SCHEMA "${name}" CASCADE`);
    await (await server).close();
  });
  suite("PostgreSQL", server);

  describe("replicas of one party on PostgreSQL", () => {
    it("of many claims of one attempt exactly one is new, of many openings exactly one gets the fence", async () => {
      const store = await emptied(await server);
      const answers = await Promise.all(Array.from({ length: 20 }, () => store.claimIntent(claim)));
      expect(answers.filter((answer) => answer === "new")).toHaveLength(1);
      const fences = await Promise.all(
        Array.from({ length: 20 }, (_, k) => store.openSession(session, { name: `instance/${k}`, fence: k })),
      );
      expect(fences.filter((fence) => fence !== undefined)).toHaveLength(1);
    });

    it("staging and abandoning at once end in one of two states: staged then gone, or never staged", async () => {
      for (let round = 0; round < 10; round++) {
        const store = await emptied(await server);
        await store.claimIntent(claim);
        const fence = (await store.openSession(session, tenure)) as number;
        const [, abandoned] = await Promise.all([
          store.stageShare(share, fill(12), { rid: fill(1), fence }),
          store.abandonIntent(session.intentId),
        ]);
        expect(abandoned).toBe(true);
        expect((await store.sharesOfSession("ses_1"))[0]).toBeUndefined();
        expect(await store.pairs(fill(6), fill(7))).toBeUndefined();
        expect(await store.runningSessions()).toEqual([]);
      }
    });

    it("committing and abandoning at once never lose a committed share", async () => {
      const store = await emptied(await server);
      for (let round = 1; round <= 10; round++) {
        const sessionId = `ses_${round}`;
        const keyId = fill(100 + round);
        const intentId = fill(200 + round);
        const fence = (await store.openSession({ ...session, rid: fill(round), sessionId, intentId }, tenure)) as number;
        await store.stageShare({ ...share, keyId, sessionId, intentId }, fill(12), { rid: fill(round), fence });
        const [committed, abandoned] = await Promise.all([
          store.commitShare({ keyId, epoch: fill(7), intentId }, [fill(13)]),
          store.abandonIntent(intentId),
        ]);
        expect(committed).toBe(abandoned ? "unknown" : "committed");
        expect((await store.committedShare(keyId)) !== undefined).toBe(!abandoned);
      }
    });

    it("many rounds written at once: each number once", async () => {
      const store = await emptied(await server);
      const fence = (await store.openSession(session, tenure)) as number;
      const written = await Promise.all(
        Array.from({ length: 20 }, (_, k) => store.saveRound(fill(1), fence, 2, fill(k), [{ to: 2, bytes: fill(k) }])),
      );
      expect(written.filter(Boolean)).toHaveLength(1);
      expect(await store.outbox(fill(1), 2, 2)).toEqual(fill(written.indexOf(true)));
    });

    it("checks begun at once are all noted, those of an instance that starts again are all strikes, and none begins after the burn", async () => {
      const store = await emptied(await server);
      const { name, fence } = await store.takeLease("instance/a", "run-1");
      const started = await Promise.all(
        Array.from({ length: 16 }, (_, k) => {
          const tenure = { name, fence };
          return store.beginCheck({ epoch: fill(7), sid: fill(k), partners: [2], tenure, alive: [tenure] });
        }),
      );
      expect(started.filter(({ kind }) => kind === "noted")).toHaveLength(16);
      expect(await store.strikes(fill(7))).toEqual(new Map());
      const [lease] = await store.leases("instance/");
      const again = await store.takeLease("instance/a", "run-2", lease);
      expect(await store.strikes(fill(7))).toEqual(new Map([[2, 16]]));
      const tenure = { name, fence: again.fence };
      const late = await Promise.all(
        Array.from({ length: 4 }, (_, k) =>
          store.beginCheck({ epoch: fill(7), sid: fill(99 + k), partners: [2], tenure, alive: [tenure] }),
        ),
      );
      for (const answer of late) expect(answer).toEqual({ kind: "burned", partners: [2] });
    });
  });
});
