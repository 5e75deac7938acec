// A party's stream to its router, in a browser, over the platform's WebSocket.
import { RouterStreamBase, type RouterStreamOptions } from "../router-stream.ts";
import { openPlatformSocket } from "./platform-socket.ts";

/** The stream over the WebSocket of a browser. */
export class RouterStream extends RouterStreamBase {
  constructor(options: RouterStreamOptions) {
    super(openPlatformSocket, options);
  }
}
export type { BackOff, BackOffs } from "../back-off.ts";
export type { RouterStreamOptions, StreamLogger } from "../router-stream.ts";
