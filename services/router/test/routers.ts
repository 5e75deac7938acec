// Routers over one broker and one presence, as replicas have them, with a clock that tests move.
import { type InProcessBrokerOptions, inProcessBroker, makeLogger, memoryPresence } from "@covault/service-kit";
import type { RouterBounds } from "../src/config.ts";
import { type Router, startRouter } from "../src/start.ts";
import { signedRoster } from "./party.ts";

export const parties = ["alice", "bob", "carol"] as const;

export interface World {
  readonly routers: readonly Router[];
  readonly broker: ReturnType<typeof inProcessBroker>;
  readonly presence: ReturnType<typeof memoryPresence>;
  readonly logLines: string[];
  advance(ms: number): void;
  stop(): Promise<void>;
}

export interface WorldOptions {
  readonly replicas?: number;
  readonly bounds?: Partial<RouterBounds>;
  readonly broker?: InProcessBrokerOptions;
  readonly validUntilMs?: Readonly<Record<string, number>>;
  readonly apiKey?: string;
}

export async function makeWorld(options: WorldOptions = {}): Promise<World> {
  let aheadMs = 0;
  const nowMs = () => Date.now() + aheadMs;
  const broker = inProcessBroker({ nowMs, ...options.broker });
  const presence = memoryPresence({ nowMs });
  const logLines: string[] = [];
  const logger = makeLogger({ name: "router", level: "debug", destination: { write: (line: string) => void logLines.push(line) } });
  const roster = signedRoster(parties, options.validUntilMs);
  const routers: Router[] = [];
  for (let n = 1; n <= (options.replicas ?? 1); n++) {
    const config = {
      port: 0,
      routerId: `router-${n}`,
      bounds: { heartbeatMs: 60_000, ...options.bounds },
      ...(options.apiKey === undefined ? {} : { apiKey: options.apiKey }),
    };
    routers.push(await startRouter({ config, roster, broker, presence, logger, nowMs }));
  }
  return {
    routers,
    broker,
    presence,
    logLines,
    advance: (ms) => {
      aheadMs += ms;
    },
    async stop() {
      for (const router of routers) await router.stop();
      await broker.close();
    },
  };
}
