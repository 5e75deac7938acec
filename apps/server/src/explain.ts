// An error as somebody who starts the system reads it.
import { asCovaultError } from "@covault/errors";

export function explain(error: unknown): string {
  return `Error: ${asCovaultError(error)?.explain() ?? (error instanceof Error ? error.message : String(error))}`;
}
