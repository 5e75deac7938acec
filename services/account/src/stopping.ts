// The end of the service: whatever waits is told so at once, and nothing that is stored is decided by it.
import { setTimeout as timer } from "node:timers/promises";
import { CovaultError } from "@covault/errors";

export function serviceStopping(cause?: unknown): CovaultError {
  return new CovaultError("http/unavailable", "The account service is stopping.", {
    hint: "Ask again with the same Idempotency-Key once it is back.",
    cause,
  });
}

/** Resolves after `ms`; throws http/unavailable when the service stops. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await timer(ms, undefined, { signal });
  } catch (cause) {
    throw serviceStopping(cause);
  }
}
