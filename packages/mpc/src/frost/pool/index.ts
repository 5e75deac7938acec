// This file exports preprocessing (dkls23-spec 6.5). The rounds are exported for readers and tests.
// A driver uses the machines.
export { frostOnlineMachine, frostPreprocessMachine } from "./machine.ts";
export { echoLayout, onlineLayout } from "./messages.ts";
export { type FrostOnlineSetup, online1 } from "./online.ts";
export { encodePreprocessed, type Preprocessed, takePreprocessed } from "./preprocessed.ts";
export { type FrostPreprocessed, type PoolRound1State, round1, round2 } from "./rounds.ts";
export { type FrostPreprocessSetup, openPool } from "./setup.ts";
