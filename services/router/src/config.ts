// The router's configuration, and its bounds with their defaults.
import type { MetricsAccess } from "@covault/service-kit/http";

export interface RouterConfig {
  /** 8082 by custom. 0 stands for any free port. */
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** The name of this replica. Default: a fresh one. */
  readonly routerId?: string;
  /** Says who may read /metrics. Without it nobody may. Streams authenticate by themselves. */
  readonly metricsAccess?: MetricsAccess | undefined;
  /** The CIDR blocks of reverse proxies whose X-Forwarded-For says where a stream comes from. */
  readonly trustedProxies?: readonly string[];
  readonly bounds?: Partial<RouterBounds>;
}

export interface RouterBounds {
  /** The largest frame. Its payload may have 1 KiB less. Default 1 MiB. */
  readonly frameBytesMax: number;
  /**
   * The most deliveries of a stream without their Received, and sends without answer. Default 128.
   */
  readonly unacknowledgedMax: number;
  /** The bytes in the socket of one stream from which on the router holds back. Default 4 MiB. */
  readonly socketBytesMax: number;
  /** Peers are pinged, presence is renewed and parties send a Heartbeat this often. Default 2 s. */
  readonly heartbeatMs: number;
  /** The time to answer the challenge. Default 5 s. */
  readonly authenticateMs: number;
  /** The most connections that have not authenticated, HTTP included. Default 1024. */
  readonly strangersMax: number;
  /** The most bytes that a stream may send before it has authenticated. Default 4 KiB. */
  readonly strangerBytesMax: number;
  /** The most streams of one party, one for each instance. Default 32. */
  readonly instancesMax: number;
  /**
   * The most streams of devices, which are in no roster. Default 0, so that devices are refused.
   */
  readonly devicesMax: number;
  /** The most streams of devices from one IPv4 address or IPv6 /64. Default 32. */
  readonly devicesPerNetworkMax: number;
  /** The frames per second that are read from a stream, with bursts of as many. Default 2000. */
  readonly framesPerSecond: number;
  /** The same for a device's stream. Default 50. */
  readonly deviceFramesPerSecond: number;
  /** The longest time that a message may wait for an absent receiver. Default 24 h. */
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
