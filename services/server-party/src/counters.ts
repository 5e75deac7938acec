// What Prometheus sees of a party: its attempts by what became of them, the messages that it
// dropped, the pairs that it burned, and whether its router stream stands.
import type { PartyEvent } from "@covault/party";
import type { Metrics } from "@covault/service-kit/run";

export interface PartyGauges {
  readonly running: () => number;
  readonly isOpen: () => boolean;
}

export function makeCounters(metrics: Metrics, { running, isOpen }: PartyGauges): (event: PartyEvent) => void {
  const attempts = metrics.counter("party_attempts_total", "Attempts, by what happened to them.", ["event"]);
  const aborts = metrics.counter("party_aborts_total", "Attempts that this party ended or refused, by code.", ["code"]);
  const drops = metrics.counter("party_drops_total", "Messages that were dropped, by reason.", ["reason"]);
  const burns = metrics.counter("party_burned_pairs_total", "Pairs burned for cheating.");
  const sealed = metrics.counter("party_sealed_backups_total", "Shares that were sealed to a recipient.");
  const failures = metrics.counter("party_failures_total", "Bugs and failing ports.");
  metrics.gauge("party_running", "Attempts that run now.", [], (gauge) => gauge.set(running()));
  metrics.gauge("party_router_connected", "1 while the router stream stands.", [], (gauge) => gauge.set(isOpen() ? 1 : 0));
  return (event) => {
    if (event.kind === "dropped") drops.inc({ reason: event.reason });
    else if (event.kind === "failed") failures.inc();
    else if (event.kind === "burned") burns.inc(event.partners.length);
    else if (event.kind === "backed-up") sealed.inc();
    else {
      attempts.inc({ event: event.kind });
      if (event.kind === "aborted" || event.kind === "declined") aborts.inc({ code: event.code });
    }
  };
}
