// A connection by the platform's own WebSocket, in browsers and their workers. It cannot be ended
// at once, and its closing handshake takes as long as the browser likes. So this side is done with
// the connection when it says so. The browser answers pings, and shows them to nobody.
import { closeGraceMs, endedWithoutCode, type OpenSocket } from "../socket.ts";

/** What is used of the platform's class. */
interface PlatformSocket {
  binaryType: string;
  readonly readyState: number;
  send(data: Uint8Array): void;
  close(code?: number, reason?: string): void;
  onopen: (() => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onerror: ((event: unknown) => void) | null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null;
}
export type PlatformSocketClass = new (url: string) => PlatformSocket;

const open = 1;

export const openSocketOf =
  (socketClass: () => PlatformSocketClass): OpenSocket =>
  (url, { handshakeMs, messageBytesMax }, events) => {
    const socket = new (socketClass())(url);
    let isEnded = false;
    let timer = setTimeout(() => end(endedWithoutCode, "the connection did not open in time"), handshakeMs);
    function end(code: number, reason: string): void {
      if (isEnded) return;
      isEnded = true;
      clearTimeout(timer);
      socket.onmessage = null;
      socket.onclose = null;
      socket.close();
      events.onClose(code, reason);
    }
    socket.binaryType = "arraybuffer";
    socket.onopen = () => clearTimeout(timer);
    socket.onerror = () => events.onError(new Error("The browser says no more than that the connection failed."));
    socket.onclose = ({ code, reason }) => end(code, reason);
    socket.onmessage = ({ data }) => {
      if (!(data instanceof ArrayBuffer)) return events.onMessage(undefined);
      if (data.byteLength > messageBytesMax) return end(endedWithoutCode, "a message was too long");
      events.onMessage(new Uint8Array(data));
    };
    return {
      get isOpen() {
        return !isEnded && socket.readyState === open;
      },
      send(frame) {
        if (!isEnded) socket.send(frame);
      },
      close(code, reason) {
        if (isEnded) return;
        clearTimeout(timer);
        timer = setTimeout(() => end(endedWithoutCode, "the other side did not close"), closeGraceMs);
        socket.close(code, reason);
      },
      terminate: () => end(endedWithoutCode, ""),
    };
  };

/**
 * Opens a connection. The class is asked for anew each time, because a page may have replaced it.
 */
export const openPlatformSocket: OpenSocket = openSocketOf(
  () => (globalThis as unknown as { readonly WebSocket: PlatformSocketClass }).WebSocket,
);
