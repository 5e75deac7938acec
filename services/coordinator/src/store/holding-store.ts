// The questions to holders, and the reports that answer them. They are in the database, because a
// report may reach another coordinator than the one that asked. They go with the first question
// that is asked a minute later.

import type { Database } from "@covault/service-kit/sql";
import type { SchemeName } from "@covault/trust";
import { sql } from "kysely";
import { afterMs, schemaName, type Tables } from "./tables.ts";

/** A party that is asked. `idpk` is the identity key that it has to sign with, hex. */
export interface AskedParty {
  readonly partyId: string;
  readonly idpk: string;
}

/**
 * What is asked: what a party holds of a key, what it has sealed of it for backups, or that it
 * answers the intent of an export, or for a key that an import can be sealed to.
 */
export type About = "holding" | "backup" | "export" | "import";

export interface HoldingQuestion {
  /**
   * The name of the question: 32 bytes, hex. Before the intent of an export stands `export/`, and
   * before the nonce of an import `import/`.
   */
  readonly nonce: string;
  readonly about: About;
  /** The key's id, hex. */
  readonly keyId: string;
  readonly scheme: SchemeName;
  readonly asked: readonly AskedParty[];
}

export interface HoldingReportRow {
  readonly partyId: string;
  /** The encoded Signed, verified. */
  readonly statement: Uint8Array;
}

export interface HoldingStore {
  /** Keeps a question. Gives the one that stands under its nonce. */
  ask(question: HoldingQuestion): Promise<HoldingQuestion>;
  question(nonce: string): Promise<HoldingQuestion | undefined>;
  /** Keeps a report of a question. The first one of a party counts. */
  report(nonce: string, report: HoldingReportRow): Promise<void>;
  reports(nonce: string): Promise<readonly HoldingReportRow[]>;
}

/** Nobody waits so long for a report. */
const keptMs = 60_000;

export function holdingStore(database: Database): HoldingStore {
  const db = database.schema<Tables>(schemaName);
  async function question(nonce: string): Promise<HoldingQuestion | undefined> {
    const row = await db
      .selectFrom("holding_questions")
      .select(["about", "key_id", "scheme", "asked"])
      .where("nonce", "=", nonce)
      .executeTakeFirst();
    return row && { nonce, about: row.about, keyId: row.key_id, scheme: row.scheme as SchemeName, asked: row.asked };
  }
  return {
    question,
    async ask(asking) {
      const row = {
        nonce: asking.nonce,
        about: asking.about,
        key_id: asking.keyId,
        scheme: asking.scheme,
        asked: JSON.stringify(asking.asked),
      };
      await db.transaction().execute(async (tx) => {
        await tx
          .deleteFrom("holding_questions")
          .where(sql<boolean>`asked_at_ms < ${afterMs(-keptMs)}`)
          .execute();
        await tx
          .insertInto("holding_questions")
          .values({ ...row, asked_at_ms: afterMs(0) })
          .onConflict((conflict) => conflict.doNothing())
          .execute();
      });
      return (await question(asking.nonce)) ?? asking;
    },
    async report(nonce, { partyId, statement }) {
      // The question may go at the same time, and then nobody waits for its reports.
      await db
        .insertInto("holding_reports")
        .columns(["nonce", "party_id", "statement"])
        .expression((is) =>
          is
            .selectFrom("holding_questions")
            .select([
              "nonce",
              sql<string>`cast(${partyId} as text)`.as("party_id"),
              sql<Uint8Array>`cast(${statement} as bytea)`.as("statement"),
            ])
            .where("nonce", "=", nonce),
        )
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },
    async reports(nonce) {
      const rows = await db
        .selectFrom("holding_reports")
        .select(["party_id", "statement"])
        .where("nonce", "=", nonce)
        .orderBy("party_id")
        .execute();
      return rows.map(({ party_id, statement }) => ({ partyId: party_id, statement: new Uint8Array(statement) }));
    },
  };
}
