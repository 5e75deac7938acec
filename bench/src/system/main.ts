// `npm run bench:system`. Drives HTTP signing and keygen through `covault start` and
// `covault cluster`, in turn with the bare protocol, and prints a page with the figures, what they
// must be and what they aim at. A page of a quiet machine is kept by hand in
// docs/verification/system.md. With `--json` it prints the ratios alone.
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bareProtocols } from "./bare.ts";
import { bounds, reached } from "./bounds.ts";
import { figuresOf, type Measured, type SystemName } from "./figures.ts";
import { measure } from "./measure.ts";
import { readOptions } from "./options.ts";
import { pageOf } from "./page.ts";
import { dropDatabases } from "./systems.ts";

const args = process.argv.slice(2);
let options: ReturnType<typeof readOptions>;
try {
  if (process.platform !== "linux") throw new Error("The CPU and the memory of processes are read from /proc, which only Linux has.");
  options = readOptions(args);
} catch (error) {
  console.error(`bench:system: ${(error as Error).message}`);
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), "covault-bench-"));
const running = new Set<ChildProcess>();
const interrupt = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => interrupt.abort());
const interrupted = new Promise<never>((_, reject) => interrupt.signal.addEventListener("abort", () => reject(new Error("Interrupted."))));
interrupted.catch(() => {});
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

const startedAt = performance.now();
const tell = (line: string): void => {
  // Every process is told of before it starts, so none starts after this.
  if (interrupt.signal.aborted) throw new Error("Interrupted.");
  console.error(`${String(Math.round((performance.now() - startedAt) / 1_000)).padStart(4)} s  ${line}`);
};

const systems: Partial<Record<SystemName, Measured>> = {};
try {
  tell("bare protocol: warm-up");
  const bare = bareProtocols();
  if (options.systems.includes("cluster")) await dropDatabases();
  for (const name of options.systems) {
    systems[name] = await Promise.race([measure(name, { folder, running, bare, options, tell }), interrupted]);
  }
  const figures = figuresOf(bare.times, systems);
  const command = ["npm run bench:system", ...(args.length === 0 ? [] : ["--", ...args])].join(" ");
  console.log(
    options.json
      ? JSON.stringify(figures, null, 2)
      : pageOf(bare.times, systems, figures, { date: new Date(), command, quiet: bare.quiet() }),
  );
  if (bare.quiet() < 0.95) console.error(`The machine was not quiet: the bare protocol had ${Math.round(bare.quiet() * 100)}% of a core.`);
  const missed = bounds.filter((bound) => ["neither", "not measured"].includes(reached(bound, figures)));
  if (options.check && missed.length > 0) {
    for (const bound of missed)
      console.error(`${bound.about}: ${reached(bound, figures) === "neither" ? "not what it must be" : "not measured"}`);
    process.exitCode = 1;
  }
} catch (error) {
  const { aborted } = interrupt.signal;
  console.error(aborted ? "Interrupted." : `bench:system: ${(error as Error).message}`);
  process.exitCode = aborted ? 130 : 1;
} finally {
  await Promise.all([...running].map((child) => ended(child)));
  if (options.systems.includes("cluster"))
    await dropDatabases().catch((error: Error) => console.error(`Databases are left: ${error.message}`));
  rmSync(folder, { recursive: true, force: true });
}
// What an interrupt left waiting waits no longer.
process.exit();

/** Ends a process that was left running, at once when it takes longer than half a minute. */
async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const patience = setTimeout(() => child.kill("SIGKILL"), 30_000);
  await exit;
  clearTimeout(patience);
}
