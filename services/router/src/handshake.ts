// The begin of a stream, before anybody knows whose it is: a challenge, and one answer in time (RT1
// to RT4).
import { randomBytes } from "node:crypto";
import type { Roster } from "@covault/wire";
import type { WebSocket } from "ws";
import { type AuthenticationFailure, authenticate, type Peer } from "./authenticate.ts";
import { decodeFrame, encodeFrame } from "./frames.ts";

export interface HandshakeOptions {
  /** The roster that counts when the answer is there. */
  readonly roster: () => Roster;
  readonly routerId: string;
  readonly authenticateMs: number;
  readonly devices: boolean;
  readonly nowMs: () => number;
}

/**
 * Resolves with the peer, or with the reason why there is none. The first message decides, and the
 * challenge serves no second one.
 */
export function handshake(socket: WebSocket, options: HandshakeOptions): Promise<Peer | AuthenticationFailure | "late" | "gone"> {
  const nonce = new Uint8Array(randomBytes(32));
  return new Promise((resolve) => {
    const end = (result: Peer | AuthenticationFailure | "late" | "gone") => {
      clearTimeout(timer);
      socket.off("message", onMessage);
      socket.off("close", onClose);
      resolve(result);
    };
    const timer = setTimeout(() => end("late"), options.authenticateMs);
    const onClose = () => end("gone");
    const onMessage = (data: unknown, isBinary: boolean) => {
      // A second frame could be lost between the listeners, so nothing is read until the stream
      // stands.
      socket.pause();
      const frame = isBinary ? decodeFrame(data as Buffer) : undefined;
      if (frame?.case !== "authenticate") return end("malformed");
      end(authenticate(frame.value, { ...options, roster: options.roster(), nonce, nowMs: options.nowMs() }));
    };
    socket.on("message", onMessage);
    socket.on("close", onClose);
    socket.send(encodeFrame({ case: "challenge", value: { nonce, routerId: options.routerId } }));
  });
}
