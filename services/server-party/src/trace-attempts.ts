// A party's part in each attempt, as a span of the session's trace. The span lasts from the join of
// the party to the end of its part.
import type { PartyEvent } from "@covault/party";
import type { Tracing } from "@covault/service-kit/run";

const openMax = 1_024;

export function traceAttempts({ span }: Tracing, partyId: string, nowMs: () => number = Date.now): (event: PartyEvent) => void {
  /** When this party joined, by session and attempt. */
  const joined = new Map<string, number>();
  return (event) => {
    if (!("attempt" in event)) return;
    const { kind, sessionId, attempt } = event;
    const key = `${sessionId} ${attempt}`;
    if (kind === "joined" || kind === "resumed") {
      joined.set(key, nowMs());
      const oldest = joined.size > openMax ? joined.keys().next().value : undefined;
      if (oldest !== undefined) joined.delete(oldest);
    }
    if (kind === "joined" || kind === "resumed" || kind === "started") return;
    const startMs = joined.get(key) ?? nowMs();
    joined.delete(key);
    const attributes = { "covault.party_id": partyId, "covault.attempt": attempt, "covault.outcome": kind };
    const failure = kind === "aborted" || kind === "declined" ? { failure: event.code } : {};
    span({ sessionId, name: `${partyId} attempt`, startMs, endMs: nowMs(), attributes, ...failure });
  };
}
