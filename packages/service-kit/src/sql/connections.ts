// Connections to PostgreSQL that notice when the other end is dead, and a pool that hands out none
// of those. A server that lives always speaks in time, because its own limit for a statement is
// shorter than the silence that is taken for death.
import pg from "pg";
import { reasonOf } from "../run/away.ts";
import { type SilenceWatch, watchSilence } from "../run/silence.ts";
import { databaseError, databaseUnavailable } from "./database-away.ts";
import { StatementNames } from "./statement-names.ts";

export interface DatabaseTimes {
  /** A connection must stand, or one of the pool must be free, in this time. */
  readonly connectMs: number;
  /** The server ends a statement after this time. */
  readonly statementMs: number;
  /** The server ends a statement that has waited for a lock for this time. */
  readonly lockMs: number;
  /**
   * The server ends a transaction whose client has said nothing for this time. A client that died
   * keeps its locks for no longer.
   */
  readonly idleInTransactionMs: number;
  /**
   * A connection is dead when its server owes an answer and says nothing for this time. It must be
   * more than `statementMs`.
   */
  readonly silentMs: number;
  /** A connection that has rested for this time is asked for an answer before it is used. */
  readonly restedMs: number;
  /** A rested connection has this time to answer. */
  readonly checkMs: number;
}

/** The times for the work of requests. */
export const databaseTimes: DatabaseTimes = {
  connectMs: 4_000,
  statementMs: 4_000,
  lockMs: 3_000,
  idleInTransactionMs: 5_000,
  silentMs: 5_000,
  restedMs: 1_000,
  checkMs: 1_000,
};

/** The times for work that no request waits for, such as making a database. */
export const unhurried: Partial<DatabaseTimes> = { statementMs: 60_000, lockMs: 60_000, silentMs: 65_000 };

type Callback = (error: unknown, result?: unknown) => void;
interface ClientOptions extends pg.ClientConfig {
  /** Without times the other end is this process (PGlite). */
  readonly times?: DatabaseTimes;
  /** Makes the connection of each client. Without it, the client makes a socket. */
  readonly makeConnection?: () => object;
}

/**
 * Emits `silent` with the time of its question when no answer came, and `panic` with PostgreSQL's.
 */
export class WatchedClient extends pg.Client {
  /** The time by performance.now() at which the server last said something. */
  heardAtMs = performance.now();
  readonly #times: DatabaseTimes | undefined;
  readonly #names = new StatementNames();
  #watch: SilenceWatch | undefined;
  #askedAtMs = 0;

  constructor(options: ClientOptions) {
    const { times, makeConnection } = options;
    super(makeConnection === undefined ? options : ({ ...options, connection: makeConnection() } as pg.ClientConfig));
    this.#times = times;
    if (times === undefined) return;
    this.expectWithin(times.silentMs);
    this.once("connect", () => {
      this.heardAtMs = performance.now();
      this.#stream.on("data", () => {
        this.heardAtMs = performance.now();
        this.#watch?.heard();
      });
    });
    this.on("drain", () => this.#watch?.disarm());
    this.on("error", () => this.#watch?.disarm());
    this.on("end", () => this.#watch?.disarm());
  }

  get #connection(): Connection {
    return (this as unknown as { readonly connection: Connection }).connection;
  }
  get #stream() {
    return this.#connection.stream;
  }

  /** From the next query on an answer may take this long. Default: what the client's times say. */
  expectWithin(ms: number | undefined = this.#times?.silentMs): void {
    this.#watch?.disarm();
    if (this.#times === undefined || ms === undefined) return;
    this.#watch = watchSilence(ms, () => {
      this.emit("silent", this.#askedAtMs);
      this.#stream.destroy(databaseUnavailable(`The database said nothing for ${ms} ms: its connection is taken for dead.`));
    });
  }

  /** Whether somebody has begun a transaction on it and not ended it. */
  get isInTransaction(): boolean {
    const status = (this as unknown as { getTransactionStatus(): string | null }).getTransactionStatus();
    return status === "T" || status === "E";
  }

  /** Ends the connection at once. An orderly end would wait for an answer that does not come. */
  abandon(): void {
    this.#stream.destroy();
  }

  #explain(error: unknown): unknown {
    // A panic is PostgreSQL's last word. PGlite never answers again after it.
    if ((error as { severity?: unknown }).severity === "PANIC") this.emit("panic", error);
    return databaseError(error);
  }

  // biome-ignore lint/suspicious/noExplicitAny: the driver's five signatures are passed on.
  override query(...args: any[]): any {
    if (this.#watch !== undefined) {
      this.#askedAtMs = performance.now();
      this.#watch.arm();
    }
    const [text, values] = args;
    const callback: unknown = args.at(-1);
    // The driver prepares no statement without values.
    if (typeof text === "string" && Array.isArray(values) && values.length > 0) {
      const asked = this.#askNamed(text, values);
      if (typeof callback !== "function") return asked;
      asked.then(
        (result) => (callback as Callback)(undefined, result),
        (error: unknown) => (callback as Callback)(error),
      );
      return undefined;
    }
    if (typeof callback === "function")
      args[args.length - 1] = (error: unknown, result: unknown) => (callback as Callback)(error && this.#explain(error), result);
    const given = (super.query as (...all: unknown[]) => unknown)(...args);
    if (!(given instanceof Promise)) return given;
    return given.catch((error: unknown) => {
      throw this.#explain(error);
    });
  }

  async #askNamed(text: string, values: unknown[]): Promise<pg.QueryResult> {
    const name = this.#names.nameOf(text, (dropped) => this.#drop(dropped));
    try {
      return await super.query(name === undefined ? { text, values } : { text, values, name });
    } catch (error) {
      if (name === undefined || !isOutdated(error)) throw this.#explain(error);
      this.#names.forget(text);
      this.#drop(name);
      if (this.isInTransaction) throw databaseUnavailable("The database's schema has changed within a transaction.", error);
      return await super.query({ text, values }).catch((again: unknown) => {
        throw this.#explain(again);
      });
    }
  }

  /** The server forgets a statement before it reads the next query. */
  #drop(name: string): void {
    delete this.#connection.parsedStatements[name];
    this.#connection.close({ type: "S", name }, false);
  }
}

/** What pg's connection has and its types do not say. */
interface Connection extends pg.Connection {
  readonly parsedStatements: Record<string, string>;
}

/**
 * Whether a prepared statement failed because its result has other columns since a migration
 * (0A000), or because the connection is not in the state that it was left in (26000, 42P05).
 */
function isOutdated(error: unknown): boolean {
  const { code, routine } = error as { readonly code?: unknown; readonly routine?: unknown };
  return code === "26000" || code === "42P05" || (code === "0A000" && routine === "RevalidateCachedQuery");
}

export type CheckedPoolConfig = pg.PoolConfig & ClientOptions;

type Connected = (error: Error | undefined, client?: pg.PoolClient, release?: unknown) => void;

/**
 * Hands out no connection that is dead, and none on which a transaction was left open. Its checks
 * fail as database/unavailable.
 */
export class CheckedPool extends pg.Pool {
  readonly #times: DatabaseTimes | undefined;
  /**
   * Connections that have said nothing since this time are not trusted, since one was found dead.
   */
  #trustedFromMs = 0;

  /** The panic that ended the database inside this process. A server starts again by itself. */
  #panic: unknown;

  constructor(options: CheckedPoolConfig) {
    super({ ...options, Client: WatchedClient as unknown as new () => pg.ClientBase });
    this.#times = options.times;
    this.on("connect", (client) => {
      const events = client as unknown as NodeJS.EventEmitter;
      events.on("silent", (askedAtMs: number) => {
        this.#trustedFromMs = Math.max(this.#trustedFromMs, askedAtMs);
      });
      if (options.times !== undefined) return;
      events.on("panic", (error: unknown) => {
        this.#panic ??= error;
      });
    });
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(
    callback: (error: Error | undefined, client: pg.PoolClient | undefined, done: (release?: unknown) => void) => void,
  ): void;
  override connect(callback?: unknown): Promise<pg.PoolClient> | undefined {
    const checked = this.#checkOut();
    if (callback === undefined) return checked;
    checked.then(
      (client) => (callback as Connected)(undefined, client, client.release),
      (error: Error) => (callback as Connected)(error),
    );
    return undefined;
  }

  async #checkOut(): Promise<pg.PoolClient> {
    for (;;) {
      if (this.#panic !== undefined)
        throw databaseUnavailable(
          `The database in this process has ended (${reasonOf(this.#panic)}): make room, then start again.`,
          this.#panic,
        );
      const client = await super.connect().catch((error: unknown) => {
        throw databaseError(error);
      });
      const watched = client as unknown as WatchedClient;
      if (!watched.isInTransaction && (this.#times === undefined || (await this.#lives(watched, this.#times)))) return client;
      watched.abandon();
      client.release(true);
    }
  }

  async #lives(client: WatchedClient, { restedMs, checkMs }: DatabaseTimes): Promise<boolean> {
    if (client.heardAtMs < this.#trustedFromMs) return false;
    if (performance.now() - client.heardAtMs < restedMs) return true;
    client.expectWithin(checkMs);
    try {
      await client.query("SELECT 1");
      client.expectWithin();
      return true;
    } catch {
      return false;
    }
  }
}

/**
 * Lets the statements and locks of one transaction take up to `ms`, for work that no request waits
 * for. The transaction must have begun.
 */
export async function withPatience<T>(client: pg.PoolClient, ms: number, work: () => Promise<T>): Promise<T> {
  const watched = client as unknown as WatchedClient;
  watched.expectWithin(ms);
  try {
    await client.query(`SET LOCAL statement_timeout = ${ms}`);
    await client.query(`SET LOCAL lock_timeout = ${ms}`);
    return await work();
  } finally {
    watched.expectWithin();
  }
}
