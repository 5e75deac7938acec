// Entries of the event log as the routes show them.
import { type AuditEntry, auditEntry } from "@covault/api/account";
import { hex } from "@covault/crypto";
import type { StoredEntry } from "../store/events.ts";
import { alteredRow } from "../store/row-mac.ts";

/** Throws account/altered-row for what is no entry. Whether it is the one that was written, an export shows. */
export function entryOf({ seq, entry, hash }: StoredEntry): AuditEntry {
  try {
    return auditEntry.parse({ ...(JSON.parse(entry) as object), hash: hex(hash) });
  } catch {
    throw alteredRow("events", String(seq));
  }
}
