// The public entry "backup": verifiable encrypted backup. A share is sealed to a public key, and
// anybody can check that the sealed bytes hold the share of the public share (Camenisch and Damgård
// 2000, cut and choose). docs/protocols/backup.md has the construction, the outline of its proof
// and its sizes.
export { CovaultError, type ErrorCode } from "@covault/errors";
export { openSealedShare, SEALED_BYTES, verifySealedShare } from "./open.ts";
export { sealShare } from "./seal.ts";
export type { BackupCurve, BackupStatement } from "./statement.ts";
