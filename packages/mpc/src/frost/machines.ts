// Every protocol as a machine, in one place: what a driver runs.

export type { Member } from "../protocol/dkg/members.ts";
export type { FrostGeneration } from "./encoding/key-share.ts";
export { type FrostImportSetup, type FrostSecretKey, frostImportMachine, frostPublicKey, restoreFrostImport } from "./import/index.ts";
export {
  type FrostDkgOutput,
  type FrostKeygenOutput,
  type FrostKeygenSetup,
  frostKeygenMachine,
  restoreFrostKeygen,
} from "./keygen/index.ts";
export { type FrostRecoverySetup, frostRecoveryMachine, restoreFrostRecovery } from "./recovery/index.ts";
export { type FrostRefreshSetup, frostRefreshMachine, restoreFrostRefresh } from "./refresh/index.ts";
export { type FrostReshareSetup, frostReshareMachine, restoreFrostReshare } from "./reshare/index.ts";
export { type FrostSignOutput, type FrostSignSetup, frostSignMachine } from "./sign/index.ts";
export type { FrostNewcomer } from "./succession/index.ts";
export type { FrostPredecessor } from "./succession/predecessor.ts";
