// This file holds the parts that roles stand on. The same roles run on embedded parts (`covault
// start`) and on PostgreSQL, RabbitMQ and Redis (`covault serve`).
import type { MetricsAccess } from "@covault/service-kit/http";
import type { Broker, Presence, RateLimit } from "@covault/service-kit/messages";
import type { Logger, Metrics, OnStep, Shutdown, Tracing } from "@covault/service-kit/run";
import type { Database } from "@covault/service-kit/sql";
import type { LiveRoster } from "@covault/trust";

export interface BasicParts {
  readonly logger: Logger;
  readonly metrics?: Metrics;
  readonly tracing?: Tracing;
  /**
   * The shutdown, to which the role adds itself. Parts stop in the reverse order of their start.
   */
  readonly shutdown: Shutdown;
  /** Gets each step of the role (`ServeOptions`). */
  readonly onStep?: OnStep | undefined;
}
export interface RosterParts extends BasicParts {
  /**
   * The live roster of this role alone, since the role remembers the serial in its own database.
   */
  readonly roster: LiveRoster;
}
export interface DatabaseParts extends RosterParts {
  readonly database: Database;
}
export interface MessageParts extends RosterParts {
  readonly broker: Broker;
  readonly presence: Presence;
}
export interface RateParts {
  readonly rate?: { readonly store: RateLimit; readonly callsPerMinute: number };
}

/** The address where a role listens, and who may read its metrics. */
export interface OpenEdge {
  readonly port: number;
  readonly host: string;
  /** Who may read the metrics. When it is absent, nobody may. */
  readonly metricsAccess?: MetricsAccess | undefined;
}
/** The edge of a role that has callers: how it is reached, and by whom. */
export interface Edge {
  readonly port: number;
  readonly host: string;
  readonly apiKey: string;
  /** The key that readers of /metrics send. When it is absent, nobody can read them. */
  readonly metricsKey?: string | undefined;
  readonly allowedIps: readonly string[];
  readonly trustedProxies?: readonly string[];
  /** How long a stop waits for what is under way, in milliseconds. Default 0. */
  readonly drainMs?: number;
}

export interface Running {
  readonly url: string;
}
