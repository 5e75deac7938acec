// Distributed key generation (dkls23-spec section 2) is one engine for both protocols. A suite says
// how a protocol encodes and hashes, and a pairing what it makes for each pair. The rounds are
// exported for readers and tests. A driver uses the machines of its protocol.
export { type DkgContext, dkgContext, runSid } from "./context.ts";
export { type Family, type Stored, suiteOfCode } from "./family.ts";
export { finish } from "./finish.ts";
export * from "./key-share.ts";
export { type KeygenOutput, type KeygenSetup, keygen, keygenContext, restoreKeygen, withShare } from "./keygen.ts";
export { dkgMachine, restoreDkg } from "./machine.ts";
export { type Member, memberIndices, readMembers } from "./members.ts";
export { type Round1Message, type Round2Message, type Round3Message, round1Layout, round2Layout, round3Layout } from "./messages.ts";
export { commitment, round1 } from "./round1.ts";
export { round2 } from "./round2.ts";
export { round3 } from "./round3.ts";
export { type DkgState, decodeState, encodeState, type Round1State, type Round2State, type Round3State, secretsOf } from "./state.ts";
export type { DkgSuite } from "./suite.ts";
