// The answer to a request that failed. It never carries a stack trace, a cause or an internal text.
import { type ErrorBody, errorBodyOf, problemType, type Refusal, statusOf } from "@covault/api";
import { asCovaultError, type CovaultError, type ErrorCode } from "@covault/errors";
import type { FastifyReply, FastifyRequest } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";

export interface ErrorAnswer {
  readonly status: number;
  readonly body: ErrorBody;
  readonly retryAfterMs?: number | undefined;
  /** The failure is a fault of this service, and goes to the log with its cause. */
  readonly fault: boolean;
}

/** The most faults that an answer names. A body may have one in every second byte. */
const faultsMax = 20;
/** The longest text of one fault. It may name fields that the caller made up. */
const textMax = 500;

const shortened = (text: string): string => (text.length <= textMax ? text : `${text.slice(0, textMax)}…`);

export function answerFor(error: unknown, requestId: string): ErrorAnswer {
  const covault = asCovaultError(error);
  if (covault !== undefined) return answerOf(covault, requestId);
  const refuse = (code: ErrorCode, message: string, more: Pick<Refusal, "errors"> = {}) => refusalOf({ code, message, requestId, ...more });
  if (hasZodFastifySchemaValidationErrors(error)) {
    const context = (error as { validationContext?: string }).validationContext ?? "request";
    const first = error.validation.slice(0, faultsMax);
    const issues = first.map((issue) => ({ ...issue, path: issue.instancePath.split("/").filter(Boolean) }));
    const texts = issues.map(({ path, message = "" }) => `${[context, ...path].join(".")}: ${shortened(message)}`);
    const left = error.validation.length - first.length;
    const message = [...texts, ...(left > 0 ? [`and ${left} more`] : [])].join("; ");
    const errors = issues.flatMap(faultsOf).slice(0, faultsMax);
    return refuse("http/bad-request", `${message}.`, context === "body" ? { errors } : {});
  }
  const status = (error as { statusCode?: unknown }).statusCode;
  if (status === 413) return refuse("http/body-too-large", "The body is larger than this route takes.");
  if (status === 415) return refuse("http/unsupported-media-type", "The body's media type is not application/json.");
  // These are Fastify's own refusals, for malformed JSON or an empty body. Their texts name no
  // internals.
  if (typeof status === "number" && status >= 400 && status < 500 && error instanceof Error)
    return refuse("http/bad-request", `${error.message.replace(/\.$/, "")}.`);
  return { ...refuse("http/internal", `The request ${requestId} failed.`), fault: true };
}

/** Sends the answer as problem+json to callers that ask for it, and as plain JSON to all others. */
export function sendAnswer(request: FastifyRequest, reply: FastifyReply, { status, body, retryAfterMs }: ErrorAnswer): FastifyReply {
  if (retryAfterMs !== undefined) reply.header("retry-after", String(Math.ceil(retryAfterMs / 1000)));
  const type = asksForProblem(request.headers.accept) ? problemType : "application/json";
  return reply.code(status).type(`${type}; charset=utf-8`).send(body);
}

function asksForProblem(accept = ""): boolean {
  return accept.split(",").some((range) => {
    const [type, ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    return type === problemType && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });
}

function answerOf(error: CovaultError, requestId: string): ErrorAnswer {
  const { code, message, hint, kind, retryAfterMs } = error;
  // Another copy of the class may have no facts.
  const { pointer, session } = error.facts ?? {};
  const answer = refusalOf({
    code,
    // The operator finds a fault of the service by the request's id.
    message: kind === "bug" ? `${message} Request ${requestId}.` : message,
    hint,
    requestId,
    ...(pointer !== undefined && { errors: [{ pointer: String(pointer), message }] }),
    ...(session !== undefined && { sessionId: String(session) }),
  });
  // 503 says that something else is away, which is no fault of this service.
  return { ...answer, retryAfterMs, fault: kind === "bug" || (answer.status >= 500 && answer.status !== 503) };
}

function refusalOf(refusal: Omit<Refusal, "status">): ErrorAnswer {
  const status = statusOf(refusal.code);
  return { status, body: errorBodyOf({ ...refusal, status }), fault: false };
}

interface Issue {
  readonly path: readonly string[];
  readonly keyword: string;
  readonly message?: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** Gives where in the body the fault is. A field that should not be there is pointed at itself. */
function faultsOf({ path, keyword, message = "", params }: Issue): NonNullable<ErrorBody["errors"]> {
  const unknown = keyword === "unrecognized_keys" && Array.isArray(params.keys) ? params.keys.map(String) : undefined;
  const places = unknown === undefined ? [path] : unknown.map((key) => [...path, key]);
  return places.map((place) => ({ pointer: place.map(pointerPart).join(""), message: unknown === undefined ? message : "unknown field" }));
}

/** Gives one step of a JSON Pointer (RFC 6901). */
const pointerPart = (key: string): string => `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
