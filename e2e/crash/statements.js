// No statement that writes may reach the database outside of a step: nobody would die before or
// after it. While points are recorded, every statement but those of a step of a store runs in a
// transaction that may only read. So it is PostgreSQL that says what writes, and not the text.
import { AsyncLocalStorage } from "node:async_hooks";
import pg from "pg";
import { isRecording, record } from "./armed.js";

const steps = new AsyncLocalStorage();
/** Ports whose steps write to the database. */
const stores = /^(store|due)(\.|$)/;
/** A process that starts meanwhile sets up its schema, which is no step of anything. */
const startedInside = isRecording();
const readOnlyTransaction = "25006";

/** Runs a step. What it leaves behind in its asynchronous context is outside of it once it has ended. */
export function inStep(port, run) {
  const step = { writes: stores.test(port) };
  const end = () => {
    step.writes = false;
  };
  const done = steps.run(step, run);
  if (done instanceof Promise) done.then(end, end);
  else end();
  return done;
}

const { query } = pg.Client.prototype;
pg.Client.prototype.query = function (...args) {
  if (startedInside || steps.getStore()?.writes === true || !isRecording()) return query.apply(this, args);
  const tell = typeof args.at(-1) === "function" ? args.pop() : undefined;
  const done = reading(this, args);
  if (tell === undefined) return done;
  done.then((result) => tell(undefined, result), tell);
};

async function reading(client, args) {
  await query.call(client, "BEGIN READ ONLY");
  try {
    return await query.apply(client, args);
  } catch (error) {
    const text = typeof args[0] === "string" ? args[0] : args[0].text;
    if (error.code === readOnlyTransaction) record(`outside of a step: ${text.replaceAll(/\s+/g, " ").slice(0, 120)}`);
    throw error;
  } finally {
    await query.call(client, "COMMIT");
  }
}
