// What Prometheus sees of sessions.
import { codes } from "@covault/errors";
import type { Metrics } from "@covault/service-kit";
import type { Verdict } from "./inbox.ts";
import type { StoredEvent } from "./session/events.ts";
import type { SessionState } from "./session/state.ts";

export interface Counters {
  appended(events: readonly StoredEvent[], state: SessionState): void;
  message(kind: string, verdict: Verdict): void;
}

/** Parties say codes too: an unknown one must not make a series of its own. */
const known = (code: string): string => (code in codes ? code : "other");

export function makeCounters(metrics: Metrics): Counters {
  const sessions = metrics.counter("sessions_total", "Sessions that ended, by kind and outcome.", ["kind", "outcome"]);
  const attempts = metrics.counter("attempts_failed_total", "Attempts that failed, by kind and code.", ["kind", "code"]);
  const messages = metrics.counter("party_messages_total", "Messages of parties, by kind and what became of them.", ["kind", "verdict"]);
  const seconds = metrics.histogram("session_seconds", "From opening to completion.", ["kind"]);
  return {
    appended(events, state) {
      const kind = state.plan?.kind ?? "unknown";
      for (const event of events) {
        if (event.type === "Completed") {
          sessions.inc({ kind, outcome: "completed" });
          seconds.observe({ kind }, (event.atMs - state.createdAtMs) / 1000);
        } else if (event.type === "SessionFailed") sessions.inc({ kind, outcome: known(event.data.code) });
        else if (event.type === "AttemptFailed") attempts.inc({ kind, code: known(event.data.code) });
      }
    },
    message: (kind, verdict) => messages.inc({ kind, verdict }),
  };
}
