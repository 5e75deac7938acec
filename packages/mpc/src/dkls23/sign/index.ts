// Signing (dkls23-spec section 6). The rounds are exported for readers and tests; a driver uses the machine.
export { type CheckedState, check } from "./check.ts";
export { finish, type SignOutput } from "./finish.ts";
export { signMachine } from "./machine.ts";
export { type Round1Message, type Round2Message, type Round3Message, round1Layout, round2Layout, round3Layout } from "./messages.ts";
export { type Round1State, round1 } from "./round1.ts";
export { type Round2State, round2 } from "./round2.ts";
export { type Round3State, round3 } from "./round3.ts";
export { openQuorum, type Quorum, type QuorumSetup, type SignSetup } from "./setup.ts";
