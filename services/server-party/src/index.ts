// A server party is packages/party with a SQL store, a router stream, worker threads and master
// keys.
export type { RestoredShare, ToRestore } from "@covault/party";
export { generationFile, workerPool } from "@covault/party-node";
export { generationTable } from "./generation-table.ts";
export { checkOwner } from "./master-key.ts";
export { clearBurnedPair, type ListedPair, listPairs } from "./pairs.ts";
export { type Resealed, reseal } from "./reseal.ts";
export { type ListedBackup, listBackups, restoreShare } from "./sealed-backups.ts";
export { type ServerParty, type ServerPartyConfig, type ServerPartyOptions, startServerParty } from "./start.ts";
export { openSqlStore, schemaOf } from "./store/sql-store.ts";
