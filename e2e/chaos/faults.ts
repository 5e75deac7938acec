// The faults, each with its end. A deck of all of them is shuffled by the seed and dealt one by one, so that a run that is long enough meets every one.
import { setTimeout as pause } from "node:timers/promises";
import type { Seeded } from "@covault/testkit";
import type { TcpProxy } from "@covault/testkit/network";
import { type Line, lines } from "./network.ts";
import type { ChaosSystem } from "./system.ts";

export interface Fault {
  readonly name: string;
  /** Does it, and undoes it. Resolves when nothing of it is left but what the system has to mend by itself. */
  readonly happen: (system: ChaosSystem, random: Seeded) => Promise<void>;
}

const between = (random: Seeded, leastMs: number, mostMs: number): number => leastMs + random.below(mostMs - leastMs);
/** Longer than every time after which somebody is taken for dead would be a loss of that part, and shorter than none would be no fault. */
const frozenMs = [2_000, 7_000] as const;

function killed(role: string, signal: "SIGKILL" | "SIGTERM"): Fault {
  return {
    name: `${signal === "SIGKILL" ? "kill" : "restart"} ${role}`,
    async happen(system, random) {
      const name = system.oneOf(role, random);
      if (signal === "SIGKILL") system.cutOff.add(name);
      await system.cluster.end(name, signal);
      await pause(between(random, 200, 1_500));
      await system.cluster.restart(name);
    },
  };
}

function frozen(role: string): Fault {
  return {
    name: `freeze ${role}`,
    async happen(system, random) {
      const pid = system.cluster.children.get(system.oneOf(role, random))?.pid ?? 0;
      process.kill(pid, "SIGSTOP");
      await pause(between(random, ...frozenMs));
      process.kill(pid, "SIGCONT");
    },
  };
}

function broken(line: Line, how: string, happen: (proxy: TcpProxy, random: Seeded) => Promise<void> | void): Fault {
  return {
    name: `${how} ${line}`,
    async happen(system, random) {
      if (line === "PostgreSQL") for (const name of system.cluster.children.keys()) system.cutOff.add(name);
      await Promise.all((system.network.proxies.get(line) ?? []).map((proxy) => happen(proxy, random.fork(`${proxy.port}`))));
    },
  };
}

const roles = ["account", "coordinator", "router", "server-party"];
export const deck: readonly Fault[] = [
  ...roles.flatMap((role) => [killed(role, "SIGKILL"), killed(role, "SIGTERM"), frozen(role)]),
  ...lines.flatMap((line) => [
    broken(line, "silence", (proxy) => proxy.silence()),
    broken(line, "half-open", (proxy, random) => proxy.silence(random.below(2) === 0 ? "up" : "down")),
    broken(line, "cut", (proxy) => proxy.cut()),
    broken(line, "freeze the way to", async (proxy, random) => {
      proxy.freeze();
      await pause(between(random, ...frozenMs));
      proxy.thaw();
    }),
    broken(line, "slow", async (proxy, random) => {
      proxy.slow(20);
      await pause(between(random, 1_000, 3_000));
      proxy.slow(0);
    }),
  ]),
  ...(["twice", "late", "swap", "drop"] as const).map(
    (act): Fault => ({
      name: `frames: ${act}`,
      async happen({ network }, random) {
        network.disturbFrames({ [act]: act === "drop" ? 0.02 : 0.2 });
        await pause(between(random, 2_000, 5_000));
        network.disturbFrames({});
      },
    }),
  ),
];

/** The deck again and again, shuffled anew each time. */
export function* dealt(random: Seeded): Generator<Fault, never> {
  for (;;) {
    const rest = [...deck];
    while (rest.length > 0) yield rest.splice(random.below(rest.length), 1)[0] as Fault;
  }
}
