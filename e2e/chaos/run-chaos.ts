// One run: the cluster is started, callers work, faults happen one after the other by the seed, and at the end everything promised is looked at.
import { setTimeout as pause } from "node:timers/promises";
import { type Seeded, seeded } from "@covault/testkit";
import type { Servers } from "../crash/system.ts";
import { dealt } from "./faults.ts";
import { type Operations, operations } from "./operations.ts";
import { type ChaosSystem, startChaosSystem } from "./system.ts";
import { verdict } from "./verdict.ts";

/** After a fault is over, a signature that is asked for then must be there by this time. */
const healsWithinMs = 30_000;
const callers = 2;

export interface Happened {
  readonly fault: string;
  /** From its end to the first signature that was asked for after it. Undefined: none came in time. */
  readonly healedMs: number | undefined;
  /** The slowest request that it met. */
  slowestMs: number;
  /** What the requests that it met were answered with. */
  readonly ends: string[];
}
export interface Report {
  readonly seed: number;
  readonly seconds: number;
  readonly happened: readonly Happened[];
  readonly operations: Operations["all"];
  readonly fates: Readonly<Record<string, number>>;
  readonly wrong: readonly string[];
}

export async function runChaos(options: { readonly seconds: number; readonly seed: number; readonly servers: Servers }): Promise<Report> {
  const { seconds, seed, servers } = options;
  const random = seeded(`chaos ${seed}`);
  const system = await startChaosSystem(servers, random);
  const wrong: string[] = [];
  const work = operations(system);
  let happened: readonly Happened[] = [];
  try {
    await work.keygenOnce();
    if (work.accounts.length === 0) throw new Error(`no first key: ${JSON.stringify(work.all.at(-1)?.asked)}`);
    const working = work.run(callers, () => work.accounts.at(-1) as (typeof work.accounts)[number]);
    happened = await disturb(system, work, random, seconds);
    work.stop();
    await working;
    for (const { fault, healedMs } of happened)
      if (healedMs === undefined) wrong.push(`no signature within ${healsWithinMs / 1_000} s after: ${fault}`);
    wrong.push(...(await verdict(system, work, servers.postgres)));
    if (wrong.length > 0) console.error(system.lastLines());
    wrong.push(...(await system.end()).map((name) => `${name} did not stop in order`));
  } finally {
    await system.end();
    await system.remove();
  }
  return { seed, seconds, happened, operations: work.all, fates: system.network.fates(), wrong };
}

async function disturb(system: ChaosSystem, work: Operations, random: Seeded, seconds: number): Promise<Happened[]> {
  const endsAtMs = performance.now() + seconds * 1_000;
  const happened: Happened[] = [];
  for (const fault of dealt(random.fork("deck"))) {
    if (performance.now() >= endsAtMs) return happened;
    await pause(500 + random.below(1_000));
    const beganAtMs = performance.now();
    await fault.happen(system, random.fork(`${happened.length}`));
    const overAtMs = performance.now();
    const healedMs = await heals(work, overAtMs);
    const met = work.all.flatMap(({ asked }) => asked).filter(({ atMs, ms }) => atMs + ms >= beganAtMs);
    const slowestMs = Math.max(0, ...met.map(({ ms }) => ms));
    happened.push({ fault: fault.name, healedMs, slowestMs, ends: met.map(({ end }) => end).filter((end) => end !== "result") });
    console.log(
      `${fault.name}: ${((overAtMs - beganAtMs) / 1_000).toFixed(1)} s, healed after ${healedMs === undefined ? "-" : (healedMs / 1_000).toFixed(1)} s`,
    );
  }
  return happened;
}

async function heals({ all }: Operations, overAtMs: number): Promise<number | undefined> {
  const isProof = ({ atMs, end }: { atMs: number; end: string }) => atMs >= overAtMs && end === "result";
  while (performance.now() < overAtMs + healsWithinMs) {
    const proof = all.filter(({ kind }) => kind === "sign").flatMap(({ asked }) => asked.filter(isProof));
    if (proof.length > 0) return Math.min(...proof.map(({ atMs, ms }) => atMs + ms)) - overAtMs;
    await pause(50);
  }
  return undefined;
}
