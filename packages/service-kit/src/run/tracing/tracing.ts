// Traces of sessions, across services and parties. A session is one trace, and its ids are made
// from the session's id. So everybody in it knows them, and nothing has to travel with the
// messages.
import { createHash } from "node:crypto";

/** Work that was done for a session. It is told when it is over. */
export interface SessionSpan {
  readonly sessionId: string;
  /** The name of the work, for example `sign attempt`. */
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly startMs: number;
  /** Milliseconds since 1970. */
  readonly endMs: number;
  /**
   * The span stands for the session as a whole. The service that ends the session tells it, once.
   */
  readonly whole?: boolean;
  readonly attributes?: Readonly<Record<string, string | number>>;
  /** The code of the error that the work failed with. */
  readonly failure?: string;
}

export interface Tracing {
  readonly span: (span: SessionSpan) => void;
  /** Sends the spans that are left. */
  readonly close: () => Promise<void>;
}

export const noTracing: Tracing = { span: () => {}, close: async () => {} };

/** Gives the W3C trace context of a session: 16 and 8 bytes as hex. */
export function traceOf(sessionId: string): { readonly traceId: string; readonly spanId: string } {
  const digest = createHash("sha256").update(`covault/trace/v1\n${sessionId}`).digest("hex");
  return { traceId: digest.slice(0, 32), spanId: digest.slice(32, 48) };
}
