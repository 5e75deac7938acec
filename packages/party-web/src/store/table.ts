// One table inside one transaction. Everything that is read or written is a copy.
import { detached } from "@covault/party/run";
import type { Key, PlatformObjectStore, PlatformRequest } from "../platform.ts";

export class Table<Row> {
  readonly #rows: PlatformObjectStore;

  constructor(rows: PlatformObjectStore) {
    this.#rows = rows;
  }

  get(key: Key): Promise<Row | undefined> {
    return answered(this.#rows.get(key)) as Promise<Row | undefined>;
  }
  all(): Promise<readonly Row[]> {
    return answered(this.#rows.getAll()) as Promise<readonly Row[]>;
  }
  /** Gives the rows that have this value in an index of the table. */
  having(index: string & keyof Row, value: Key): Promise<readonly Row[]> {
    return answered(this.#rows.index(index).getAll(value)) as Promise<readonly Row[]>;
  }
  /** Inserts the row, or replaces the one with its key. */
  async put(row: Row): Promise<void> {
    // A part of a longer array would be stored with everything that stands beside it.
    await answered(this.#rows.put(detached(row)));
  }
  async delete(key: Key): Promise<void> {
    await answered(this.#rows.delete(key));
  }
  async clear(): Promise<void> {
    await answered(this.#rows.clear());
  }
}

function answered<T>(request: PlatformRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
