// This file exports signing (dkls23-spec section 6). The rounds are exported for readers and tests.
// A driver uses the machine.
export { type CheckedState, check } from "./check.ts";
export type { SignOutput } from "./finish.ts";
export { signBatchMachine, signMachine } from "./machine.ts";
export { type Round1Message, type Round2Message, round1Layout, round2Layout, round3Layout } from "./messages.ts";
export type { Round1State } from "./round1.ts";
export { type Round2State, round2 } from "./round2.ts";
export { round3 } from "./round3.ts";
export { openQuorum, type SignBatchSetup, type SignItem, type SignSetup } from "./setup.ts";
