// Both kinds of sockets, for tests in Node. The class of `ws` has the interface of a browser's
// WebSocket as well. A browser's own WebSocket runs in browser.test.ts.
import { WebSocket } from "ws";
import { openSocketOf, type PlatformSocketClass } from "../src/browser/platform-socket.ts";
import { openWsSocket } from "../src/node/ws-socket.ts";
import type { OpenSocket } from "../src/socket.ts";

/**
 * A WebSocket that waits no more than some seconds for the other side of a closing handshake, as a
 * browser's does.
 */
class BrowserLike extends WebSocket {
  constructor(url: string) {
    const options = { perMessageDeflate: false, closeTimeout: 1_000 };
    super(url, options);
  }
}

export const sockets: readonly (readonly [string, OpenSocket])[] = [
  ["Node's sockets", openWsSocket],
  ["a browser's sockets", openSocketOf(() => BrowserLike as unknown as PlatformSocketClass)],
];
