// A database for one run, and pg_dump of a schema of it without what is of this server alone.
import { execFileSync } from "node:child_process";
import { openDatabase } from "../../packages/service-kit/dist/index.js";

const server = process.env.TEST_POSTGRES_URL ?? "postgres://postgres@127.0.0.1:5432/postgres";

export async function withDatabase(work) {
  const name = `covault_release_${process.pid}`;
  const admin = await openDatabase({ kind: "postgres", url: server, poolMax: 1 });
  const url = new URL(server);
  url.pathname = `/${name}`;
  await admin.pool.query(`CREATE DATABASE ${name}`);
  try {
    await work(url.href);
  } finally {
    await admin.pool.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await admin.close();
  }
}

/** Needs pg_dump, of the server's version or newer. */
export function dumpSchema(url, schema) {
  const options = ["--schema", schema, "--column-inserts", "--no-owner", "--no-privileges", "--no-tablespaces"];
  const text = execFileSync("pg_dump", [...options, url], { encoding: "utf8", maxBuffer: 64 << 20 });
  const own = /^(--|SET |SELECT pg_catalog\.set_config|\\)/;
  const lines = text.split("\n").filter((line) => !own.test(line));
  return `${lines
    .join("\n")
    .replace(/\n{2,}/g, "\n\n")
    .trim()}\n`;
}
