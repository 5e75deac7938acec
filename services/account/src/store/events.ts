// The event log's rows. An entry is appended by the statement that changes what it tells of, never beside it.
import { entryParts } from "@covault/trust";
import { type RawBuilder, sql } from "kysely";
import type { Event } from "../events/event.ts";
import type { Bound } from "./bound.ts";
import { schemaName } from "./tables.ts";

/**
 * For the select of a statement that changes something and gives the changed rows: the entry is written for each of them, and none
 * when nothing changed. It locks the tenant's chain until the transaction ends.
 */
export function appended(happened: Event): RawBuilder<string> {
  const { tenant, ...act } = happened;
  const [before, after] = entryParts(tenant, act);
  return sql<string>`${sql.id(schemaName, "append_event")}(${tenant}, ${before}, ${after})`;
}

export interface EventRows {
  /** Of what changes no row beside it. */
  readonly append: (happened: Event) => Promise<void>;
}

export function eventRows({ db }: Bound): EventRows {
  return {
    async append(happened) {
      await db.selectNoFrom(appended(happened).as("seq")).execute();
    },
  };
}
