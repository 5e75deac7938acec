// What a party has of Node: threads for its sessions, and the record beside its store as a file.

export { backupFolder } from "./backup-folder.ts";
export { generationFile } from "./generation-file.ts";
export { type WorkerPoolOptions, workerPool } from "./worker-pool.ts";
