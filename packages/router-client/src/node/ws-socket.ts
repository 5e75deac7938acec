// A connection by the library `ws`.
import { WebSocket } from "ws";
import { closeGraceMs, type OpenSocket } from "../socket.ts";

export const openWsSocket: OpenSocket = (url, { handshakeMs, messageBytesMax }, events) => {
  const options = {
    perMessageDeflate: false,
    handshakeTimeout: handshakeMs,
    maxPayload: messageBytesMax,
    // One frame is read in a turn of the event loop, so a flood of small ones stops nothing else.
    allowSynchronousEvents: false,
    followRedirects: false,
    // Without it a router that says close and does not close leaves a stream that is neither open
    // nor closed.
    closeTimeout: closeGraceMs,
  };
  const socket = new WebSocket(url, options);
  socket.on("error", events.onError);
  socket.on("message", (data, isBinary) => events.onMessage(isBinary && data instanceof Uint8Array ? data : undefined));
  socket.on("ping", events.onAlive);
  socket.on("close", (code, reason) => events.onClose(code, reason.toString()));
  return {
    get isOpen() {
      return socket.readyState === WebSocket.OPEN;
    },
    send: (frame) => socket.send(frame),
    close: (code, reason) => socket.close(code, reason),
    terminate: () => socket.terminate(),
  };
};
