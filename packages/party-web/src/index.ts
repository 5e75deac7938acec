// What a party has of a browser: workers for its sessions, and its store.
export type { PlatformWorker } from "./platform.ts";
export { type IndexedDbStore, openIndexedDbStore } from "./store/indexed-db-store.ts";
export { type WebWorkersOptions, webWorkers } from "./web-workers.ts";
