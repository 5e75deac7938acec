// Measures one system: it is started twice, warmed up, left alone, and then asked for each kind of
// work by each number of callers, in turn with the bare protocol.
import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import type { Bare } from "./bare.ts";
import type { Order, Outcome } from "./callers.ts";
import { clusterCallers, type Measured, type Measurement, type SystemName, together } from "./figures.ts";
import { ascending, type Options } from "./options.ts";
import { cpuMsOf, memoryOf, processTree } from "./processes.ts";
import { makeSigner, notThere, type Signer, type Work, works } from "./requests.ts";
import { type StartOptions, type System, start } from "./systems.ts";
import { isSignature } from "./verify.ts";

/** A measurement has this many parts, so that a change of the machine's pace meets all of them. */
const parts = 3;
/** How many requests of each kind the statements are counted over. */
const counted: Partial<Readonly<Record<Work, number>>> = { ecdsa: 10, ed25519: 10, keygen: 3 };
const countedWithinMs = 10_000;

export interface Stage extends StartOptions {
  readonly bare: Bare;
  readonly options: Options;
  /** Tells what is being done. */
  readonly tell: (line: string) => void;
}

export async function measure(name: SystemName, stage: Stage): Promise<Measured> {
  const { options, tell, bare } = stage;
  const plan = (Object.keys(works) as Work[])
    .filter((work) => !notThere.includes(work))
    .flatMap((work) => {
      const callers = name === "cluster" && work === "ecdsa" ? ascending([...options.callers, clusterCallers]) : options.callers;
      return callers.map((count) => ({ work, callers: count }));
    });
  for (const work of notThere) tell(`${name}: ${works[work]}: not there`);
  const callers = openCallers(stage.running);
  try {
    tell(`${name}: start`);
    let system = await start[name](stage);
    const { startedMs: first } = system;
    let second: number | undefined;
    if (name === "embedded") {
      await system.stop();
      tell(`${name}: second start`);
      system = await start[name](stage);
      second = system.startedMs;
    }
    const memoryAtStart = memoryOf(system.pid);
    const signer = await makeSigner(system.target);
    const askFor = (work: Work, count: number, ms: number): Promise<Outcome> =>
      callers.run({ work, callers: count, ms, target: system.target, signer });

    tell(`${name}: warm-up`);
    const most = Math.max(...options.callers);
    for (const work of ["ecdsa", "ed25519"] as const) await askFor(work, Math.min(8, most), Math.min(5, options.seconds) * 1_000);
    await askFor("keygen", 1, Math.min(2, options.seconds) * 1_000);
    await pause(1_000);

    tell(`${name}: idle for ${options.idleSeconds} s`);
    const [idleCpu, idleSince] = [cpuMsOf(system.pid), performance.now()];
    await pause(options.idleSeconds * 1_000);
    const idle = { cpuMs: cpuMsOf(system.pid) - idleCpu, elapsedMs: performance.now() - idleSince };

    const measured = plan.map((): Measurement[] => []);
    for (let part = 1; part <= parts; part++)
      for (const [at, { work, callers: count }] of plan.entries()) {
        tell(`${name}: part ${part} of ${parts}: ${works[work]}, ${count} ${count === 1 ? "caller" : "callers"}`);
        bare.run();
        const [frames, cpuMs] = [await framesOf(system), cpuMsOf(system.pid)];
        const { latenciesMs, elapsedMs, sample } = await askFor(work, count, (options.seconds * 1_000) / parts);
        const cpuAfterMs = cpuMsOf(system.pid);
        measured[at]?.push({
          work,
          callers: count,
          latenciesMs,
          elapsedMs,
          cpuMs: cpuAfterMs - cpuMs,
          frames: (await framesOf(system)) - frames,
        });
        await verifyAll(sample, signer);
      }
    const memoryAtEnd = memoryOf(system.pid);
    await system.stop();
    return {
      measurements: measured.map(together),
      idle,
      startMs: { first, ...(second === undefined ? {} : { second }) },
      memoryBytes: { start: memoryAtStart, end: memoryAtEnd },
      statements: await countStatements(name, stage, signer, callers),
    };
  } finally {
    callers.close();
  }
}

/** Verifies signatures. Throws at the first that is none. */
async function verifyAll(sample: Outcome["sample"], signer: Signer): Promise<void> {
  for (const signed of sample)
    if (!(await isSignature(signed, signer)))
      throw new Error(
        `The system answered with ${signed.signature}, which is no signature of ${signed.message} by the account ${signer.id}.`,
      );
}

/** Gives the number of frames that the system's routers have received and sent. */
async function framesOf({ routerUrls, metricsKey }: System): Promise<number> {
  let sum = 0;
  for (const url of routerUrls) {
    const answer = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${metricsKey}` } });
    if (!answer.ok) throw new Error(`${url}/metrics answered with ${answer.status}.`);
    for (const [, count] of (await answer.text()).matchAll(/^covault_router_frames_total\{[^}]*\} (\d+)$/gm)) sum += Number(count);
  }
  return sum;
}

/** Starts the system once more, with a counter in each of its processes. */
async function countStatements(name: SystemName, stage: Stage, signer: Signer, callers: Callers): Promise<Measured["statements"]> {
  stage.tell(`${name}: statements`);
  const folder = mkdtempSync(join(stage.folder, "statements-"));
  const counter = pathToFileURL(join(import.meta.dirname, "count-statements.js"));
  counter.searchParams.set("folder", folder);
  const system = await start[name]({ ...stage, nodeArguments: [`--import=${counter.href}`] });
  const statements: Partial<Record<Work, number>> = {};
  let turns = 0;
  for (const [work, count] of Object.entries(counted) as [Work, number][]) {
    const order = { work, callers: 1, ms: 0, target: system.target, signer };
    await callers.run(order);
    const before = await statementsOf(system, folder, ++turns);
    for (let request = 0; request < count; request++) await callers.run(order);
    statements[work] = ((await statementsOf(system, folder, ++turns)) - before) / count;
  }
  await system.stop();
  return statements;
}

/**
 * Asks each process of the system for its count, and gives the sum. `turn` grows from 1 with each
 * question.
 */
async function statementsOf({ pid }: System, folder: string, turn: number): Promise<number> {
  const pids = processTree(pid);
  for (const one of pids) process.kill(one, "SIGUSR2");
  const untilMs = performance.now() + countedWithinMs;
  for (;;) {
    const counts = readdirSync(folder)
      .filter((file) => /^\d+$/.test(file))
      .map((file) => readFileSync(join(folder, file), "utf8").split(" "));
    const told = counts.filter(([signals]) => signals === String(turn));
    if (told.length === pids.length) return told.reduce((sum, [, count]) => sum + Number(count), 0);
    if (performance.now() > untilMs) throw new Error(`${told.length} of ${pids.length} processes have told how many statements they made.`);
    await pause(20);
  }
}

interface Callers {
  run(order: Order): Promise<Outcome>;
  close(): void;
}

/** Starts the process of the callers. */
function openCallers(running: Set<ChildProcess>): Callers {
  const child = fork(join(import.meta.dirname, "callers.js"));
  running.add(child);
  child.once("exit", () => running.delete(child));
  return {
    run: (order) =>
      new Promise((resolve, reject) => {
        const gone = (): void => reject(new Error("The process of the callers has ended."));
        child.once("exit", gone);
        child.once("message", ({ outcome, failure }: { readonly outcome?: Outcome; readonly failure?: string }) => {
          child.off("exit", gone);
          if (outcome === undefined) reject(new Error(failure));
          else resolve(outcome);
        });
        child.send(order);
      }),
    close: () => child.disconnect(),
  };
}
