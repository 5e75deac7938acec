// Pair renewal (dkls23-spec 7.1). The rounds are exported for tests; a driver uses the machine.
export { finish, type PairAck, type RenewalOutput } from "./finish.ts";
export { renewalMachine, restoreRenewal } from "./machine.ts";
export { type Round1Message, type Round2Message, type Round3Message, round1Layout, round2Layout, round3Layout } from "./messages.ts";
export { replacePairs } from "./replace.ts";
export { round1 } from "./round1.ts";
export { round2 } from "./round2.ts";
export { round3 } from "./round3.ts";
export { type RenewalContext, type RenewalSetup, renewalContext } from "./setup.ts";
export { decodeState, encodeState, type RenewalState, type Round1State, type Round2State, type Round3State, secretsOf } from "./state.ts";
