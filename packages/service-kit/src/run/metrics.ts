// The Prometheus metrics of one service. It has its own registry, so that several services in one
// process stay apart.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

export interface Metrics {
  readonly registry: Registry;
  readonly requests: Counter<"method" | "route" | "status">;
  readonly latency: Histogram<"method" | "route">;
  readonly authFailures: Counter<"reason">;
  counter<L extends string>(name: string, help: string, labels?: readonly L[]): Counter<L>;
  /** `read` sets the gauge whenever its value is asked for. */
  gauge<L extends string>(name: string, help: string, labels?: readonly L[], read?: (gauge: Gauge<L>) => Promise<void> | void): Gauge<L>;
  histogram<L extends string>(name: string, help: string, labels?: readonly L[], buckets?: readonly number[]): Histogram<L>;
}

/**
 * Names get the prefix `covault_`, and every sample carries the label `service`. With `process` the
 * registry has the figures of the process as well, for one service of each process.
 */
export function makeMetrics(service: string, options: { readonly process?: boolean } = {}): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  const registers = [registry];
  if (options.process === true) collectDefaultMetrics({ register: registry });
  const counter = <L extends string>(name: string, help: string, labels: readonly L[] = []) =>
    new Counter<L>({ name: `covault_${name}`, help, labelNames: [...labels], registers });
  const gauge = <L extends string>(
    name: string,
    help: string,
    labels: readonly L[] = [],
    read?: (gauge: Gauge<L>) => Promise<void> | void,
  ): Gauge<L> => {
    const made: Gauge<L> = new Gauge<L>({
      name: `covault_${name}`,
      help,
      labelNames: [...labels],
      registers,
      // A gauge that cannot be read now has no value, and the others keep theirs.
      ...(read === undefined ? {} : { collect: async () => await Promise.resolve(read(made)).catch(() => made.reset()) }),
    });
    return made;
  };
  const histogram = <L extends string>(
    name: string,
    help: string,
    labels: readonly L[] = [],
    buckets: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  ) => new Histogram<L>({ name: `covault_${name}`, help, labelNames: [...labels], buckets: [...buckets], registers });
  return {
    registry,
    requests: counter("http_requests_total", "HTTP requests by route and status.", ["method", "route", "status"]),
    latency: histogram("http_request_seconds", "Time to answer an HTTP request.", ["method", "route"]),
    authFailures: counter("auth_failures_total", "Refused authentications by reason.", ["reason"]),
    counter,
    gauge,
    histogram,
  };
}
