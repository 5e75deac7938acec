// The time of a session. It begins with the time of the opening, and adds what passed on the
// monotonic clocks of the coordinators that looked at the session. No wall clock decides whether an
// attempt is late. A clock that is set would end all sessions at once, or none any more. A
// coordinator that sees an event for the first time counts from that moment, so a take-over gives a
// little time and takes none.
import type { SessionState } from "./session/state.ts";

export interface SessionClock {
  /** Notes where a session stands, as it was just read or written. */
  saw(sessionId: string, state: SessionState): void;
  /** The session's time now, in milliseconds since 1970 as its opening had them. */
  nowMs(sessionId: string, state: SessionState): number;
}

const knownMax = 100_000;

export function sessionClock(wallMs: () => number, monotonicMs: () => number): SessionClock {
  /** When a version of a session was first seen here. */
  const seen = new Map<string, { readonly version: number; readonly atMs: number }>();
  function saw(sessionId: string, { version, status }: SessionState): number {
    const before = seen.get(sessionId);
    const atMs = before?.version === version ? before.atMs : monotonicMs();
    seen.delete(sessionId);
    if (status === "open" || status === "running") seen.set(sessionId, { version, atMs });
    const oldest = seen.size > knownMax ? seen.keys().next().value : undefined;
    if (oldest !== undefined) seen.delete(oldest);
    return atMs;
  }
  return {
    saw,
    nowMs: (sessionId, state) => (state.version === 0 ? wallMs() : Math.round(state.updatedAtMs + monotonicMs() - saw(sessionId, state))),
  };
}
