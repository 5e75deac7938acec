// This file is loaded into a system (NODE_OPTIONS=--import). It sets the system's wall clock, and
// that of the database in it, by what the file CLOCK_FILE says, each time the process gets SIGUSR2.
// Timers and the monotonic clock do not change, as on a machine whose clock is set.
import { readFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

if (isMainThread) {
  const { now } = Date;
  let byMs = 0;
  process.on("SIGUSR2", () => {
    byMs = Number(readFileSync(process.env.CLOCK_FILE, "utf8"));
  });
  Date.now = () => now() + byMs;
  globalThis.Date = new Proxy(Date, {
    construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [Date.now()] : args, newTarget),
  });
}
