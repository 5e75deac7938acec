// The one error of the SDK: what the service answered, or why there was no answer. Branch on `code`.

export class CovaultApiError extends Error {
  override readonly name = "CovaultApiError";
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** As in docs/errors.md; `sdk/unreachable` and `sdk/bad-answer` are made here. */
  readonly code: string;
  /** What to do now, one sentence. */
  readonly hint: string;

  constructor(status: number, code: string, message: string, hint: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.status = status;
    this.code = code;
    this.hint = hint;
  }
}

/** The error in an answer's body; a body of another form (a proxy's page) becomes `sdk/bad-answer`. */
export function errorOfAnswer(status: number, body: unknown): CovaultApiError {
  if (typeof body === "object" && body !== null && "code" in body && "message" in body) {
    const hint = "hint" in body ? String(body.hint) : "";
    return new CovaultApiError(status, String(body.code), String(body.message), hint);
  }
  return badAnswer(status);
}

export function badAnswer(status: number): CovaultApiError {
  return new CovaultApiError(
    status,
    "sdk/bad-answer",
    `The server answered ${status}, but not as an account service does.`,
    "Check the URL: it is the account service's, port 4000 by default.",
  );
}
