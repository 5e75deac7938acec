// This file exports the parts that the protocols are made of. Others see `driver.ts` of them.
export { accusation, blame, burn, differ, type Fault, fault } from "./blame.ts";
export { type Erasable, erase } from "./erase.ts";
export { collect, type Inbox, messageOf, type Step } from "./inbox.ts";
export { type Machine, type ProtocolName, protocolCodes, type Turn, type Verdict } from "./machine.ts";
export { type Keep, Once } from "./once.ts";
export { resumed, type Sequence, type Stage, sequence } from "./sequence.ts";
export { ascending, type ShareIndex } from "./share-index.ts";
