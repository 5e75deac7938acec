// Every part of the store is bound to this, once: a database or one transaction of it, and the MACs
// of its rows.
import type { RowMacs } from "./row-mac.ts";
import type { AccountDatabase } from "./tables.ts";

export interface Bound {
  readonly db: AccountDatabase;
  readonly macs: RowMacs;
}
