// No write may hide from the points. While they are recorded, a statement that is outside of a step
// of a store runs in a transaction that may only read, and a step of a store may have one
// transaction that writes. PostgreSQL says what writes, and not the text of a statement.
import { AsyncLocalStorage } from "node:async_hooks";
import pg from "pg";
import { isRecording, record } from "./armed.js";

const steps = new AsyncLocalStorage();
/** Ports whose steps write to the database. */
const stores = /^(store|due|holdings|roster)(\.|$)/;
/** A process that starts meanwhile sets up its schema, which is no step of anything. */
const startedInside = isRecording();
const readOnlyTransaction = "25006";

/** Runs a step. What it leaves behind in its context is outside of it once it has ended. */
export function inStep(port, point, run) {
  const step = { writes: stores.test(port), transactions: 0 };
  const end = () => {
    step.writes = false;
    if (step.transactions > 1) record(`${step.transactions} transactions in one step: ${point}`);
  };
  const done = steps.run(step, run);
  if (done instanceof Promise) done.then(end, end);
  else end();
  return done;
}

const { query } = pg.Client.prototype;
pg.Client.prototype.query = function (...args) {
  if (startedInside || !isRecording()) return query.apply(this, args);
  const tell = typeof args.at(-1) === "function" ? args.pop() : undefined;
  const step = steps.getStore();
  const done = step?.writes === true ? counting(this, args, step) : reading(this, args);
  if (tell === undefined) return done;
  done.then((result) => tell(undefined, result), tell);
};

const textOf = ([statement]) => (typeof statement === "string" ? statement : statement.text);

async function reading(client, args) {
  try {
    return await within(client, "BEGIN READ ONLY", () => query.apply(client, args));
  } catch (error) {
    if (error.code === readOnlyTransaction) record(`outside of a step: ${textOf(args).replaceAll(/\s+/g, " ").slice(0, 120)}`);
    throw error;
  }
}

/** Clients in a transaction of the store's own. */
const open = new WeakSet();

async function counting(client, args, step) {
  const verb = textOf(args).trim().split(/\s/, 1)[0].toLowerCase();
  if (verb === "begin" || verb === "start") open.add(client);
  if (verb === "commit") await count(client, step);
  if (verb === "commit" || verb === "rollback") open.delete(client);
  if (open.has(client) || verb === "commit" || verb === "rollback") return query.apply(client, args);
  return within(client, "BEGIN", async () => {
    const result = await query.apply(client, args);
    await count(client, step);
    return result;
  });
}

async function count(client, step) {
  const { rows } = await query.call(client, "SELECT pg_current_xact_id_if_assigned() IS NOT NULL AS wrote");
  if (rows[0].wrote) step.transactions++;
}

async function within(client, begin, run) {
  await query.call(client, begin);
  try {
    return await run();
  } finally {
    // After a failure it rolls back.
    await query.call(client, "COMMIT");
  }
}
