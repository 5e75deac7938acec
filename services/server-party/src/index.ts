// A server party: packages/party with a SQL store, a router stream, worker threads and master keys.
export { workerPool } from "@covault/party/workers";
export { generationFile } from "./generation/file.ts";
export { generationTable } from "./generation/table.ts";
export { checkOwner } from "./master-key.ts";
export { type ServerParty, type ServerPartyConfig, type ServerPartyOptions, startServerParty } from "./start.ts";
export { openSqlStore, schemaOf } from "./store/sql-store.ts";
export type { BackOff, BackOffs } from "./stream/back-off.ts";
export { RouterStream, type RouterStreamOptions } from "./stream/router-stream.ts";
