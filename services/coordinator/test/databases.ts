// Both databases: PGlite always, and PostgreSQL on 127.0.0.1:5432 when it answers. In CI it has to
// answer.
import { randomBytes } from "node:crypto";
import { type Database, migrate, openDatabase, unhurried } from "@covault/service-kit/sql";
import { embeddedDatabase } from "../../../packages/service-kit/test/embedded.ts";
import { schemaName } from "../src/store/tables.ts";

const server = "postgres://postgres@127.0.0.1:5432";
const migrations = new URL("../migrations/", import.meta.url);

export interface TestDatabase {
  readonly database: Database;
  /**
   * Another connection pool to the same data, as another process has it. PGlite has one process, so
   * there it is the same pool.
   */
  readonly second: Database;
  readonly close: () => Promise<void>;
}

async function pglite(): Promise<TestDatabase> {
  const database = await embeddedDatabase();
  await migrate(database, schemaName, migrations);
  return { database, second: database, close: () => database.close() };
}

async function postgres(): Promise<TestDatabase> {
  const name = `covault_coordinator_test_${randomBytes(6).toString("hex")}`;
  const admin = await openDatabase({ kind: "postgres", url: `${server}/postgres`, poolMax: 1, times: unhurried });
  await admin.pool.query(`CREATE DATABASE ${name}`);
  const open = () => openDatabase({ kind: "postgres", url: `${server}/${name}`, poolMax: 8 });
  const [database, second] = [await open(), await open()];
  await migrate(database, schemaName, migrations);
  return {
    database,
    second,
    async close() {
      await database.close();
      await second.close();
      await admin.pool.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await admin.close();
    },
  };
}

async function answers(): Promise<boolean> {
  const admin = await openDatabase({ kind: "postgres", url: `${server}/postgres`, poolMax: 1, times: unhurried });
  try {
    await admin.ping();
    return true;
  } catch (error) {
    if (process.env.CI !== undefined) throw error;
    return false;
  } finally {
    await admin.close();
  }
}

/** The name of each database, and how to open a fresh, migrated one. */
export const databases: (readonly [string, () => Promise<TestDatabase>])[] = [
  ["PGlite", pglite],
  ...((await answers()) ? [["PostgreSQL", postgres] as const] : []),
];

/** The database that opens faster, for tests to which it does not matter. */
export const anyDatabase = (): Promise<TestDatabase> => databases.at(-1)![1]();
