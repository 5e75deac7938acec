// The store contract on SQL: on PostgreSQL in the process, and on the server where it answers. What
// SQL adds to the contract is tested here too.
import type { Burn, NewPair, NewSession, NewShare, Store } from "@covault/party";
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
    "generations",
    "pairs",
    "renewal_runs",
    "releases",
    "import_keys",
    "burns",
    "clearances",
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
const pairs: readonly NewPair[] = [2, 3].map((partner) => ({ partner, pairId: fill(0x70 + partner), state: fill(12) }));
const burn: Burn = { partner: 2, pairId: fill(0x72), reason: "mpc/ot-check-failed", sid: fill(1), digest: fill(2) };
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
      await store.burn(fill(7), [burn]);
      const { store: again } = await freshStore(await database, partyId);
      expect(await again.outbox(fill(1), 1, 2)).toEqual(fill(5, 7));
      expect(await again.stageShare(share, pairs, { rid: fill(1), fence })).toBe(true);
      expect(await again.pairs(fill(6), fill(7))).toMatchObject([
        { ...pairs[0], burn },
        { ...pairs[1], burn: undefined },
      ]);
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
        `INSERT INTO "${schemaOf(partyId)}".pairs VALUES ($1, $2, 3, 0, gen_random_uuid(), $3)`,
        [fill(6), fill(7), fill(0)].map(Buffer.from),
      );
      await expect(store.stageShare(share, pairs, { rid: fill(1), fence: (resumed?.fence ?? 0) as number })).rejects.toThrow();
      expect((await store.sharesOfSession("ses_1"))[0]).toBeUndefined();
      expect(await store.pairs(fill(6), fill(7))).toEqual([]);
      expect(await store.runningSessions()).toHaveLength(1);
      expect(await store.claimIntent({ ...claim, attempt: 2, rid: fill(22) })).toBe("new");
    });

    it("a crash while a repaired share is kept leaves the row, the pairs and the chain as they were", async () => {
      const { store } = await freshStore(await database);
      await store.claimIntent(claim);
      const fence = (await store.openSession(session, tenure)) as number;
      expect(await store.stageShare(share, pairs, { rid: fill(1), fence })).toBe(true);
      expect(await store.commitShare(share, [fill(20)])).toBe("committed");
      const before = [await store.share(fill(6), fill(7)), await store.pairs(fill(6), fill(7)), await store.certificates(fill(6))];
      // The second certificate is none, so that the chain fails after everything else was written.
      const chain = [fill(20), null as unknown as Uint8Array];
      for (const repaired of [
        { ...share, secret: fill(30) },
        { ...share, secret: fill(30), epoch: fill(31), epochNumber: 1, intentId: fill(32), sessionId: "ses_2" },
      ])
        await expect(store.keepRepaired(repaired, chain)).rejects.toThrow();
      expect([await store.share(fill(6), fill(7)), await store.pairs(fill(6), fill(7)), await store.certificates(fill(6))]).toEqual(before);
      expect(await store.share(fill(6), fill(31))).toBeUndefined();
    });

    it("keeps the backups of a key whose share was lost, whoever is listed", async () => {
      const { store, partyId } = await freshStore(await database);
      await store.claimIntent(claim);
      const fence = (await store.openSession(session, tenure)) as number;
      expect(await store.stageShare(share, pairs, { rid: fill(1), fence })).toBe(true);
      expect(await store.commitShare(share, [fill(20)])).toBe("committed");
      const { keyId, epoch, epochNumber } = share;
      const sealed = { keyId, epoch, epochNumber, recipient: fill(40, 33), document: fill(41), place: "", madeAtMs: 1 };
      expect(await store.keepBackup(sealed)).toBe(true);
      const schema = schemaOf(partyId);
      const { pool } = await database;
      for (const table of ["pairs", "generations", "shares"]) await pool.query(`DELETE FROM "${schema}".${table}`);
      await store.dropOldBackupsExcept([]);
      expect(await store.backups(keyId)).toEqual([sealed]);
    });

    it("a crash inside the staging of a renewed pair leaves the pair before with its state, and a running session", async () => {
      const { store } = await freshStore(await database);
      const fence = (await store.openSession(session, tenure)) as number;
      await store.stageShare(share, pairs, { rid: fill(1), fence });
      await store.commitShare(share, [fill(13)]);
      const [keyId, epoch] = [fill(6), fill(7)];
      const before = await store.pairs(keyId, epoch);
      const named = { keyId, epoch, partner: 2, sessionId: "ses_2", intentId: fill(14) };
      const opened = await store.openSession({ ...session, ...named, rid: fill(15), renews: named }, tenure);
      // The id is that of the other pair, so the row fails after the state of the former one was
      // deleted.
      const renewal = { ...named, generation: 1, pairId: fill(0x73), state: fill(16), intent: fill(17), ack: fill(18) };
      await expect(store.stagePair(renewal, { rid: fill(15), fence: opened as number })).rejects.toThrow();
      expect(await store.pairs(keyId, epoch)).toEqual(before);
      expect([await store.stagedPairs(), (await store.runningSessions()).map(({ rid }) => rid)]).toEqual([[], [fill(15)]]);
      expect(await store.stagePair({ ...renewal, pairId: fill(0x74) }, { rid: fill(15), fence: opened as number })).toBe(true);
    });

    it("the database itself refuses to change or delete a burn", async () => {
      const { store, partyId } = await freshStore(await database);
      await store.burn(fill(7), [burn]);
      const { pool } = await database;
      const burns = `"${schemaOf(partyId)}".burns`;
      for (const statement of [`DELETE FROM ${burns}`, `UPDATE ${burns} SET partner = 3`, `TRUNCATE ${burns}`])
        await expect(pool.query(statement)).rejects.toThrow("never changed");
      expect((await pool.query(`SELECT partner FROM ${burns}`)).rows).toEqual([{ partner: 2 }]);
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
          store.stageShare(share, pairs, { rid: fill(1), fence }),
          store.abandonIntent(session.intentId),
        ]);
        expect(abandoned).toBe(true);
        expect((await store.sharesOfSession("ses_1"))[0]).toBeUndefined();
        expect(await store.pairs(fill(6), fill(7))).toEqual([]);
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
        const made = pairs.map(({ partner, state }) => ({ partner, pairId: fill(round * 16 + partner), state }));
        await store.stageShare({ ...share, keyId, sessionId, intentId }, made, { rid: fill(round), fence });
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
      const opened = (await store.openSession(session, tenure)) as number;
      await store.stageShare(share, pairs, { rid: fill(1), fence: opened });
      await store.commitShare(share, [fill(13)]);
      const { name, fence } = await store.takeLease("instance/a", "run-1");
      const strikes = async () => (await store.pairs(fill(6), fill(7)))[0]?.strikes;
      const check = { keyId: fill(6), epoch: fill(7), pairs: [{ partner: 2, pairId: fill(0x72) }] };
      const started = await Promise.all(
        Array.from({ length: 16 }, (_, k) => {
          const tenure = { name, fence };
          return store.beginCheck({ ...check, sid: fill(k), tenure, alive: [tenure] });
        }),
      );
      expect(started.filter(({ kind }) => kind === "noted")).toHaveLength(16);
      expect(await strikes()).toBe(0);
      const [lease] = await store.leases("instance/");
      const again = await store.takeLease("instance/a", "run-2", lease);
      expect(await strikes()).toBe(16);
      const next = { name, fence: again.fence };
      const late = await Promise.all(
        Array.from({ length: 4 }, (_, k) => store.beginCheck({ ...check, sid: fill(99 + k), tenure: next, alive: [next] })),
      );
      for (const answer of late) expect(answer).toEqual({ kind: "burned", partners: [2] });
    });
  });
});
