// In a share repair (dkls23-spec 7.2) t holders give another its lost share of the present epoch
// back, without the others, and nobody else's share changes. One engine serves all schemes, as in
// key generation. It is for a share that is lost. After a theft all shares have to change, which is
// a recovery. The rounds are exported for readers and tests. A driver uses the machines of its
// protocol.
export { finish, type ReceiverState, receive } from "./finish.ts";
export { type RepairOutput, repair } from "./machine.ts";
export { type Round1Message, type Round2Message, round1Layout, round2Layout } from "./messages.ts";
export { type HelperState, round1 } from "./round1.ts";
export { round2 } from "./round2.ts";
export { drawRow } from "./row.ts";
export { type Lost, openRepair, type RepairContext, type RepairSetup, recordFor } from "./setup.ts";
