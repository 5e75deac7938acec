// This file is the end of the service. Every request that waits is told so at once, and nothing
// that is stored is decided by it.
import { CovaultError } from "@covault/errors";
import { onAbort } from "@covault/service-kit/run";

export function serviceStopping(cause?: unknown): CovaultError {
  return new CovaultError("http/unavailable", "The account service is stopping.", {
    hint: "Ask again with the same Idempotency-Key once it is back.",
    cause,
  });
}

/** Resolves after `ms`. Throws http/unavailable when the service stops. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let forget = (): void => {};
    const timer = setTimeout(() => {
      forget();
      resolve();
    }, ms);
    forget = onAbort(signal, () => {
      clearTimeout(timer);
      reject(serviceStopping(signal.reason));
    });
  });
}
