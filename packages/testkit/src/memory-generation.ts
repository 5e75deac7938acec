// The Generation port in memory, which is its reference adapter.
import type { Generation, StoreRecord } from "@covault/party";

export interface MemoryGeneration extends Generation {
  /** The record as it stands. Tests keep it, lose it and put it back. */
  record: StoreRecord | undefined;
}

/**
 * Gives a Generation in memory. `record` is what it begins with. Absent means that it has no
 * record.
 */
export const memoryGeneration = (record?: StoreRecord): MemoryGeneration => ({
  record,
  async read() {
    return this.record;
  },
  async raise(next) {
    if (this.record === undefined || next.generation > this.record.generation) this.record = next;
  },
});
