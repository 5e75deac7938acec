// A proxy of WebSocket frames. Every connection passes, and what becomes of each binary frame is
// decided one by one. Pings and their answers go from end to end, because the proxy speaks for
// nobody.
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type RawData, WebSocket, WebSocketServer } from "ws";
import { type Act, type Lane, lane } from "./mischief.ts";
import type { Direction } from "./tcp-proxy.ts";

export interface FrameProxy {
  /** The target's URL with the proxy in the place of its host and port. */
  readonly url: string;
  /** How many frames met each fate. */
  readonly fates: Readonly<Record<Act, number>>;
  close(): Promise<void>;
}

export interface FrameProxyOptions {
  /** Gives the target's URL. It is asked when a party connects, because a router may have moved. */
  readonly target: () => string;
  readonly decide: (frame: Uint8Array, direction: Direction) => Act;
  /** The delay of late and swapped frames. Default 50 ms. */
  readonly delayMs?: number;
}

/** Starts a proxy on a free port of 127.0.0.1. `decide` says what becomes of each binary frame. */
export async function frameProxy({ target, decide, delayMs = 50 }: FrameProxyOptions): Promise<FrameProxy> {
  const fates = { pass: 0, drop: 0, twice: 0, late: 0, swap: 0 };
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false, autoPong: false });
  await once(server, "listening");

  server.on("connection", (near) => {
    const far = new WebSocket(target(), { perMessageDeflate: false, autoPong: false });
    const early: [RawData, boolean][] = [];
    const lanes = { up: towards(far, delayMs), down: towards(near, delayMs) };
    const put = (direction: Direction, data: RawData, isBinary: boolean): void => {
      const act = isBinary ? decide(new Uint8Array(data as Buffer), direction) : "pass";
      fates[act]++;
      lanes[direction].put([data, isBinary], act);
    };
    near.on("message", (data, isBinary) => {
      if (far.readyState === WebSocket.CONNECTING) early.push([data, isBinary]);
      else put("up", data, isBinary);
    });
    far.on("open", () => {
      for (const [data, isBinary] of early.splice(0)) put("up", data, isBinary);
    });
    far.on("message", (data, isBinary) => put("down", data, isBinary));
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on("error", () => {});
      one.on("ping", (data) => other.readyState === WebSocket.OPEN && other.ping(data));
      one.on("pong", (data) => other.readyState === WebSocket.OPEN && other.pong(data));
      one.on("close", (code, reason) => end(other, code, reason));
    }
  });
  const { port } = server.address() as AddressInfo;
  const url = new URL(target());
  url.hostname = "127.0.0.1";
  url.port = String(port);
  return {
    url: url.href,
    fates,
    async close() {
      for (const socket of server.clients) socket.terminate();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function towards(socket: WebSocket, delayMs: number): Lane<[RawData, boolean]> {
  return lane(([data, isBinary]) => {
    if (socket.readyState === WebSocket.OPEN) socket.send(data, { binary: isBinary });
  }, delayMs);
}

/**
 * Closes a socket with the code that the other end was closed with. Some codes may not be sent by
 * anybody. They end the connection without a code.
 */
function end(socket: WebSocket, code: number, reason: Buffer): void {
  if (code === 1000 || (code >= 3000 && code <= 4999)) socket.close(code, reason);
  else socket.terminate();
}
