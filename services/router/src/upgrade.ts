// From a TCP connection to a WebSocket at the path of streams. Until then a connection is a
// stranger (RT4, RT6, RT25).
import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import { type AddressList, clientAddress, networkOf } from "@covault/service-kit/http";
import { type WebSocket, WebSocketServer } from "ws";
import { closeCodes } from "./frames.ts";
import type { Strangers } from "./strangers.ts";

export const streamPath = "/v1/stream";

/** A WebSocket that nobody has authenticated yet. */
export interface UnauthenticatedSocket {
  readonly socket: WebSocket;
  readonly wire: Socket;
  readonly network: string;
}

export interface UpgradeOptions {
  readonly strangers: Strangers;
  readonly proxies: AddressList;
  /** The largest message of an authenticated stream. */
  readonly messageBytesMax: number;
  readonly serve: (caller: UnauthenticatedSocket) => void;
}

/** Calls `serve` for every new WebSocket. Gives the sockets that are open, as a live set. */
export function acceptStreams(server: Server, options: UpgradeOptions): ReadonlySet<WebSocket> {
  const { strangers, proxies, serve } = options;
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: true,
    // Payloads are ciphertext. Compressing them would cost time and gain nothing.
    perMessageDeflate: false,
    maxPayload: options.messageBytesMax,
    // One frame of each stream is read in a turn of the event loop, so that a flood of small frames
    // stops no other stream.
    allowSynchronousEvents: false,
  });
  server.on("connection", (wire: Socket) => strangers.add(wire, networkOf(wire.remoteAddress ?? "")));
  server.on("upgrade", (request: IncomingMessage, _duplex, head: Buffer) => {
    const wire = request.socket;
    if ((request.url ?? "").split("?", 1)[0] !== streamPath) return turnAway(wire, "404 Not Found");
    const network = callerOf(request, proxies);
    if (network === undefined) return turnAway(wire, "400 Bad Request");
    sockets.handleUpgrade(request, wire, head, (socket) => {
      strangers.upgraded(wire, network, () => socket.close(closeCodes.full, "full"));
      serve({ socket, wire, network });
    });
  });
  return sockets.clients;
}

function turnAway(wire: Socket, status: string): void {
  // Nobody else listens to this socket any more. Without a listener, the reset of a caller that
  // does not wait for its answer would end the process.
  wire.on("error", () => wire.destroy());
  wire.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`, () => wire.destroy());
}

/**
 * Gives the caller's network. Undefined when a trusted proxy sends something that is no address.
 */
function callerOf(request: IncomingMessage, proxies: AddressList): string | undefined {
  try {
    return networkOf(clientAddress(request, proxies));
  } catch {
    return undefined;
  }
}
