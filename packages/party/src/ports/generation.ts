// Port, optional: what a party keeps of its store outside of everything that is backed up with that
// store. It tells a restored store from the live one (dkls23-spec section 8; src/restored.ts has
// the argument). The rules [GE..] stand in test/generation-contract.ts.
import type { StoreIdentity } from "./store.ts";

/** What is recorded of a store outside of it. */
export interface StoreRecord {
  /** How far the store's counter had come. */
  readonly generation: number;
  /** Which store it was. */
  readonly identity: StoreIdentity;
}

/** The place of the record outside of the store. */
export interface Generation {
  /**
   * Gives the record. Undefined means that there is none, because the party has never started with
   * this port, or because the record was lost.
   */
  read(): Promise<StoreRecord | undefined>;
  /**
   * Writes the record, unless there is one with the same or a higher generation, which then stays.
   * The record is durable when the promise resolves. It never goes back, in whatever order the
   * raises of several replicas arrive, and although one of them is killed on the way.
   */
  raise(record: StoreRecord): Promise<void>;
}
