// Which errors of the driver mean that the database is away or could not do its work this time.
// These become database/unavailable, so that every caller is told to ask again. All others, such as
// a violated constraint or a fault of a statement, stay as they are.
import { asCovaultError, CovaultError } from "@covault/errors";

/** With these codes Node says that a connection could not be made, or broke. */
const systemCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "EHOSTDOWN",
  "ENETUNREACH",
  "ENETDOWN",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ENOENT",
  "ENOSPC",
]);

/** The SQLSTATE classes of connection, resources, operator intervention and system errors. */
const stateClasses = new Set(["08", "53", "57", "58"]);

/**
 * The single SQLSTATEs of a serialization failure, a deadlock, a lock that took too long, a
 * transaction that rested too long, and a standby that takes no writes.
 */
const states = new Set(["40001", "40P01", "55P03", "25P03", "25006"]);

/** The texts that pg gives without a code. */
const texts =
  /connection terminated|connection error|not queryable|timeout (exceeded|expired)|connection timeout|calling end on the pool|client was closed/i;

function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  if (typeof code === "string")
    return systemCodes.has(code) || states.has(code) || (code.length === 5 && stateClasses.has(code.slice(0, 2)));
  return texts.test(error.message);
}

/** Gives the error as callers should see it. */
export function databaseError(error: unknown): unknown {
  if (asCovaultError(error) !== undefined || !isDatabaseAway(error)) return error;
  // The driver's text may name addresses, so it goes to the log alone, as the cause.
  const { code = /timeout/i.test((error as Error).message) ? "timeout" : "connection lost" } = error as { code?: string };
  return databaseUnavailable(`The database did not do its work this time (${code}).`, error);
}

export function databaseUnavailable(message: string, cause?: unknown): CovaultError {
  return new CovaultError("database/unavailable", message, { retryAfterMs: 1_000, cause });
}
