export { collect, type Inbox, type Outbox, type Step } from "./inbox.ts";
export { type Machine, type ProtocolName, protocolCodes, type Turn, type Verdict } from "./machine.ts";
export { Once } from "./once.ts";
export { ascending, type ShareIndex, shareIndex } from "./share-index.ts";
