// The event log: what happened, for callers that keep up with it, and for auditors.
import { z } from "zod";
import { answer, guardedRefusals } from "../answers.ts";
import type { Of, Routes } from "../route.ts";
import { integerParameter, plainText } from "../shapes.ts";
import { act } from "./names.ts";

const after = integerParameter(0, Number.MAX_SAFE_INTEGER).default(0).describe("The number of the last entry that is known already");
const limit = integerParameter(1, 100).default(20);
const last = z.string().describe("The number to ask after next: of the last entry here, or the one that was given");

const eventFields = {
  seq: z.string().describe("Its number in the tenant's log, from 1"),
  at: z.string().describe("RFC 3339, in UTC"),
  actor: z.record(z.string(), z.string()).describe("Who did it: kind, id, ip"),
  act,
  object: z.record(z.string(), z.string()).describe("The ids of what it was done to"),
  data: z.record(z.string(), z.unknown()).describe("Hashes and facts"),
};
const eventExample = {
  seq: "1",
  at: "2026-11-30T10:00:00.123Z",
  actor: { kind: "api_key", id: "configured", ip: "127.0.0.1" },
  act: "account.created",
  object: { account_id: "acc_01j9qs8r2fhd8a6k3v5w7xy0bc" },
  data: {},
};
const event = z.object(eventFields).meta({ id: "Event", description: "Something that happened", examples: [eventExample] });

export const auditEntry = z
  .object({
    ...eventFields,
    prev: z.string().describe("The hash of the entry before it"),
    hash: z.string().describe("SHA-256 over a zero byte and the entry as an export has it"),
    tenant: z.string(),
  })
  .meta({ id: "AuditEntry", description: "An event with what binds it to the log" });
export type AuditEntry = Of<typeof auditEntry>;

const eventList = z.object({ events: z.array(event), last }).meta({ id: "EventList", examples: [{ events: [eventExample], last: "1" }] });
const auditList = z.object({ entries: z.array(auditEntry), last }).meta({ id: "AuditList" });

const when = z.iso.datetime("expected a time of RFC 3339 in UTC, such as 2026-11-30T10:00:00Z");
const exportQuery = z.strictObject({
  from: when.optional().describe("The export begins with the first entry of this time or a later one; else with the first of all"),
  to: when.optional().describe("It reaches to the first checkpoint after the last entry before this time; else to the end"),
});

export const eventRoutes = {
  listEvents: {
    method: "GET",
    path: "/api/v1/events",
    tag: "events",
    summary: "Events after a number, oldest first",
    query: z.strictObject({ after, limit }),
    answers: { 200: answer("Events; none when nothing has happened since", eventList), ...guardedRefusals },
  },
  listAudit: {
    method: "GET",
    path: "/api/v1/audit",
    tag: "events",
    summary: "Entries of the event log after a number, oldest first",
    query: z.strictObject({
      after,
      limit,
      act: act.optional(),
      actor: plainText(128).optional().describe("The id of who did it: an API key, this service's initiator, or an operator's command"),
      account_id: plainText(128).optional(),
    }),
    answers: { 200: answer("Entries with their hashes", auditList), ...guardedRefusals },
  },
  exportAudit: {
    method: "GET",
    path: "/api/v1/audit/export",
    tag: "events",
    summary: "The event log with its checkpoints, to be verified offline",
    query: exportQuery,
    answers: {
      200: {
        meaning: "An entry or a signed checkpoint to a line; `covault audit verify` reads it",
        shape: z.string(),
        stream: "application/x-ndjson",
      },
      ...guardedRefusals,
    },
  },
} as const satisfies Routes;
