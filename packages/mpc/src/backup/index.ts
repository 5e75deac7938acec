// Verifiable encrypted backup: a share sealed to a public key, so that anybody can check that the sealed bytes hold the share of the public share
// (Camenisch and Damgård 2000, cut and choose). docs/protocols/backup.md has the construction, its proof's outline and its sizes.
export { CovaultError, type ErrorCode } from "@covault/errors";
export { openSealedShare, SEALED_BYTES, verifySealedShare } from "./open.ts";
export { sealShare } from "./seal.ts";
export type { BackupCurve, BackupStatement } from "./statement.ts";
