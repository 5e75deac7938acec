// Every protocol as a machine, in one place: what a driver runs.

export type { Member } from "../protocol/dkg/members.ts";
export type { Generation } from "./encoding/key-share.ts";
export { type ImportSetup, importMachine, restoreImport } from "./import/index.ts";
export type { DkgOutput } from "./keygen/finish.ts";
export { type KeygenOutput, type KeygenSetup, keygenMachine, restoreKeygen } from "./keygen/index.ts";
export { type OnlineSetup, onlineMachine, type PresignOutput, type PresignSetup, presignMachine } from "./presign/index.ts";
export { type RecoverySetup, recoveryMachine, restoreRecovery } from "./recovery/index.ts";
export { type RefreshSetup, refreshMachine, restoreRefresh } from "./refresh/index.ts";
export { type ReshareSetup, reshareMachine, restoreReshare } from "./reshare/index.ts";
export { type SignOutput, type SignSetup, signMachine } from "./sign/index.ts";
export type { Newcomer } from "./succession/context.ts";
export type { Predecessor } from "./succession/predecessor.ts";
