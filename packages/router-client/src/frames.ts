// Frames as bytes.
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { parseExact } from "@covault/trust";
import { type Frame, FrameSchema } from "@covault/wire";

export type FrameBody = NonNullable<MessageInitShape<typeof FrameSchema>["body"]>;

export function encodeFrame(body: FrameBody): Uint8Array {
  return toBinary(FrameSchema, create(FrameSchema, { body }));
}

/** Gives the body of a frame, or undefined for bytes that are no frame. */
export function decodeFrame(bytes: Uint8Array | undefined): Frame["body"] | undefined {
  if (bytes === undefined) return undefined;
  // The bytes must not be a Buffer, whose slice() shares memory, and whose fields would be Buffers,
  // too.
  return parseExact(FrameSchema, new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength))?.body;
}
