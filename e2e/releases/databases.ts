// What a cluster leaves behind: the databases of its services and parties as pg_dump writes them,
// and the folder of its secrets. Whoever starts on them has restored every party from a backup.
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompressSync, brotliDecompressSync } from "node:zlib";
import { Client } from "pg";

export interface Servers {
  /** The URL of a database beside which others are made. */
  readonly postgres: string;
  readonly rabbitmq: string;
  readonly redis: string;
}

const run = promisify(execFile);
const archive = "databases.json.br";

interface Kept {
  /** The comment on the database, which says whose it is. */
  readonly mark: string;
  readonly sql: string;
}

async function onServer<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const at = (server: string, database: string): string => {
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.href;
};

/**
 * Keeps every database whose name begins with the prefix. pg_dump leaves the rows of `pairs` out,
 * as every backup does.
 */
export async function keepDatabases(server: string, prefix: string, kept: string): Promise<void> {
  const found = await onServer(server, (client) =>
    client.query<{ datname: string; mark: string }>(
      "SELECT datname, shobj_description(oid, 'pg_database') AS mark FROM pg_database WHERE starts_with(datname, $1) ORDER BY datname",
      [`${prefix}_`],
    ),
  );
  const databases: Record<string, Kept> = {};
  for (const { datname, mark } of found.rows) {
    const options = ["--inserts", "--no-owner", "--exclude-table-data=*.pairs", at(server, datname)];
    const { stdout } = await run("pg_dump", options, { maxBuffer: 1e9 });
    // Lines that begin with a backslash are for psql alone.
    databases[datname.slice(prefix.length + 1)] = { mark, sql: stdout.replaceAll(/^\\.*$/gm, "") };
  }
  mkdirSync(kept, { recursive: true });
  writeFileSync(join(kept, archive), brotliCompressSync(JSON.stringify(databases)));
}

/** Makes the kept databases again, under another prefix. */
export async function layDatabases(kept: string, server: string, prefix: string): Promise<void> {
  const databases = JSON.parse(brotliDecompressSync(readFileSync(join(kept, archive))).toString()) as Record<string, Kept>;
  for (const [name, { mark, sql }] of Object.entries(databases)) {
    await onServer(server, async (client) => {
      await client.query(`CREATE DATABASE "${prefix}_${name}"`);
      await client.query(`COMMENT ON DATABASE "${prefix}_${name}" IS ${client.escapeLiteral(mark)}`);
    });
    await onServer(at(server, `${prefix}_${name}`), (client) => client.query(sql));
  }
}
