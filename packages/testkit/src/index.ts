// In-memory ports, seeded entropy, lying peers. A dev dependency only.
export { memoryStore } from "./memory-store.ts";
