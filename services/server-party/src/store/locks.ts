// What one transaction holds while it decides. All decisions about one intent, key or epoch are
// made one after another, whatever the replica. Row locks alone do not order a decision against a
// row that is not there yet.
import { hex } from "@covault/crypto";
import { sql, type Transaction } from "kysely";
import type { PartyTables } from "./tables.ts";

/**
 * Takes a lock and holds it until the transaction ends. Two names with one hash wait for each other
 * needlessly, and nothing worse happens.
 */
export async function lock(
  tx: Transaction<PartyTables>,
  schema: string,
  about: "intent" | "key" | "epoch" | "lease",
  name: string | Uint8Array,
): Promise<void> {
  const text = `${about}/${typeof name === "string" ? name : hex(name)}`;
  await sql`SELECT pg_advisory_xact_lock(hashtext(${schema}), hashtext(${text}))`.execute(tx);
}
