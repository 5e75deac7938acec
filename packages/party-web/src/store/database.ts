// A party's database in the browser, and its transactions. All of them reach over all tables. So
// they happen one after the other, also those of several tabs and workers, and nothing that one of
// them decides can be untrue when it is written.
import { asCovaultError, CovaultError } from "@covault/errors";
import { type PlatformDatabase, type PlatformTransaction, platform } from "../platform.ts";
import { Table } from "./table.ts";
import { createTables, type Rows, type Tables, tableNames } from "./tables.ts";

const version = 1;

export class Database {
  readonly #database: PlatformDatabase;
  readonly #name: string;

  private constructor(database: PlatformDatabase, name: string) {
    this.#database = database;
    this.#name = name;
    // A newer version of the program opens the database elsewhere, or somebody deletes it. Both
    // wait for this side to let go.
    database.onversionchange = () => database.close();
  }

  /** Opens the database, and makes it when there is none. `first` fills a new one. */
  static async open(name: string, first: (tables: Tables) => Promise<void>): Promise<Database> {
    const opened = await new Promise<PlatformDatabase>((resolve, reject) => {
      const request = platform.indexedDB.open(name, version);
      request.onupgradeneeded = () => {
        createTables(request.result);
        if (request.transaction !== null) void first(tablesOf(request.transaction));
      };
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(unavailable(name, request.error));
    });
    return new Database(opened, name);
  }

  read<T>(work: (tables: Tables) => Promise<T>): Promise<T> {
    return this.#transaction("readonly", work);
  }
  /**
   * Resolves when everything is on the disk. After a throw nothing of it is. `work` awaits its
   * tables alone.
   */
  write<T>(work: (tables: Tables) => Promise<T>): Promise<T> {
    return this.#transaction("readwrite", work);
  }
  close(): void {
    this.#database.close();
  }

  #transaction<T>(mode: "readonly" | "readwrite", work: (tables: Tables) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const failed = (cause: unknown): void => reject(asCovaultError(cause) ?? unavailable(this.#name, cause));
      let transaction: PlatformTransaction;
      try {
        transaction = this.#database.transaction(tableNames, mode, { durability: "strict" });
      } catch (cause) {
        return failed(cause);
      }
      let given: { readonly value: T } | undefined;
      let thrown: unknown;
      transaction.oncomplete = () => (given === undefined ? failed(thrown) : resolve(given.value));
      transaction.onabort = () => failed(thrown ?? transaction.error);
      work(tablesOf(transaction)).then(
        (value) => {
          given = { value };
        },
        (error: unknown) => {
          thrown = error;
          abort(transaction);
        },
      );
    });
  }
}

/**
 * Ends a transaction without its writes. One that failed by itself is over already, and throws
 * here.
 */
function abort(transaction: PlatformTransaction): void {
  try {
    transaction.abort();
  } catch {}
}

function tablesOf(transaction: PlatformTransaction): Tables {
  const table = <Name extends keyof Rows>(name: Name): readonly [Name, Table<Rows[Name]>] => [
    name,
    new Table(transaction.objectStore(name)),
  ];
  return Object.fromEntries(tableNames.map(table)) as unknown as Tables;
}

function unavailable(name: string, cause: unknown): CovaultError {
  const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  return new CovaultError("party/store-unavailable", `The browser's database ${name} cannot be used: ${reason}`, { cause });
}
