// The body of every refusal: three fields for programs and people, and RFC 9457's beside them, so
// that one body is both. It never carries a stack trace, a cause or an internal text.
import { codes, type ErrorCode } from "@covault/errors";
import { z } from "zod";
import type { Of } from "../route.ts";

/** The media type for callers that ask for it by Accept. Others get application/json. */
export const problemType = "application/problem+json";

const fault = z.object({
  pointer: z.string().describe("A JSON Pointer (RFC 6901) into the body"),
  message: z.string(),
});

export const errorBody = z
  .object({
    code: z.string().describe("What programs branch on; docs/errors.md lists them"),
    message: z.string().describe("What happened, with the values"),
    hint: z.string().describe("What to do now"),
    type: z.string().describe("Where the code is explained, relative to the service"),
    title: z.string().describe("The code in words"),
    status: z.int().describe("The HTTP status"),
    detail: z.string().describe("The same as message"),
    instance: z.string().describe("The request's id, as in X-Request-Id"),
    errors: z.array(fault).optional().describe("What is wrong in the body, with 400 and 422 alone"),
    session_id: z.string().optional().describe("The session that failed, where there is one"),
  })
  .meta({
    id: "Error",
    description: "Why a request was refused",
    examples: [
      {
        code: "account/bad-digest",
        message: "digest: it is not hex.",
        hint: codes["account/bad-digest"].hint,
        type: "/docs/errors#account-bad-digest",
        title: "Bad digest",
        status: 400,
        detail: "digest: it is not hex.",
        instance: "req_01j9qs8r2fhd8a6k3v5w7xy0bc",
        errors: [{ pointer: "/digest", message: "digest: it is not hex." }],
      },
    ],
  });
export type ErrorBody = Of<typeof errorBody>;

export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  /** Default: the hint of the code. */
  readonly hint?: string | undefined;
  readonly status: number;
  readonly requestId: string;
  readonly errors?: ErrorBody["errors"];
  readonly sessionId?: string | undefined;
}

export function errorBodyOf({ code, message, hint, status, requestId, errors, sessionId }: Refusal): ErrorBody {
  return {
    code,
    message,
    hint: hint ?? codes[code].hint,
    type: `/docs/errors#${code.replace("/", "-")}`,
    title: titleOf(code),
    status,
    detail: message,
    instance: requestId,
    ...(errors !== undefined && errors.length > 0 && { errors }),
    ...(sessionId !== undefined && { session_id: sessionId }),
  };
}

/** Gives a code in words. "account/bad-digest" becomes "Bad digest". */
export function titleOf(code: ErrorCode): string {
  const words = code.slice(code.indexOf("/") + 1).replaceAll("-", " ");
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}
