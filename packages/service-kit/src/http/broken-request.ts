// Answers bytes that never become a request, because they are no HTTP or come too slowly. The
// answer has the shape of every other refusal.
import type { Socket } from "node:net";
import { errorBodyOf } from "@covault/api";
import { newRequestId } from "./request-id.ts";

interface Broken {
  readonly status: number;
  readonly phrase: string;
  readonly message: string;
}

const answers: Readonly<Record<string, Broken>> = {
  HPE_HEADER_OVERFLOW: {
    status: 431,
    phrase: "Request Header Fields Too Large",
    message: "The headers are larger than this service takes.",
  },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, phrase: "Request Timeout", message: "The request did not arrive in time." },
};
const noHttp: Broken = { status: 400, phrase: "Bad Request", message: "The request is no HTTP." };

export function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed || !socket.writable) return void socket.destroy();
  const { status, phrase, message } = answers[error.code ?? ""] ?? noHttp;
  const requestId = newRequestId();
  const body = JSON.stringify(errorBodyOf({ code: "http/bad-request", message, status, requestId }));
  const type = "Content-Type: application/json; charset=utf-8";
  const head = [`HTTP/1.1 ${status} ${phrase}`, `X-Request-Id: ${requestId}`, type, `Content-Length: ${Buffer.byteLength(body)}`];
  socket.end(`${head.join("\r\n")}\r\nConnection: close\r\n\r\n${body}`);
}
