// The one error of the SDK. It says what the service answered, or why there was no answer. Branch
// on `code`.
import type { ErrorBody } from "./types.ts";

type Answered = Partial<Pick<ErrorBody, "instance" | "errors" | "session_id">>;

export class CovaultApiError extends Error {
  override readonly name = "CovaultApiError";
  /** The HTTP status. 0 when there was no answer. */
  readonly status: number;
  /** A code of docs/errors.md. Those of `sdk/…` are made here (README.md). */
  readonly code: string;
  /** What to do now, in one sentence. */
  readonly hint: string;
  /** The request's id, which the service's log has. Undefined when there was no answer. */
  readonly requestId: string | undefined;
  /** The session that failed, where there is one. */
  readonly sessionId: string | undefined;
  /** What is wrong in the body that was sent, with a JSON Pointer to each place. */
  readonly errors: NonNullable<ErrorBody["errors"]>;

  constructor(status: number, code: string, message: string, hint: string, cause?: unknown, answered: Answered = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.status = status;
    this.code = code;
    this.hint = hint;
    this.requestId = answered.instance;
    this.sessionId = answered.session_id;
    this.errors = answered.errors ?? [];
  }
}

/**
 * Gives the error in an answer's body. A body of another form, such as a proxy's page, becomes
 * `sdk/bad-answer`.
 */
export function errorOfAnswer(status: number, body: unknown): CovaultApiError {
  if (typeof body !== "object" || body === null || !("code" in body) || !("message" in body)) return badAnswer(status);
  const { code, message, hint = "", instance, session_id, errors } = body as Partial<ErrorBody>;
  const answered = {
    ...(instance !== undefined && { instance: String(instance) }),
    ...(session_id !== undefined && { session_id: String(session_id) }),
    ...(Array.isArray(errors) && { errors }),
  };
  return new CovaultApiError(status, String(code), String(message), String(hint), undefined, answered);
}

export function badAnswer(status: number): CovaultApiError {
  return new CovaultApiError(
    status,
    "sdk/bad-answer",
    `The server answered ${status}, but not as an account service does.`,
    "Check the URL: it is the account service's, port 4000 by default.",
  );
}

/** `failure` is what fetch threw. */
export function noAnswer(url: string, failure: unknown): CovaultApiError {
  return new CovaultApiError(
    0,
    "sdk/unreachable",
    `No answer from ${new URL(url).origin}.`,
    "Check the URL, and that the system runs (npm start).",
    failure,
  );
}

/** `failure` is what reading the answer threw. */
export function cutOff(url: string, failure: unknown): CovaultApiError {
  return new CovaultApiError(
    0,
    "sdk/unreachable",
    `The account service at ${new URL(url).origin} did not answer to the end.`,
    "Ask again: nothing was changed.",
    failure,
  );
}

/**
 * Gives the caller's own reason. AbortController.abort() without a reason, and AbortSignal.timeout,
 * give a DOMException of the platform, which becomes `sdk/aborted`.
 */
export function aborted(url: string, reason: unknown): unknown {
  if (!(reason instanceof DOMException)) return reason;
  const after = reason.name === "TimeoutError" ? "took longer than its signal allows" : "was aborted";
  const hint = "The work goes on: ask again with the same idempotency key.";
  return new CovaultApiError(0, "sdk/aborted", `The request to ${new URL(url).origin} ${after}.`, hint, reason);
}
