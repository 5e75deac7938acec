// Counts the statements that a process sends to PostgreSQL. It is loaded before the program
// (`--import`), and only for the pass in which statements are counted. On each SIGUSR2 the process
// writes the number of the signal and its count into a file that is called by its pid, in the
// folder that the query of this file's URL names.
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isMainThread } from "node:worker_threads";
import pg from "pg";

if (isMainThread) {
  const folder = new URL(import.meta.url).searchParams.get("folder") as string;
  let [count, signals] = [0, 0];
  // The method has many forms. What is passed on is what came.
  const { query } = pg.Client.prototype as unknown as { query: (...args: unknown[]) => unknown };
  Object.assign(pg.Client.prototype, {
    query(this: unknown, ...args: unknown[]) {
      count++;
      return query.apply(this, args);
    },
  });
  process.on("SIGUSR2", () => {
    const file = join(folder, String(process.pid));
    writeFileSync(`${file}.new`, `${++signals} ${count}`);
    renameSync(`${file}.new`, file);
  });
}
