// GET /api/v1/audit/export?from&to gives the event log as it stands, an entry to a line, with its
// signed checkpoints. It always ends with a checkpoint, unless the log is broken. Then it shows
// where.
import { Readable } from "node:stream";
import type { routes } from "@covault/api/account";
import { asCovaultError } from "@covault/errors";
import type { Handler } from "@covault/service-kit/http";
import type { AccountContext } from "../../context.ts";
import { tenantOf } from "../../guard.ts";
import type { EventRows } from "../../store/events.ts";

const readAtOnce = 500;

export function exportAudit(context: AccountContext): Handler<typeof routes.exportAudit> {
  return async (request, reply) => {
    const { from, to } = request.query;
    const lines = await exported(context, tenantOf(request), dateOf(from), dateOf(to));
    reply.type("application/x-ndjson");
    return Readable.from(lines);
  };
}

const dateOf = (text: string | undefined): Date | undefined => (text === undefined ? undefined : new Date(text));

/**
 * Gives the pages of an export. What keeps the export from beginning is thrown before the first
 * page.
 */
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
    // A reader that looks for the fault needs the rows most of all.
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
    // The sort is stable, so an entry stands before the checkpoint that it ends.
    yield lines
      .sort((one, other) => one.size - other.size)
      .map(({ line }) => `${line}\n`)
      .join("");
    seq = to;
  }
}
