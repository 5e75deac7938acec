// What the router counts: frames, drops by reason, streams. Never what is in a payload.
import type { Metrics } from "@covault/service-kit";

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
  streams(count: number): void;
}

export function makeCounters(metrics: Metrics): Counters {
  const frames = metrics.counter("router_frames_total", "Frames by direction and kind.", ["direction", "kind"]);
  const drops = metrics.counter("router_drops_total", "Messages and frames that went no further, by reason.", ["reason"]);
  const streams = metrics.gauge("router_streams", "Authenticated streams.");
  return {
    frame: (direction, kind) => frames.inc({ direction, kind }),
    drop: (reason) => drops.inc({ reason }),
    authenticationFailed: (reason) => metrics.authFailures.inc({ reason }),
    streams: (count) => streams.set(count),
  };
}
