// The database behind every store: PostgreSQL, or PostgreSQL inside the process (PGlite) on a
// folder. Either way it is the same kysely over the same pg.Pool, with a schema for each service or
// party. A transaction must await nothing but its own queries, because PGlite has one connection.
import { join } from "node:path";
import type { PGlite as EmbeddedPostgres } from "@electric-sql/pglite";
import { Kysely, PostgresDialect } from "kysely";
import type pg from "pg";
import { bytesLeft, fileError } from "../run/file-error.ts";
import { within } from "../run/silence.ts";
import { CheckedPool, type CheckedPoolConfig, type DatabaseTimes, databaseTimes } from "./connections.ts";
import { lockDataFolder } from "./data-lock.ts";
import { databaseUnavailable } from "./database-away.ts";
import { embeddedConnections } from "./embedded-connections.ts";
import { layTemplate } from "./embedded-template.ts";

export type DatabaseConfig =
  | {
      readonly kind: "pglite";
      /** The data folder. Without one the database lives in memory, for tests. */
      readonly dir?: string;
    }
  | {
      readonly kind: "postgres";
      readonly url: string;
      /** The most connections at once. Default 10. */
      readonly poolMax?: number;
      /**
       * The database is for one owner alone, so `migrate` refuses it when it holds another's
       * schema.
       */
      readonly exclusive?: boolean;
      /** Default: `databaseTimes`, which suit work that ends in seconds. */
      readonly times?: Partial<DatabaseTimes>;
    };

export interface Database {
  readonly kind: "pglite" | "postgres";
  /** See `DatabaseConfig`. It is false for an embedded database, which holds the schemas of all. */
  readonly exclusive: boolean;
  readonly pool: pg.Pool;
  /**
   * Makes queries within one schema: `database.schema<Tables>("coordinator").selectFrom("events")`.
   */
  schema<Tables>(name: string): Kysely<Tables>;
  /**
   * Calls `look` on every connection that is made from now on, before it is used. A look that
   * throws costs the connection. Returns how to end that.
   */
  onConnect(look: ConnectionLook): () => void;
  /** Throws when the database does not answer. */
  ping(): Promise<void>;
  /**
   * Throws unless a row can be written to the schema, which must have been migrated. A database on
   * a full disk answers every question and takes nothing. An embedded one needs some room beside.
   */
  writes(schema: string): Promise<void>;
  close(): Promise<void>;
}

/** Looks at a new connection. `query` gives the rows of a statement on it. */
export type ConnectionLook = (query: (text: string) => Promise<readonly unknown[]>) => Promise<void>;

/** An embedded database may take this long to end. */
const endMs = 5_000;
/**
 * A query that is awaited inside another's transaction would wait for ever for PGlite's one
 * connection, so it fails after this time. All parties of the process share that connection, and in
 * a large key generation they stand in line for seconds.
 */
const embeddedTimeoutMs = 30_000;
/**
 * PostgreSQL writes its log in files of 16 MiB, and ends when there is no room for the next one.
 */
const roomBytesMin = 32 * 1_048_576;
const checkpointMs = 5 * 60_000;
const vacuumEvery = 12;
/**
 * Whatever was committed must be on disk, because a party that forgets a burn, or a round which it
 * has sent, gives its pairs away. A default of the database, the role, the server or the URL may
 * say otherwise. A setting that is stricter than `on` stays.
 */
const durableCommits = `SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') <> 'remote_apply'`;

/**
 * `onError` is told of idle connections that broke, and of an embedded database's upkeep that
 * failed. Throws config/bad-value, config/unusable-file or database/in-use for a folder that cannot
 * be used. A server is not asked for anything yet.
 */
export async function openDatabase(config: DatabaseConfig, onError: (error: unknown) => void = () => {}): Promise<Database> {
  return config.kind === "pglite" ? openEmbedded(config.dir, onError) : openServer(config, onError);
}

type ServerConfig = Extract<DatabaseConfig, { kind: "postgres" }>;

async function openServer(
  { url, poolMax: max = 10, exclusive = false, times: given }: ServerConfig,
  onError: (error: unknown) => void,
): Promise<Database> {
  const times = { ...databaseTimes, ...given };
  const looks = new Set<ConnectionLook>();
  const config = {
    connectionString: url,
    max,
    times,
    connectionTimeoutMillis: times.connectMs,
    statement_timeout: times.statementMs,
    lock_timeout: times.lockMs,
    idle_in_transaction_session_timeout: times.idleInTransactionMs,
    keepAlive: true,
    application_name: "covault",
  };
  const pool = makePool(config, looks, onError, durableCommits);
  return databaseOver({ kind: "postgres", exclusive }, pool, looks, () =>
    // A server that says nothing must not keep the process from its end.
    within(times.connectMs, pool.end(), () => new Error("the database did not end its connections")).catch(onError),
  );
}

async function openEmbedded(dir: string | undefined, onError: (error: unknown) => void): Promise<Database> {
  // These 27 MB are loaded here and not at the top, since a role on PostgreSQL does without them.
  const engine = import("@electric-sql/pglite");
  const unlock = dir === undefined ? async () => {} : await lockDataFolder(dir);
  let pglite: EmbeddedPostgres;
  try {
    if (dir !== undefined) layTemplate(join(dir, "postgres"));
    const { PGlite } = await engine;
    pglite = await PGlite.create({
      ...(dir === undefined ? {} : { dataDir: join(dir, "postgres") }),
      startParams: [...PGlite.defaultStartParams, "-c", "max_wal_size=64MB", "-c", "shared_buffers=16MB"],
    });
  } catch (error) {
    await unlock();
    throw fileError("DATA_DIR", dir ?? "the memory", "takes no database", error);
  }
  const looks = new Set<ConnectionLook>();
  const connections = embeddedConnections(pglite);
  const config = {
    makeConnection: connections.make,
    user: "postgres",
    database: "postgres",
    max: 1,
    connectionTimeoutMillis: embeddedTimeoutMs,
    idleTimeoutMillis: 0,
  };
  const pool = makePool(config, looks, onError);
  // PGlite has no checkpointer and no autovacuum. Without this its folder would grow for ever.
  let ticks = 0;
  const upkeep = setInterval(() => {
    ticks++;
    pool.query(ticks % vacuumEvery === 0 ? "VACUUM" : "CHECKPOINT").catch(onError);
  }, checkpointMs);
  upkeep.unref();
  const requireRoom = (): void => {
    const left = dir === undefined ? Number.POSITIVE_INFINITY : bytesLeft(dir);
    if (left < roomBytesMin)
      throw databaseUnavailable(
        `The disk of DATA_DIR has ${Math.floor(left / 1_048_576)} MiB left: ${roomBytesMin / 1_048_576} are needed.`,
      );
  };
  return databaseOver({ kind: "pglite", exclusive: false, requireRoom }, pool, looks, async () => {
    clearInterval(upkeep);
    if (dir !== undefined) await pool.query("CHECKPOINT").catch(onError);
    // After a panic PGlite answers nothing any more, not even its close.
    const ending = pool
      .end()
      .then(connections.ended)
      .then(() => pglite.close());
    await within(endMs, ending, () => new Error("the database in this process did not end")).catch(onError);
    await unlock();
  });
}

/** pg-pool awaits `onConnect` before it hands a new connection out, and its types do not say so. */
interface PoolConfig extends CheckedPoolConfig {
  readonly onConnect?: (client: pg.ClientBase) => Promise<void>;
}

/** `first` is the first statement of every connection, and costs the connection when it fails. */
function makePool(
  config: CheckedPoolConfig,
  looks: ReadonlySet<ConnectionLook>,
  onError: (error: unknown) => void,
  first?: string,
): pg.Pool {
  const full: PoolConfig = {
    ...config,
    async onConnect(client) {
      if (first !== undefined) await client.query(first);
      for (const look of looks) await look(async (text) => (await client.query(text)).rows);
    },
  };
  const pool = new CheckedPool(full);
  // A server that goes away breaks connections at rest and at work. pg tells of both by an event,
  // which ends the process when nobody listens.
  pool.on("error", onError);
  pool.on("connect", (client) => client.on("error", onError));
  return pool;
}

type About = Pick<Database, "kind" | "exclusive"> & { readonly requireRoom?: () => void };

function databaseOver({ requireRoom, ...about }: About, pool: pg.Pool, looks: Set<ConnectionLook>, end: () => Promise<void>): Database {
  const kysely = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  let closing: Promise<void> | undefined;
  return {
    ...about,
    pool,
    schema: <Tables>(name: string) => kysely.withSchema(name) as Kysely<Tables>,
    onConnect(look) {
      looks.add(look);
      return () => looks.delete(look);
    },
    async ping() {
      await pool.query("SELECT 1");
    },
    async writes(schema) {
      requireRoom?.();
      await pool.query(`INSERT INTO "${schema}".health DEFAULT VALUES ON CONFLICT (one) DO UPDATE SET written_at = now()`);
    },
    close() {
      closing ??= end();
      return closing;
    },
  };
}
