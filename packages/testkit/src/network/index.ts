// What stands between two processes in a test of a bad network. Nothing here knows a protocol of
// Covault.

export { seeded } from "../seeded.ts";
export { type FrameProxy, type FrameProxyOptions, frameProxy } from "./frame-proxy.ts";
export { type Act, actBy, type Chances, type Lane, lane } from "./mischief.ts";
export { type Direction, type Target, type TcpProxy, tcpProxy } from "./tcp-proxy.ts";
export { unsteadyBroker } from "./unsteady-broker.ts";
