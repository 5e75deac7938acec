// Frames as bytes.
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { parseExact } from "@covault/trust";
import { type Frame, FrameSchema } from "@covault/wire";

export type FrameBody = NonNullable<MessageInitShape<typeof FrameSchema>["body"]>;

export function encodeFrame(body: FrameBody): Uint8Array {
  return toBinary(FrameSchema, create(FrameSchema, { body }));
}

/** Undefined for what is no frame. */
export function decodeFrame(bytes: Uint8Array | undefined): Frame["body"] | undefined {
  if (bytes === undefined) return undefined;
  // Not a Buffer: its slice() shares memory, and its fields would be Buffers, too.
  return parseExact(FrameSchema, new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength))?.body;
}
