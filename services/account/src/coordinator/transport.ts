// This file makes one JSON request over node:http. It does not use fetch. When a request is given
// up, fetch's pool opens a connection that asks nothing, and the server at the other end waits for
// it when it wants to stop. Connections that rest are kept for the next request. When a request
// gets no answer, the connections that rested with its own are given up as well, since they may
// have died in the same silence.
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { onAbort, watchSilence } from "@covault/service-kit/run";

/** The most bytes that are read of an answer. */
const answerBytesMax = 4 * 1024 * 1024;

export interface JsonRequest {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly timeoutMs: number;
  /** Gives the request up when it is aborted. */
  readonly signal: AbortSignal;
}

export interface JsonAnswer {
  readonly status: number;
  readonly text: string;
  /** The time of the answer's Retry-After header, which is in seconds there. */
  readonly retryAfterMs: number | undefined;
}

export interface JsonTransport {
  /** Sends a request. Rejects when there is no answer. */
  readonly send: (request: JsonRequest) => Promise<JsonAnswer>;
}

async function read(response: IncomingMessage): Promise<JsonAnswer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > answerBytesMax) throw new Error(`the answer is longer than ${answerBytesMax} bytes`);
    chunks.push(chunk);
  }
  const seconds = /^\d{1,5}$/.exec(response.headers["retry-after"] ?? "")?.[0];
  const retryAfterMs = seconds === undefined ? undefined : Number(seconds) * 1_000;
  return { status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8"), retryAfterMs };
}

export function jsonTransport(): JsonTransport {
  const agents = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) };
  const giveUpResting = (): void => {
    for (const { freeSockets } of Object.values(agents))
      for (const socket of Object.values(freeSockets).flatMap((some) => some ?? [])) socket.destroy();
  };
  return {
    send: ({ method, url, headers, body, timeoutMs, signal }) =>
      new Promise((resolve, reject) => {
        const options = { method, headers: { ...headers, ...(body !== undefined && { "content-length": Buffer.byteLength(body) }) } };
        const request = url.startsWith("https:")
          ? httpsRequest(url, { ...options, agent: agents.https })
          : httpRequest(url, { ...options, agent: agents.http });
        const giveUp = (): void => void request.destroy(new Error("given up"));
        const late = watchSilence(timeoutMs, () => {
          giveUpResting();
          request.destroy(new Error(`no answer in ${timeoutMs} ms`));
        });
        late.arm();
        const forget = onAbort(signal, giveUp);
        request.on("close", () => {
          late.disarm();
          forget();
        });
        request.on("error", reject);
        request.on("response", (response) => {
          read(response).then(resolve, reject);
        });
        request.end(body);
      }),
  };
}
