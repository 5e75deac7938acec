// The answer to a request that failed: {code, message, hint}. It never carries a stack trace, a
// cause or an internal text.
import { asCovaultError, codes, type ErrorCode } from "@covault/errors";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";

export interface ErrorBody {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}
export interface ErrorAnswer {
  readonly status: number;
  readonly body: ErrorBody;
  readonly retryAfterMs?: number;
  /** The failure is a fault of this service, and goes to the log with its cause. */
  readonly fault: boolean;
}

export function answerFor(error: unknown, requestId: string): ErrorAnswer {
  const covault = asCovaultError(error);
  if (covault !== undefined) {
    const body = { code: covault.code, message: covault.message, hint: covault.hint };
    const retry = covault.retryAfterMs === undefined ? {} : { retryAfterMs: covault.retryAfterMs };
    // 503 says that something else is away, which is no fault of this service.
    if (covault.kind !== "bug") return { status: covault.status, body, fault: covault.status >= 500 && covault.status !== 503, ...retry };
    return { status: covault.status, body: { ...body, message: `${covault.message} Request ${requestId}.` }, fault: true };
  }
  if (hasZodFastifySchemaValidationErrors(error)) {
    const context = (error as { validationContext?: string }).validationContext ?? "request";
    const fields = error.validation.map(
      (issue) => `${[context, ...issue.instancePath.split("/").filter(Boolean)].join(".")}: ${issue.message}`,
    );
    return plainAnswer("http/bad-request", `${fields.join("; ")}.`);
  }
  const status = (error as { statusCode?: unknown }).statusCode;
  if (status === 413) return plainAnswer("http/body-too-large", "The body is larger than this route takes.");
  if (status === 415) return plainAnswer("http/unsupported-media-type", "The body's media type is not application/json.");
  // These are Fastify's own refusals, for malformed JSON or an empty body. Their texts name no
  // internals.
  if (typeof status === "number" && status >= 400 && status < 500 && error instanceof Error)
    return plainAnswer("http/bad-request", `${error.message.replace(/\.$/, "")}.`);
  return { ...plainAnswer("http/internal", `The request ${requestId} failed.`), fault: true };
}

function plainAnswer(code: ErrorCode, message: string): ErrorAnswer {
  return { status: codes[code].status, body: { code, message, hint: codes[code].hint }, fault: false };
}
