// The database behind every store: PostgreSQL, or PostgreSQL inside the process (PGlite) on a folder. The same kysely over the
// same pg.Pool either way; a schema per service or party. Transactions await nothing but their own queries: PGlite has one connection.
import { join } from "node:path";
import type { PGlite as EmbeddedPostgres } from "@electric-sql/pglite";
import { Kysely, PostgresDialect } from "kysely";
import type pg from "pg";
import { bytesLeft, fileError } from "../run/file-error.ts";
import { within } from "../run/silence.ts";
import { CheckedPool, type CheckedPoolConfig, type DatabaseTimes, databaseTimes } from "./connections.ts";
import { lockDataFolder } from "./data-lock.ts";
import { databaseUnavailable } from "./database-away.ts";
import { letOthersIn } from "./embedded-turns.ts";

export type DatabaseConfig =
  | {
      readonly kind: "pglite";
      /** Data folder; absent: in memory, for tests. */
      readonly dir?: string;
    }
  | {
      readonly kind: "postgres";
      readonly url: string;
      /** Default 10. */
      readonly poolMax?: number;
      /** Of one service or party: `migrate` refuses it when it holds another's schema. */
      readonly exclusive?: boolean;
      /** Default: those for the work of a service, which ends in seconds. */
      readonly times?: Partial<DatabaseTimes>;
    };

export interface Database {
  readonly kind: "pglite" | "postgres";
  /** See `DatabaseConfig`. An embedded database holds the schemas of all. */
  readonly exclusive: boolean;
  readonly pool: pg.Pool;
  /** Queries within one schema: `database.schema<Tables>("coordinator").selectFrom("events")`. */
  schema<Tables>(name: string): Kysely<Tables>;
  /** Calls `look` on every connection that is made from now on, before it is used. The result ends that. A look that throws costs the connection. */
  onConnect(look: ConnectionLook): () => void;
  /** Throws when the database does not answer. */
  ping(): Promise<void>;
  /**
   * Throws unless a row can be written to the schema, which has been migrated: a full disk answers every question, and takes nothing. An embedded
   * database needs some room beside.
   */
  writes(schema: string): Promise<void>;
  close(): Promise<void>;
}

/** `query` gives the rows of a statement on the new connection. */
export type ConnectionLook = (query: (text: string) => Promise<readonly unknown[]>) => Promise<void>;

/** How long an embedded database may take to end. */
const endMs = 5_000;
/**
 * A query inside another's transaction would wait for ever on PGlite's one connection: it fails after this time. All parties of the process share
 * that connection, and in a large key generation they stand in line for seconds.
 */
const embeddedTimeoutMs = 30_000;
/** PostgreSQL takes files of 16 MiB for its log, and ends when there is no room for the next one. */
const roomBytesMin = 32 * 1_048_576;
const checkpointMs = 5 * 60_000;
const vacuumEvery = 12;
/**
 * What was committed is on disk: a party that forgets a round which it has sent, or a burn, gives its pairs away. A default of the database, the role
 * or the server may say otherwise, and so may the URL. What is stricter than `on` stays.
 */
const durableCommits = `SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') <> 'remote_apply'`;

/** `onError`: an idle connection broke, or the upkeep of an embedded database failed. */
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
    // A server that says nothing keeps no process from its end.
    within(times.connectMs, pool.end(), () => new Error("the database did not end its connections")).catch(onError),
  );
}

async function openEmbedded(dir: string | undefined, onError: (error: unknown) => void): Promise<Database> {
  // Loaded here and not at the top: a role on PostgreSQL does without these 27 MB.
  const { PGlite } = await import("@electric-sql/pglite");
  const { createPgConfig } = await import("@electric-sql/pglite/node-postgres");
  const unlock = dir === undefined ? async () => {} : await lockDataFolder(dir);
  let pglite: EmbeddedPostgres;
  try {
    pglite = await PGlite.create({
      ...(dir === undefined ? {} : { dataDir: join(dir, "postgres") }),
      startParams: [...PGlite.defaultStartParams, "-c", "max_wal_size=64MB", "-c", "shared_buffers=16MB"],
    });
  } catch (error) {
    await unlock();
    throw fileError("DATA_DIR", dir ?? "the memory", "takes no database", error);
  }
  letOthersIn(pglite);
  const looks = new Set<ConnectionLook>();
  const config = { ...createPgConfig(pglite), max: 1, connectionTimeoutMillis: embeddedTimeoutMs, idleTimeoutMillis: 0 };
  const pool = makePool(config, looks, onError);
  // PGlite has no checkpointer and no autovacuum: without these its folder grows for ever.
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
    const ending = pool.end().then(() => pglite.close());
    await within(endMs, ending, () => new Error("the database in this process did not end")).catch(onError);
    await unlock();
  });
}

/** pg-pool awaits `onConnect` before it hands a new connection out; its types do not say so. */
interface PoolConfig extends CheckedPoolConfig {
  readonly onConnect?: (client: pg.ClientBase) => Promise<void>;
}

/** `first`: the first statement of every connection; one that fails costs the connection. */
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
  // A server that goes away breaks connections at rest and those at work; pg tells both by an event that ends the process unheard.
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
