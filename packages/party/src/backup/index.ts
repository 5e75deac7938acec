// The public entry "backup": what anybody does with backup documents, offline and without a party.
export {
  type BackupDocument,
  decodeBackup,
  encodeBackup,
  fingerprintOf,
} from "./backup-document.ts";
export { backupName } from "./backup-name.ts";
export { type BackedKey, type BackupReport, checkBackup, checkBackups, type NamedBackup, publicSharesOf } from "./check-backup.ts";
export { openBackup, type RecipientKey, type RecoveredKey, recoverKey } from "./open-backup.ts";
