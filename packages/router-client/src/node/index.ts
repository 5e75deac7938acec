// A party's stream to its router, in Node, over the library `ws`.
import { RouterStreamBase, type RouterStreamOptions } from "../router-stream.ts";
import { openWsSocket } from "./ws-socket.ts";

/** The stream over the library `ws`. */
export class RouterStream extends RouterStreamBase {
  constructor(options: RouterStreamOptions) {
    super(openWsSocket, options);
  }
}
export type { BackOff, BackOffs } from "../back-off.ts";
export type { RouterStreamOptions, StreamLogger } from "../router-stream.ts";
