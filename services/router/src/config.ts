// The router's configuration, and its bounds with their defaults.
import type { MetricsAccess } from "@covault/service-kit";

export interface RouterConfig {
  /** 8082 by custom; 0: any free one. */
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Name of this replica; default: a fresh one. */
  readonly routerId?: string;
  /** Who may read /metrics; absent: nobody. Streams authenticate by themselves. */
  readonly metricsAccess?: MetricsAccess | undefined;
  readonly bounds?: Partial<RouterBounds>;
}

export interface RouterBounds {
  /** Largest frame; its payload may have 1 KiB less. Default 1 MiB. */
  readonly frameBytesMax: number;
  /** Deliveries of one stream without their Received, and sends without their answer. Default 128. */
  readonly unacknowledgedMax: number;
  /** Bytes that one stream may have waiting in its socket before the router holds back. Default 4 MiB. */
  readonly socketBytesMax: number;
  /** How often peers are pinged, presence renewed, and parties asked for a Heartbeat. Default 2.5 s. */
  readonly heartbeatMs: number;
  /** Time to answer the challenge. Default 5 s. */
  readonly authenticateMs: number;
  readonly streamsMax: number;
  /** Streams that have not authenticated. Default 256. */
  readonly pendingMax: number;
  /** Frames per second that are read from one stream, with bursts of as many. Default 2000. */
  readonly framesPerSecond: number;
  /** The longest that a message may wait for an absent receiver. Default 24 h. */
  readonly ttlMsMax: number;
}

export const defaultBounds: RouterBounds = {
  frameBytesMax: 1_048_576,
  unacknowledgedMax: 128,
  socketBytesMax: 4 * 1_048_576,
  heartbeatMs: 2_500,
  authenticateMs: 5_000,
  streamsMax: 10_000,
  pendingMax: 256,
  framesPerSecond: 2_000,
  ttlMsMax: 24 * 3_600_000,
};
