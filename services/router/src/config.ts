// The router's configuration, and its bounds with their defaults.
import type { MetricsAccess } from "@covault/service-kit/http";

export interface RouterConfig {
  /** 8082 by custom; 0: any free one. */
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Name of this replica; default: a fresh one. */
  readonly routerId?: string;
  /** Who may read /metrics; absent: nobody. Streams authenticate by themselves. */
  readonly metricsAccess?: MetricsAccess | undefined;
  /** CIDR blocks of reverse proxies whose X-Forwarded-For says where a stream comes from. */
  readonly trustedProxies?: readonly string[];
  readonly bounds?: Partial<RouterBounds>;
}

export interface RouterBounds {
  /** Largest frame; its payload may have 1 KiB less. Default 1 MiB. */
  readonly frameBytesMax: number;
  /** Deliveries of one stream without their Received, and sends without their answer. Default 128. */
  readonly unacknowledgedMax: number;
  /** Bytes that one stream may have waiting in its socket before the router holds back. Default 4 MiB. */
  readonly socketBytesMax: number;
  /** How often peers are pinged, presence renewed, and parties asked for a Heartbeat. Default 2 s. */
  readonly heartbeatMs: number;
  /** Time to answer the challenge. Default 5 s. */
  readonly authenticateMs: number;
  /** Connections that have not authenticated, HTTP included. Default 1024. */
  readonly strangersMax: number;
  /** What a stream may send before it has authenticated. Default 4 KiB. */
  readonly strangerBytesMax: number;
  /** Streams of one party: its instances. Default 32. */
  readonly instancesMax: number;
  /** Streams of devices, which are in no roster. Default 0: devices are refused. */
  readonly devicesMax: number;
  /** Those of one IPv4 address or IPv6 /64. Default 32. */
  readonly devicesPerNetworkMax: number;
  /** Frames per second that are read from one stream, with bursts of as many. Default 2000. */
  readonly framesPerSecond: number;
  /** The same of a device's. Default 50. */
  readonly deviceFramesPerSecond: number;
  /** The longest that a message may wait for an absent receiver. Default 24 h. */
  readonly ttlMsMax: number;
}

export const defaultBounds: RouterBounds = {
  frameBytesMax: 1_048_576,
  unacknowledgedMax: 128,
  socketBytesMax: 4 * 1_048_576,
  heartbeatMs: 2_000,
  authenticateMs: 5_000,
  strangersMax: 1_024,
  strangerBytesMax: 4_096,
  instancesMax: 32,
  devicesMax: 0,
  devicesPerNetworkMax: 32,
  framesPerSecond: 2_000,
  deviceFramesPerSecond: 50,
  ttlMsMax: 24 * 3_600_000,
};
