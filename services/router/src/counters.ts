// The router's metrics: frames, drops by reason, and streams. Payloads are never read or counted by
// their content.
import type { Metrics } from "@covault/service-kit/run";

export type DropReason =
  | "duplicate"
  | "malformed"
  | "queue-full"
  | "peer-offline"
  | "unknown-party"
  | "frame-too-large"
  | "broker-unavailable"
  | "unknown-receipt";

export interface Counters {
  frame(direction: "in" | "out", kind: string): void;
  drop(reason: DropReason): void;
  authenticationFailed(reason: string): void;
}

export interface RouterGauges {
  readonly streams: () => number;
  readonly strangers: () => number;
  readonly strangerBytes: () => number;
}

export function makeCounters(metrics: Metrics, gauges: RouterGauges): Counters {
  const frames = metrics.counter("router_frames_total", "Frames by direction and kind.", ["direction", "kind"]);
  const drops = metrics.counter("router_drops_total", "Messages and frames that went no further, by reason.", ["reason"]);
  for (const [name, help, read] of [
    ["router_streams", "Authenticated streams.", gauges.streams],
    ["router_strangers", "Connections that have not authenticated.", gauges.strangers],
    ["router_stranger_bytes", "Bytes that unauthenticated streams have sent.", gauges.strangerBytes],
  ] as const)
    metrics.gauge(name, help, [], (gauge) => gauge.set(read()));
  return {
    frame: (direction, kind) => frames.inc({ direction, kind }),
    drop: (reason) => drops.inc({ reason }),
    authenticationFailed: (reason) => metrics.authFailures.inc({ reason }),
  };
}
