// This file exports the parts that the protocols are made of. Others see `driver.ts` of them.

export { batchMax, batchOf, type Outcome, onlyOutput, settle } from "./batch.ts";
export { accusation, blame, burn, differ, type Fault, fault } from "./blame.ts";
export { type Erasable, erase } from "./erase.ts";
export { byPeer, collect, type Inbox, itemOf, messageOf, type Outbox, type Step } from "./inbox.ts";
export { type Machine, type ProtocolName, protocolCodes, type Turn, type Verdict } from "./machine.ts";
export { type Keep, Once } from "./once.ts";
export { resumed, type Sequence, type Stage, sequence } from "./sequence.ts";
export { ascending, type ShareIndex } from "./share-index.ts";
