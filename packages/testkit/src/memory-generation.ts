// The Generation port in memory: its reference adapter.
import type { Generation, StoreRecord } from "@covault/party";

export interface MemoryGeneration extends Generation {
  /** As it stands: tests keep it, lose it and put it back. */
  record: StoreRecord | undefined;
}

export const memoryGeneration = (record?: StoreRecord): MemoryGeneration => ({
  record,
  async read() {
    return this.record;
  },
  async raise(next) {
    if (this.record === undefined || next.generation > this.record.generation) this.record = next;
  },
});
