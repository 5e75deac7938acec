// Entries of the event log as the routes show them.
import { hex } from "@covault/crypto";
import { integerParameter } from "@covault/service-kit/http";
import { z } from "zod";
import { acts } from "../events/event.ts";
import type { StoredEntry } from "../store/events.ts";
import { alteredRow } from "../store/row-mac.ts";

export const after = integerParameter(0, Number.MAX_SAFE_INTEGER).default(0).describe("The number of the last entry that is known already");

export const act = z.enum(acts);

export const entryFields = z.object({
  seq: z.string().describe("Its number in the tenant's log, from 1"),
  prev: z.string().describe("The hash of the entry before it"),
  hash: z.string().describe("SHA-256 over a zero byte and the entry as an export has it"),
  at: z.string(),
  tenant: z.string(),
  actor: z.record(z.string(), z.string()).describe("Who did it: kind, id, ip"),
  act,
  object: z.record(z.string(), z.string()).describe("The ids of what it was done to"),
  data: z.record(z.string(), z.unknown()).describe("Hashes and facts"),
});
export type Entry = z.infer<typeof entryFields>;

/** Throws account/altered-row for what is no entry. Whether it is the one that was written, an export shows. */
export function entryOf({ seq, entry, hash }: StoredEntry): Entry {
  try {
    return entryFields.parse({ ...(JSON.parse(entry) as object), hash: hex(hash) });
  } catch {
    throw alteredRow("events", String(seq));
  }
}
