// The header of every round message (dkls23-spec 0.5), which is also the AEAD's associated data:
// version u8 = 1 | protocol u8 | round u8 | from u16 | to u16 | rid 32 | sid 32, big endian.

export interface MessageHeader {
  /** The protocol's code, which @covault/mpc/protocol gives. */
  readonly protocol: number;
  /** 1 to the number of rounds of the protocol. */
  readonly round: number;
  /** The share index of the sender. */
  readonly from: number;
  /** The share index of the receiver. */
  readonly to: number;
  /** The routing id of the attempt, 32 bytes. */
  readonly rid: Uint8Array;
  /** The sid or ssid of the specification, 32 bytes. */
  readonly sid: Uint8Array;
}

/** The length of an encoded header. */
export const headerBytes = 71;
const version = 1;

/** Encodes a header. Throws RangeError for a field that does not fit. */
export function encodeHeader(header: MessageHeader): Uint8Array {
  if (header.rid.length !== 32 || header.sid.length !== 32)
    throw new RangeError(`header: expected rid and sid of 32 bytes, got ${header.rid.length} and ${header.sid.length}`);
  const { protocol, round, from, to } = header;
  for (const [name, value, max] of [
    ["protocol", protocol, 255],
    ["round", round, 255],
    ["from", from, 65535],
    ["to", to, 65535],
  ] as const)
    if (!Number.isInteger(value) || value < 0 || value > max) throw new RangeError(`header: ${name} is ${value}, not 0..${max}`);
  const bytes = new Uint8Array(headerBytes);
  const view = new DataView(bytes.buffer);
  bytes[0] = version;
  bytes[1] = protocol;
  bytes[2] = round;
  view.setUint16(3, from);
  view.setUint16(5, to);
  bytes.set(header.rid, 7);
  bytes.set(header.sid, 39);
  return bytes;
}

/**
 * Gives the header, or undefined when the length or the version is another. Such a message is
 * dropped and counted.
 */
export function decodeHeader(bytes: Uint8Array): MessageHeader | undefined {
  if (bytes.length !== headerBytes || bytes[0] !== version) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    protocol: view.getUint8(1),
    round: view.getUint8(2),
    from: view.getUint16(3),
    to: view.getUint16(5),
    // The slice of a Buffer would be a view of the same memory.
    rid: new Uint8Array(bytes.subarray(7, 39)),
    sid: new Uint8Array(bytes.subarray(39, 71)),
  };
}
