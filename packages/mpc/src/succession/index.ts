// A key passes on (dkls23-spec sections 7 and 8) to new shares, to other holders, into the protocol
// and out of it. All of it but the export is key generation with another setup.
export type { Consent } from "./consent.ts";
export { dealtConstant, type Newcomer, type Succession, successionContext } from "./context.ts";
export { type ExportSetup, exportKey, type Released, releaseShare } from "./export.ts";
export { type ImportSetup, importKey, restoreImport, type WholeKey, wholeKey } from "./import.ts";
export { restoreSuccession, succession } from "./machine.ts";
export { checkPredecessor, epochContext } from "./predecessor.ts";
export { type RecoverySetup, recoveryOf } from "./recovery.ts";
export { type RefreshSetup, refreshOf } from "./refresh.ts";
export { type ReshareSetup, reshareOf } from "./reshare.ts";
