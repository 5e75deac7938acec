// GET /api/v1/audit/export?from&to: the event log as it stands, an entry to a line, with its signed checkpoints. It always ends with a checkpoint,
// unless the log is broken: then it shows where.
import { Readable } from "node:stream";
import { asCovaultError } from "@covault/errors";
import { type Api, guardedRefusals } from "@covault/service-kit/http";
import { z } from "zod";
import type { AccountContext } from "../../context.ts";
import { tenantOf } from "../../guard.ts";
import type { EventRows } from "../../store/events.ts";

const readAtOnce = 500;

const time = z.iso.datetime("expected a time of RFC 3339 in UTC, such as 2026-11-30T10:00:00Z");
const query = z.strictObject({
  from: time.optional().describe("The export begins with the first entry of this time or a later one; else with the first of all"),
  to: time.optional().describe("It reaches to the first checkpoint after the last entry before this time; else to the end"),
});

export function exportAuditRoute(api: Api, context: AccountContext): void {
  const schema = {
    tags: ["events"],
    summary: "The audit log with its checkpoints, to be verified offline",
    querystring: query,
    response: {
      200: {
        description: "An entry or a signed checkpoint to a line; `covault audit verify` reads it",
        content: { "application/x-ndjson": { schema: z.string() } },
      },
      ...guardedRefusals,
    },
  };
  api.get("/api/v1/audit/export", { schema }, async (request, reply) => {
    const { from, to } = request.query;
    const lines = await exported(context, tenantOf(request), dateOf(from), dateOf(to));
    return reply.type("application/x-ndjson").send(Readable.from(lines) as never);
  });
}

const dateOf = (text: string | undefined): Date | undefined => (text === undefined ? undefined : new Date(text));

/** The pages of an export. Throws before the first of them what keeps it from beginning. */
async function exported(
  { store: { events }, checkpoints }: AccountContext,
  tenant: string,
  from: Date | undefined,
  to: Date | undefined,
): Promise<AsyncIterable<string> | string[]> {
  const range = await events.between(tenant, from, to);
  if (range === undefined) return [];
  const [first, last] = range;
  const end = await checkpoints.covering(tenant, last).catch((error: unknown) => {
    // Whoever looks for the fault needs the rows most of all.
    if (asCovaultError(error)?.code !== "account/broken-chain") throw error;
    return undefined;
  });
  return pages(events, tenant, first, Math.max(end?.size ?? last, first - 1));
}

async function* pages(events: EventRows, tenant: string, first: number, end: number): AsyncGenerator<string> {
  for (let seq = first - 1; seq < end; ) {
    const rows = await events.after(tenant, seq, Math.min(readAtOnce, end - seq));
    // A row that somebody took out is missing, and the rest is shown.
    const to = rows.at(-1)?.seq ?? end;
    const signed = await events.checkpointsBetween(tenant, seq + 1, to);
    const lines = [...rows.map((row) => ({ size: row.seq, line: row.entry })), ...signed];
    // Stable: an entry stands before the checkpoint that it ends.
    yield lines
      .sort((one, other) => one.size - other.size)
      .map(({ line }) => `${line}\n`)
      .join("");
    seq = to;
  }
}
