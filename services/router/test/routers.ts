// Routers for tests. They share one broker and one presence, as replicas do, and a clock that tests
// move.
import { type Broker, type InProcessBrokerOptions, inProcessBroker, memoryPresence, type Presence } from "@covault/service-kit/messages";
import { makeLogger } from "@covault/service-kit/run";
import type { LiveRoster } from "@covault/trust";
import type { RouterBounds } from "../src/config.ts";
import { type Router, startRouter } from "../src/start.ts";
import { liveRoster } from "./party.ts";

const parties = ["alice", "bob", "carol"] as const;

export interface World {
  /** Of all replicas. */
  readonly roster: LiveRoster;
  readonly routers: readonly Router[];
  /** The broker of the first replica. */
  readonly broker: Broker;
  readonly presence: Presence;
  readonly logLines: string[];
  advance(ms: number): void;
  /** Sets the wall clocks of all replicas by so many milliseconds. */
  setClock(byMs: number): void;
  /** Runs one heartbeat of every router. */
  beat(): void;
  stop(): Promise<void>;
}

export interface WorldOptions {
  readonly replicas?: number;
  readonly bounds?: Partial<RouterBounds>;
  readonly broker?: InProcessBrokerOptions;
  readonly validUntilMs?: Readonly<Record<string, number>>;
  readonly metricsKey?: string;
  readonly trustedProxies?: readonly string[];
  /**
   * Makes a replica's own adapters. Default: all share one broker and one presence of the process.
   */
  readonly adapters?: () => Promise<{ readonly broker: Broker; readonly presence: Presence }>;
}

export async function makeWorld(options: WorldOptions = {}): Promise<World> {
  let aheadMs = 0;
  let setByMs = 0;
  const nowMs = () => Date.now() + aheadMs + setByMs;
  const monotonicMs = () => performance.now() + aheadMs;
  const shared = { broker: inProcessBroker({ monotonicMs, ...options.broker }), presence: memoryPresence({ monotonicMs }) };
  const adapters: (typeof shared)[] = [];
  const logLines: string[] = [];
  const logger = makeLogger({ name: "router", level: "debug", destination: { write: (line: string) => void logLines.push(line) } });
  const roster = liveRoster(parties, options.validUntilMs);
  const routers: Router[] = [];
  const heartbeats = new Set<() => void>();
  const everyMs = (_ms: number, run: () => void) => {
    heartbeats.add(run);
    return () => heartbeats.delete(run);
  };
  for (let n = 1; n <= (options.replicas ?? 1); n++) {
    const config = {
      port: 0,
      routerId: `router-${n}`,
      bounds: { heartbeatMs: 60_000, ...options.bounds },
      ...(options.metricsKey === undefined ? {} : { metricsAccess: { key: options.metricsKey } }),
      trustedProxies: options.trustedProxies ?? [],
    };
    const own = (await options.adapters?.()) ?? shared;
    adapters.push(own);
    routers.push(await startRouter({ config, roster, ...own, logger, nowMs, monotonicMs, everyMs }));
  }
  return {
    roster,
    routers,
    ...(adapters[0] ?? shared),
    logLines,
    advance: (ms) => {
      aheadMs += ms;
    },
    setClock: (ms) => {
      setByMs = ms;
    },
    beat: () => {
      for (const run of heartbeats) run();
    },
    async stop() {
      for (const router of routers) await router.stop();
      for (const { broker, presence } of adapters) {
        await broker.close();
        await presence.close();
      }
    },
  };
}
