// Explains to the operator that a server does not answer at the start, with the setting that says
// where it is, and the reason.
import { asCovaultError, CovaultError, type ErrorCode } from "@covault/errors";

/** `url` may carry a password, so only its host is shown. */
export function serverAway(code: ErrorCode, name: string, setting: string, url: string, cause: unknown): CovaultError {
  return new CovaultError(code, `${name} at ${decodeURIComponent(new URL(url).host)} (${setting}) does not answer: ${reasonOf(cause)}.`, {
    hint: `Check ${setting}: the address, the user and the password; and that ${name} runs.`,
    cause,
  });
}

/**
 * Gives the text of the system or the driver, below an error of ours that keeps it from callers.
 */
export function reasonOf(cause: unknown): string {
  const ours = asCovaultError(cause);
  if (ours?.cause !== undefined) return reasonOf(ours.cause);
  const { message = "", code } = cause as { message?: string; code?: unknown };
  // A text of rabbitmq-client begins with the name of the frame that was refused.
  const line = (message || String(code)).replace(/\s+/g, " ").trim();
  return line.replace(/^\w+: (?=[A-Z_]+ - )/, "").replace(/\.$/, "");
}
