// This file holds what holders have answered to exports. Each row has the statement that the holder
// signed, and readers verify it again. That its document proves a share is checked once, and noted.
import type { Event } from "../events/event.ts";
import type { Bound } from "./bound.ts";
import { appended } from "./events.ts";
import type { ReleaseRow } from "./tables.ts";

export interface ReleaseRows {
  /**
   * Keeps an answer. The first one of a party to a session counts. `happened` is appended with it,
   * and not for one that is there. Gives whether it was kept.
   */
  readonly add: (row: ReleaseRow, happened: Event | undefined) => Promise<boolean>;
  /** Counts the answer of a party as no consent any more: its document proves nothing. */
  readonly refuse: (sessionId: string, partyId: string) => Promise<void>;
  /** Gives the answers to a session as they are stored, ascending by party id. */
  readonly ofSession: (sessionId: string) => Promise<readonly ReleaseRow[]>;
  /** Gives those of these keys that a holder has consented to export. */
  readonly exported: (keyIds: readonly Uint8Array[]) => Promise<readonly Uint8Array[]>;
}

export function releaseRows({ db }: Bound): ReleaseRows {
  return {
    async add(row, happened) {
      const inserting = db
        .with("added", (inner) =>
          inner
            .insertInto("releases")
            .values(row)
            .onConflict((conflict) => conflict.doNothing())
            .returning("party_id"),
        )
        .selectFrom("added");
      const added = happened === undefined ? inserting.select("party_id") : inserting.select(appended(happened).as("seq"));
      return (await added.execute()).length === 1;
    },
    async refuse(sessionId, partyId) {
      const rows = db.updateTable("releases").set({ consents: false });
      await rows.where("session_id", "=", sessionId).where("party_id", "=", partyId).execute();
    },
    ofSession(sessionId) {
      return db.selectFrom("releases").selectAll().where("session_id", "=", sessionId).orderBy("party_id").execute();
    },
    async exported(keyIds) {
      if (keyIds.length === 0) return [];
      const query = db.selectFrom("releases").select("key_id").distinct().where("key_id", "in", keyIds).where("consents", "=", true);
      return (await query.execute()).map(({ key_id }) => key_id);
    },
  };
}
