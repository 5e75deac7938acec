// The frames of a stream as bytes, and its close codes.
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { parseExact } from "@covault/trust";
import { type Frame, FrameSchema } from "@covault/wire";
import type { WebSocket } from "ws";

export const closeCodes = {
  stopping: 1001,
  full: 1013,
  badFrame: 4400,
  notAuthenticated: 4401,
  dead: 4408,
  replaced: 4409,
} as const;

const closeGraceMs = 1_000;

/** Ends a socket in an orderly way, and after a second in any case. */
export function closeSocket(socket: WebSocket, code: number, reason: string): void {
  socket.close(code, reason);
  const timer = setTimeout(() => socket.terminate(), closeGraceMs);
  timer.unref();
  socket.once("close", () => clearTimeout(timer));
}

export type FrameBody = NonNullable<MessageInitShape<typeof FrameSchema>["body"]>;

export function encodeFrame(body: FrameBody): Uint8Array {
  return toBinary(FrameSchema, create(FrameSchema, { body }));
}

/** Undefined when the bytes are no frame. */
export function decodeFrame(bytes: Uint8Array): Frame["body"] | undefined {
  const body = parseExact(FrameSchema, bytes)?.body;
  return body?.case === undefined ? undefined : body;
}
