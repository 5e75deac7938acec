// The header of every message, and what its receiver does with it before looking at the body (dkls23-spec 0.5).
import type { ShareIndex } from "./share-index.ts";

export interface Header {
  readonly version: number;
  /** See `protocolCodes`. */
  readonly protocol: number;
  readonly round: number;
  readonly from: ShareIndex;
  readonly to: ShareIndex;
  /** Routing id, 32 bytes. */
  readonly rid: Uint8Array;
  /** sid or ssid, 32 bytes. */
  readonly sid: Uint8Array;
}

export const headerBytes = 71;
export const headerVersion = 1;

export function encodeHeader(header: Header): Uint8Array {
  const bytes = new Uint8Array(headerBytes);
  bytes.set([header.version, header.protocol, header.round, header.from >> 8, header.from & 255, header.to >> 8, header.to & 255]);
  bytes.set(header.rid, 7);
  bytes.set(header.sid, 39);
  return bytes;
}

/** `undefined`: not a header; drop it. */
export function decodeHeader(bytes: Uint8Array): Header | undefined {
  if (bytes.length !== headerBytes) return undefined;
  const at = (k: number): number => bytes[k] as number;
  return {
    version: at(0),
    protocol: at(1),
    round: at(2),
    from: ((at(3) << 8) | at(4)) as ShareIndex,
    to: ((at(5) << 8) | at(6)) as ShareIndex,
    rid: bytes.slice(7, 39),
    sid: bytes.slice(39),
  };
}

/** What a member of a session expects: its own view of who it is and what runs. */
export interface Expectation {
  readonly protocol: number;
  readonly self: ShareIndex;
  readonly peers: readonly ShareIndex[];
  readonly rid: Uint8Array;
  readonly sid: Uint8Array;
  /** The exchange it waits in; one round ahead is buffered. */
  readonly round: number;
  /** Whom the authenticated channel says the message is from. */
  readonly peer: ShareIndex;
}

/**
 * - `accept`: the body may be looked at (exact length first).
 * - `drop`: count it and go on; aborting here would let anybody kill sessions.
 * - `context-mismatch`: a member's round 1 holds other inputs: abort, no blame.
 * - `version`: a member speaks another version: abort, no blame.
 */
export type Intake = "accept" | "drop" | "context-mismatch" | "version";

export function judge(header: Header, mine: Expectation): Intake {
  if (!same(header.rid, mine.rid) || header.protocol !== mine.protocol) return "drop";
  if (header.from !== mine.peer || header.to !== mine.self || !mine.peers.includes(header.from)) return "drop";
  if (header.version !== headerVersion) return "version";
  if (!same(header.sid, mine.sid)) return header.round === 1 ? "context-mismatch" : "drop";
  return header.round === mine.round || header.round === mine.round + 1 ? "accept" : "drop";
}

// Header fields are public: an early exit tells nothing.
const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, k) => byte === b[k]);
