// What became of a session, as log lines. Its opening, and what ends an attempt or the session, are
// at level info. The steps between are at level debug.
import type { Logger } from "@covault/service-kit/run";
import type { EventType, StoredEvent } from "./session/events.ts";
import type { SessionState } from "./session/state.ts";

const told: readonly EventType[] = ["SessionOpened", "AttemptFailed", "SessionFailed", "Completed", "Abandoned"];

export function logEvents(logger: Logger, events: readonly StoredEvent[], state: SessionState): void {
  const codes = events.flatMap(({ data }) => ("code" in data ? [data.code] : []));
  const line = {
    session_id: state.plan?.sessionId,
    kind: state.plan?.kind,
    attempt: state.attempt?.attempt,
    events: events.map((event) => event.type),
    status: state.status,
    code: codes.at(-1),
  };
  logger[events.some(({ type }) => told.includes(type)) ? "info" : "debug"](line, "session events");
}
