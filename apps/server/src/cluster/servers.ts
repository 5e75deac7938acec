// This file checks that the three servers that a cluster stands on answer, and makes one database
// per service and party.
import { CovaultError } from "@covault/errors";
import { rabbitmqBroker, redisPresence } from "@covault/service-kit/messages";
import { reasonOf } from "@covault/service-kit/run";
import { openDatabase, unhurried } from "@covault/service-kit/sql";

export interface ServerUrls {
  /** The URL of any database on the server. Others are made beside it. */
  readonly postgres: string;
  readonly rabbitmq: string;
  /** The URL with the number of the database, such as redis://127.0.0.1:6379/3. */
  readonly redis: string;
}

/**
 * Throws config/bad-value that names every server that does not answer, with the setting that says
 * where it is.
 */
export async function requireServers({ postgres, rabbitmq, redis }: ServerUrls): Promise<void> {
  const checks: readonly (readonly [string, string, string, () => Promise<void>])[] = [
    ["PostgreSQL", "CLUSTER_POSTGRES_URL", postgres, () => inDatabase(postgres, async () => {})],
    ["RabbitMQ", "RABBITMQ_URL", rabbitmq, async () => (await rabbitmqBroker({ url: rabbitmq, connectMs: 3_000 })).close()],
    ["Redis", "REDIS_URL", redis, async () => (await redisPresence({ url: redis })).close()],
  ];
  const missing = await Promise.all(
    checks.map(async ([name, setting, url, check]) => {
      try {
        await check();
        return undefined;
      } catch (error) {
        return `${name} at ${new URL(url).host} does not answer (${reasonOf((error as Error).cause ?? error)}); ${setting} says where it is`;
      }
    }),
  );
  const named = missing.filter((text) => text !== undefined);
  if (named.length > 0)
    throw new CovaultError("config/bad-value", `${named.join(". ")}.`, {
      hint: "Start what is missing. covault start needs none of them.",
    });
}

/**
 * Makes the databases that are missing. `owner` marks them: they hold shares sealed under its keys,
 * which another owner's keys would not open. Throws config/bad-value when they are marked as
 * another's. `fresh` drops them first.
 */
export async function prepareDatabases(postgres: string, names: readonly string[], owner: string, fresh: boolean): Promise<void> {
  await inDatabase(postgres, async (query) => {
    for (const name of names) {
      if (fresh) await query(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
      const found = await query("SELECT shobj_description(oid, 'pg_database') AS mark FROM pg_database WHERE datname = $1", [name]);
      const mark = found[0]?.mark;
      if (found.length === 0) {
        await query(`CREATE DATABASE "${name}"`);
        await query(`COMMENT ON DATABASE "${name}" IS '${markOf(owner)}'`);
      } else if (mark !== markOf(owner))
        throw new CovaultError("config/bad-value", `The database ${name} belongs to a cluster with other keys.`, {
          hint: "Use the data folder that it was made with (DATA_DIR), or drop all of the cluster's databases with --fresh.",
        });
    }
  });
}

export async function dropDatabases(postgres: string, names: readonly string[]): Promise<void> {
  await inDatabase(postgres, async (query) => {
    for (const name of names) await query(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
  });
}

/** Gives the URL of another database on the same server. */
export function databaseUrl(postgres: string, name: string): string {
  const url = new URL(postgres);
  url.pathname = `/${name}`;
  return url.href;
}

const markOf = (owner: string): string => `covault cluster ${owner}`;

type Query = (text: string, values?: readonly unknown[]) => Promise<readonly Record<string, unknown>[]>;

async function inDatabase(url: string, work: (query: Query) => Promise<void>): Promise<void> {
  const database = await openDatabase({ kind: "postgres", url, poolMax: 1, times: unhurried });
  try {
    await database.ping();
    await work(async (text, values = []) => (await database.pool.query<Record<string, unknown>>(text, [...values])).rows);
  } finally {
    await database.close();
  }
}
