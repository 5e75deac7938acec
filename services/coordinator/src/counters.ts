// The metrics of sessions, which Prometheus reads.
import { codes } from "@covault/errors";
import { type Broker, coordinatorQueue, type Presence } from "@covault/service-kit/messages";
import type { Metrics } from "@covault/service-kit/run";
import type { Roster } from "@covault/wire";
import type { Verdict } from "./inbox.ts";
import type { StoredEvent } from "./session/events.ts";
import type { SessionState } from "./session/state.ts";

export interface Counters {
  appended(events: readonly StoredEvent[], state: SessionState): void;
  message(kind: string, verdict: Verdict): void;
}

/**
 * The code, or "other" when it is not one of ours. Parties report codes as well, and an unknown
 * code must not make a series of its own.
 */
const known = (code: string): string => (code in codes ? code : "other");

export interface GaugeSources {
  readonly broker: Broker;
  readonly presence: Presence;
  readonly roster: () => Roster;
}

/** Makes the gauges, which are read when Prometheus asks. */
export function makeGauges(metrics: Metrics, { broker, presence, roster }: GaugeSources): void {
  metrics.gauge("queue_messages", "Messages that wait in a queue.", ["queue"], async (gauge) => {
    gauge.set({ queue: coordinatorQueue }, await broker.depth(coordinatorQueue));
  });
  metrics.gauge("party_instances", "Connected instances of a party of the roster.", ["party_id"], async (gauge) => {
    const present = await presence.list();
    // A party that the roster has lost would keep its last number.
    gauge.reset();
    for (const { partyId } of roster().parties)
      gauge.set({ party_id: partyId }, present.filter((entry) => entry.partyId === partyId).length);
  });
  metrics.gauge(
    "party_roster_serial",
    "Serial of the roster that a party goes by, the lowest of its instances.",
    ["party_id"],
    async (gauge) => {
      const present = await presence.list();
      gauge.reset();
      for (const { partyId } of roster().parties) {
        const serials = present.filter((entry) => entry.partyId === partyId).map(({ rosterSerial = "0" }) => Number(rosterSerial));
        if (serials.length > 0) gauge.set({ party_id: partyId }, Math.min(...serials));
      }
    },
  );
}

export function makeCounters(metrics: Metrics): Counters {
  const sessions = metrics.counter("sessions_total", "Sessions that ended, by kind and outcome.", ["kind", "outcome"]);
  const attempts = metrics.counter("attempts_failed_total", "Attempts that failed, by kind and code.", ["kind", "code"]);
  const messages = metrics.counter("party_messages_total", "Messages of parties, by kind and what became of them.", ["kind", "verdict"]);
  const rounds = metrics.counter("rounds_total", "Rounds that a party has sent its messages of, by kind and round.", ["kind", "round"]);
  const seconds = metrics.histogram("session_seconds", "From opening to completion.", ["kind"]);
  return {
    appended(events, state) {
      const kind = state.plan?.kind ?? "unknown";
      for (const event of events) {
        if (event.type === "Completed") {
          sessions.inc({ kind, outcome: "completed" });
          seconds.observe({ kind }, (event.atMs - state.createdAtMs) / 1000);
        } else if (event.type === "Progressed") rounds.inc({ kind, round: String(event.data.round) });
        else if (event.type === "SessionFailed") sessions.inc({ kind, outcome: known(event.data.code) });
        else if (event.type === "AttemptFailed") attempts.inc({ kind, code: known(event.data.code) });
      }
    },
    message: (kind, verdict) => messages.inc({ kind, verdict }),
  };
}
