// Answers bytes that never become a request, because they are no HTTP or come too slowly. The
// answer has the shape of every other refusal.
import type { Socket } from "node:net";
import { codes, type ErrorCode } from "@covault/errors";
import type { ErrorBody } from "./error-answers.ts";

const answers: Readonly<Record<string, { readonly status: string; readonly code: ErrorCode; readonly message: string }>> = {
  HPE_HEADER_OVERFLOW: {
    status: "431 Request Header Fields Too Large",
    code: "http/bad-request",
    message: "The headers are larger than this service takes.",
  },
  ERR_HTTP_REQUEST_TIMEOUT: { status: "408 Request Timeout", code: "http/bad-request", message: "The request did not arrive in time." },
};
const noHttp = { status: "400 Bad Request", code: "http/bad-request", message: "The request is no HTTP." } as const;

export function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed || !socket.writable) return void socket.destroy();
  const { status, code, message } = answers[error.code ?? ""] ?? noHttp;
  const body = JSON.stringify({ code, message, hint: codes[code].hint } satisfies ErrorBody);
  const head = [`HTTP/1.1 ${status}`, "Content-Type: application/json; charset=utf-8", `Content-Length: ${Buffer.byteLength(body)}`];
  socket.end(`${head.join("\r\n")}\r\nConnection: close\r\n\r\n${body}`);
}
