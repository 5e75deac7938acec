// This file opens both databases that the service runs on. PGlite is always there. PostgreSQL is
// used where it answers, and in CI it has to.
import { randomBytes } from "node:crypto";
import { type Database, openDatabase, unhurried } from "@covault/service-kit/sql";
import { embeddedDatabase } from "../../../packages/service-kit/test/embedded.ts";
import { withServer } from "../../../packages/service-kit/test/real-servers.ts";

/** Gives a fresh database of a PostgreSQL. It is dropped when it is closed. */
export async function serverDatabase(given: string): Promise<Database> {
  const name = `covault_account_test_${randomBytes(6).toString("hex")}`;
  const url = (database: string) => Object.assign(new URL(given), { pathname: `/${database}` }).href;
  const admin = await openDatabase({ kind: "postgres", url: url("postgres"), poolMax: 1, times: unhurried });
  await admin.pool.query(`CREATE DATABASE ${name}`);
  const database = await openDatabase({ kind: "postgres", url: url(name) });
  return {
    ...database,
    async close() {
      await database.close();
      await admin.pool.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await admin.close();
    },
  };
}

/** Runs `tests` on each database. */
export async function onBoth(tests: (name: string, open: () => Promise<Database>) => Promise<void> | void): Promise<void> {
  await tests("PGlite", embeddedDatabase);
  let server: string | undefined;
  await withServer("PostgreSQL", (url) => {
    server = url;
  });
  const url = server;
  if (url !== undefined) await tests("PostgreSQL", () => serverDatabase(url));
}
