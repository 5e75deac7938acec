// This file shows entries of the event log as the routes do.
import { type AuditEntry, auditEntry } from "@covault/api/account";
import { hex } from "@covault/crypto";
import type { StoredEntry } from "../store/events.ts";
import { alteredRow } from "../store/row-mac.ts";

/**
 * Gives an entry. Throws account/altered-row for a row that is no entry. An export shows whether it
 * is the entry that was written.
 */
export function entryOf({ seq, entry, hash }: StoredEntry): AuditEntry {
  try {
    return auditEntry.parse({ ...(JSON.parse(entry) as object), hash: hex(hash) });
  } catch {
    throw alteredRow("events", String(seq));
  }
}
