// The public entry "protocol": the words of a driver of machines, and how a machine is made of
// rounds that are not in this package.
export { CovaultError, type ErrorCode } from "@covault/errors";
export { type Machine, type ProtocolName, protocolCodes, type Turn, type Verdict } from "./machine.ts";
export { type Bodies, resumed, type Sequence, type Stage, type Start, sequence } from "./sequence.ts";
export { ascending, type ShareIndex, shareIndex } from "./share-index.ts";
