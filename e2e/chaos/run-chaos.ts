// This file makes one run. The cluster is started, callers work, and faults happen one after the
// other by the seed. At the end everything that was promised is looked at.
import { setTimeout as pause } from "node:timers/promises";
import { type Seeded, seeded } from "@covault/testkit";
import type { Servers } from "../crash/system.ts";
import { loseShare } from "../crash/within.ts";
import { type LateRequest, lateRequests } from "./late-requests.ts";
import { type Operations, operations } from "./operations.ts";
import { planned } from "./plan.ts";
import { type ChaosSystem, startChaosSystem } from "./system.ts";
import { heldAgainst, verdict } from "./verdict.ts";

/** After a fault is over, a signature that is asked for then must be there by this time. */
const healsWithinMs = 30_000;
const callers = 2;

export interface Happened {
  readonly kind: string;
  readonly fault: string;
  /** Whether the fault kept a part from answering from its beginning to its end. */
  readonly lasts: boolean;
  readonly beganAtMs: number;
  readonly overAtMs: number;
  /**
   * The time from the fault's end to the first signature that was asked for after it. It is
   * undefined when none came in time.
   */
  readonly healedMs: number | undefined;
  /** The time of the slowest request that the fault met, in milliseconds. */
  slowestMs: number;
  /** The answers to the requests that the fault met. */
  readonly ends: string[];
}
export interface Report {
  readonly seed: number;
  readonly seconds: number;
  readonly happened: readonly Happened[];
  readonly operations: Operations["all"];
  readonly late: readonly LateRequest[];
  /** The number of checks that were open when a party was killed. */
  readonly cutOff: number;
  readonly fates: Readonly<Record<"frames" | "broker", Readonly<Record<string, number>>>>;
  readonly wrong: readonly string[];
}

export interface ChaosOptions {
  /** The length of the run in seconds. No fault begins after it, once `faultsMin` have happened. */
  readonly seconds: number;
  readonly faultsMin: number;
  readonly seed: number;
  readonly servers: Servers;
}

export async function runChaos({ seconds, faultsMin, seed, servers }: ChaosOptions): Promise<Report> {
  const random = seeded(`chaos ${seed}`);
  const system = await startChaosSystem(servers, random);
  const wrong: string[] = [];
  const work = operations(system, (account) => loseShare({ prefix: system.prefix, postgres: servers.postgres }, account));
  let happened: readonly Happened[] = [];
  let late: readonly LateRequest[] = [];
  let broker: Readonly<Record<string, number>> = {};
  try {
    await work.keygenOnce();
    if (work.accounts.length === 0) throw new Error(`no first key: ${JSON.stringify(work.all.at(-1)?.asked)}`);
    const working = work.run(callers, () => work.accounts.at(-1) as (typeof work.accounts)[number]);
    happened = await disturb(system, work, random, { seconds, faultsMin }, wrong);
    work.stop();
    await working;
    broker = system.brokerFates();
    late = lateRequests(work.all, happened);
    wrong.push(
      ...late
        .filter(({ ms, boundMs }) => ms > boundMs)
        .map((one) => `${one.kind} took ${one.ms} ms, at most ${one.boundMs} are right, having met: ${one.met.join(", ")}`),
    );
    for (const { fault, healedMs } of happened)
      if (healedMs === undefined) wrong.push(`no signature within ${healsWithinMs / 1_000} s after: ${fault}`);
    wrong.push(...(await verdict(system, work, servers.postgres)), ...(await heldAgainst(system, servers.postgres)));
    if (wrong.length > 0) console.error(system.lastLines());
    wrong.push(...(await system.end()).map((name) => `${name} did not stop in order`));
    // An orderly stop leaves nothing either.
    wrong.push(...(await heldAgainst(system, servers.postgres)));
  } finally {
    await system.end();
    await system.remove();
  }
  const fates = { frames: system.network.fates(), broker };
  return { seed, seconds, happened, operations: work.all, late, cutOff: system.cutOff.length, fates, wrong: [...new Set(wrong)] };
}

async function disturb(
  system: ChaosSystem,
  work: Operations,
  random: Seeded,
  { seconds, faultsMin }: Pick<ChaosOptions, "seconds" | "faultsMin">,
  wrong: string[],
): Promise<Happened[]> {
  const endsAtMs = performance.now() + seconds * 1_000;
  const happened: Happened[] = [];
  for (const fault of planned(random.fork("plan"))) {
    if (performance.now() >= endsAtMs && happened.length >= faultsMin) return happened;
    await pause(200 + random.below(600));
    const beganAtMs = performance.now();
    wrong.push(...(await fault.happen(system, random.fork(`${happened.length}`))));
    const overAtMs = performance.now();
    const healedMs = await heals(work, overAtMs);
    const met = work.all.flatMap(({ asked }) => asked).filter(({ atMs, ms }) => atMs + ms >= beganAtMs);
    const slowestMs = Math.max(0, ...met.map(({ ms }) => ms));
    const ends = met.map(({ end }) => end).filter((end) => end !== "result");
    happened.push({ kind: fault.kind, fault: fault.name, lasts: fault.lasts, beganAtMs, overAtMs, healedMs, slowestMs, ends });
    const seconds = (ms: number | undefined) => (ms === undefined ? "-" : (ms / 1_000).toFixed(1));
    console.log(`${fault.name}: ${seconds(overAtMs - beganAtMs)} s, healed after ${seconds(healedMs)} s`);
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
