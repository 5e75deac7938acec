// Traces of sessions, across services and parties, by OpenTelemetry's environment variables. A session is one trace: its ids are made from
// the session's id, so that everybody who takes part knows them, and nothing has to travel with the messages.
import { createHash } from "node:crypto";

/** Something that was done for a session, told when it is over. */
export interface SessionSpan {
  readonly sessionId: string;
  /** For example `sign attempt`. */
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly startMs: number;
  readonly endMs: number;
  /** The session as a whole: told once, by whoever ends it. */
  readonly whole?: boolean;
  readonly attributes?: Readonly<Record<string, string | number>>;
  /** The code of what it failed with. */
  readonly failure?: string;
}

export interface Tracing {
  readonly span: (span: SessionSpan) => void;
  /** Sends what is left. */
  readonly close: () => Promise<void>;
}

export const noTracing: Tracing = { span: () => {}, close: async () => {} };

/** W3C trace context of a session: 16 and 8 bytes, hex. */
export function traceOf(sessionId: string): { readonly traceId: string; readonly spanId: string } {
  const digest = createHash("sha256").update(`covault/trace/v1\n${sessionId}`).digest("hex");
  return { traceId: digest.slice(0, 32), spanId: digest.slice(32, 48) };
}
