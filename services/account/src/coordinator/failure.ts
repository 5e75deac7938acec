// This file says why a session failed, from its end to every later answer about it. Rows keep code
// and message. The message ends with the coordinator's code.
import { CovaultError, codes, type ErrorCode } from "@covault/errors";

const isCode = (text: string | null | undefined): text is ErrorCode => text != null && Object.hasOwn(codes, text);

export function sessionFailed(kind: string, sessionId: string, reason: string, code?: string): CovaultError {
  const message = `The ${kind} session ${sessionId} failed: ${reason}${code === undefined ? "" : ` (${code.slice(0, 80)})`}`;
  return storedFailure("account/session-failed", message, { session: sessionId, ...(code !== undefined && { coordinator_code: code }) });
}

/** Gives the coordinator's code at the end of a message, where it is one of ours. */
export function reasonOf(message: string): ErrorCode | undefined {
  const code = /\(([a-z-]+\/[a-z-]+)\)$/.exec(message)?.[1];
  return isCode(code) ? code : undefined;
}

/**
 * Gives a failure as its row has it. Where the parties refused for good, their code says what to
 * do, because sending the request again would fail again.
 */
export function storedFailure(code: string | null, message: string, facts: Readonly<Record<string, string>> = {}): CovaultError {
  const known = isCode(code) ? code : "account/session-failed";
  const inner = known === "account/session-failed" ? reasonOf(message) : undefined;
  const hint = inner !== undefined && codes[inner].kind === "usage" ? { hint: codes[inner].hint } : {};
  return new CovaultError(known, message, { facts, ...hint });
}
