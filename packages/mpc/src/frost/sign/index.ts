// This file exports signing (RFC 9591 section 5). The rounds are exported for readers and tests. A
// driver uses the machine.
export { bindingFactors } from "./commitments.ts";
export { type FrostSignOutput, finish } from "./finish.ts";
export { effectiveKey, effectiveShare } from "./key.ts";
export { frostSignBatchMachine, frostSignMachine } from "./machine.ts";
export { type Round1Message, type Round2Message, round1Layout, round2Layout } from "./messages.ts";
export { commit, type Round1State, round1 } from "./round1.ts";
export { open, type Round2State, respond, round2 } from "./round2.ts";
export { type FrostSignBatchSetup, type FrostSignItem, type FrostSignSetup, openQuorum } from "./setup.ts";
