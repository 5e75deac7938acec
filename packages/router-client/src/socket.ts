// The port for one WebSocket connection, as Node and browsers both have it. A frame is one binary
// message.

export interface Socket {
  readonly isOpen: boolean;
  /** Sends a frame. Nothing happens when the connection has ended. */
  send(frame: Uint8Array): void;
  /**
   * Ends the connection in order. It ends without order when the other side has not closed within a
   * second.
   */
  close(code: number, reason: string): void;
  /** Ends the connection at once. */
  terminate(): void;
}

export interface SocketEvents {
  /** A message has come. `bytes` is undefined when the message was not binary. */
  onMessage(bytes: Uint8Array | undefined): void;
  /** The other side has shown a sign of life that is no message. */
  onAlive(): void;
  onError(error: unknown): void;
  /** The connection has ended. It is called once, and nothing is called after it. */
  onClose(code: number, reason: string): void;
}

export interface SocketLimits {
  /** How long the connection may take until it is open. */
  readonly handshakeMs: number;
  readonly messageBytesMax: number;
}

/** Opens a connection. `url` begins with ws:// or wss://. */
export type OpenSocket = (url: string, limits: SocketLimits, events: SocketEvents) => Socket;

/** How long the other side may take to close its end. */
export const closeGraceMs = 1_000;

/** The close code of a connection that ended without one (RFC 6455, 7.1.5). */
export const endedWithoutCode = 1006;
