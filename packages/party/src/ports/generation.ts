// Port, optional: what a party keeps of its store outside of everything that is backed up with that store. It tells a restored store from
// the live one (dkls23-spec section 8; src/restored.ts has the argument). Rules [GE..] stand in test/generation-contract.ts.
import type { StoreIdentity } from "./store.ts";

export interface StoreRecord {
  /** How far the store's counter had come. */
  readonly generation: number;
  /** Which store it was. */
  readonly identity: StoreIdentity;
}

export interface Generation {
  /** Undefined: there is no record, because the party has never started with this port, or because the record was lost. */
  read(): Promise<StoreRecord | undefined>;
  /**
   * Writes the record, unless there is one with the same or a higher generation: then that one stays. Durable when it resolves. The record
   * never goes back, in whatever order the raises of several replicas arrive, and although one of them is killed on the way.
   */
  raise(record: StoreRecord): Promise<void>;
}
