// This file holds the faults, each with its end. They are faults of processes, of the ways between
// them, and of single messages.
import { setTimeout as pause } from "node:timers/promises";
import type { Seeded } from "@covault/testkit";

import { type Line, lines, type Way } from "./network.ts";
import { type ChaosSystem, type Target, targets } from "./system.ts";

export interface Fault {
  readonly kind: string;
  readonly name: string;
  /**
   * Whether the fault keeps a process or a server from answering until its end. A request that
   * waits for that has 10 s from the end on.
   */
  readonly lasts: boolean;
  /**
   * Does the fault, and undoes it. It resolves when nothing of the fault is left but what the
   * system has to mend by itself. It gives what was wrong meanwhile.
   */
  readonly happen: (system: ChaosSystem, random: Seeded) => Promise<readonly string[]>;
}

const between = (random: Seeded, leastMs: number, mostMs: number): number => leastMs + random.below(mostMs - leastMs);
/**
 * How long a process stands still. Some of it is shorter and some longer than the times after which
 * a part is taken for dead.
 */
const frozenMs = [2_000, 7_000] as const;
/** Readiness must name a part that is away for good by this time. */
const namedWithinMs = 10_000;

function ofProcesses(kind: string, target: Target, happen: (system: ChaosSystem, name: string, random: Seeded) => Promise<void>): Fault {
  return {
    kind,
    name: `${kind} ${target}`,
    lasts: kind === "freeze",
    async happen(system, random) {
      await happen(system, system.oneOf(target, random), random);
      return [];
    },
  };
}

async function killed(system: ChaosSystem, name: string, random: Seeded): Promise<void> {
  await system.cluster.end(name, "SIGKILL");
  await pause(between(random, 500, 1_500));
  await system.rememberOpenChecks(name);
  await system.cluster.restart(name);
}

async function restarted({ cluster }: ChaosSystem, name: string, random: Seeded): Promise<void> {
  await cluster.end(name, "SIGTERM");
  await pause(between(random, 200, 1_000));
  await cluster.restart(name);
}

async function frozen({ cluster }: ChaosSystem, name: string, random: Seeded): Promise<void> {
  const pid = cluster.children.get(name)?.pid ?? 0;
  process.kill(pid, "SIGSTOP");
  await pause(between(random, ...frozenMs));
  process.kill(pid, "SIGCONT");
}

function ofWay(kind: string, line: Line, happen: (proxy: Way, random: Seeded) => Promise<void> | void): Fault {
  return {
    kind,
    name: `${kind} ${line}`,
    lasts: false,
    async happen({ network }, random) {
      await Promise.all((network.proxies.get(line) ?? []).map((proxy) => happen(proxy, random.fork(`${proxy.port}`))));
      return [];
    },
  };
}

/**
 * Gives a fault that lets nobody through until readiness says so. The part that is away has a name
 * there.
 */
function away(kind: string, line: Line, begin: (proxy: Way) => void, end: (proxy: Way) => Promise<void> | void): Fault {
  return {
    kind,
    name: `${kind} ${line}`,
    lasts: true,
    async happen(system) {
      const proxies = system.network.proxies.get(line) ?? [];
      for (const proxy of proxies) begin(proxy);
      const named = await system.named(line, namedWithinMs);
      for (const proxy of proxies) await end(proxy);
      return named ? [] : [`readiness did not name ${line} within ${namedWithinMs / 1_000} s: ${kind}`];
    },
  };
}

function ofMessages(act: "late" | "twice" | "swap" | "drop"): Fault[] {
  const kind = `messages ${act === "swap" ? "in another order" : act === "drop" ? "dropped" : act}`;
  const lasting = async (random: Seeded, disturb: (chances: object) => void): Promise<readonly string[]> => {
    disturb({ [act]: act === "drop" ? 0.02 : 0.2 });
    await pause(between(random, 2_000, 4_000));
    disturb({});
    return [];
  };
  return [
    { kind, name: `${kind}: router stream`, lasts: false, happen: ({ network }, random) => lasting(random, network.disturbFrames) },
    { kind, name: `${kind}: RabbitMQ`, lasts: false, happen: ({ disturbBroker }, random) => lasting(random, disturbBroker) },
  ];
}

export const faults: readonly Fault[] = [
  ...targets.flatMap((target) => [
    ofProcesses("kill", target, killed),
    ofProcesses("restart", target, restarted),
    ofProcesses("freeze", target, frozen),
  ]),
  ...lines.flatMap((line) => [
    ofWay("silence", line, (proxy) => proxy.silence()),
    ofWay("half-open", line, (proxy, random) => proxy.silence(random.below(2) === 0 ? "up" : "down")),
    ofWay("cut", line, (proxy) => proxy.cut()),
    ofWay("slow", line, async (proxy, random) => {
      proxy.slow(20);
      await pause(between(random, 1_000, 3_000));
      proxy.slow(0);
    }),
    ofWay("another address", line, (proxy) => proxy.move()),
    away(
      "refuse",
      line,
      (proxy) => {
        void proxy.refuse();
        proxy.cut();
      },
      (proxy) => proxy.accept(),
    ),
    away(
      "stand still",
      line,
      (proxy) => proxy.freeze(),
      (proxy) => proxy.thaw(),
    ),
  ]),
  ...(["late", "twice", "swap", "drop"] as const).flatMap(ofMessages),
];
