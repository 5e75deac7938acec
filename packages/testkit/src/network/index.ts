// What stands between two processes in a test of a bad network. Nothing here knows a protocol of Covault.
export { type Direction, type Target, type TcpProxy, tcpProxy } from "./tcp-proxy.ts";
