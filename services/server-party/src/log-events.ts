// What a party observes, as log lines. A hostile peer can cause floods of drops, so drops are debug
// lines, and the metrics count them.
import type { PartyEvent } from "@covault/party";
import type { Logger } from "@covault/service-kit/run";

export function logEvent(logger: Logger): (event: PartyEvent) => void {
  return (event) => {
    const { kind, sessionId, ...others } = { sessionId: undefined, ...event };
    const facts = { session_id: sessionId, ...others };
    if (kind === "dropped") logger.debug(facts, "message dropped");
    else if (kind === "failed") logger.error({ session_id: sessionId, err: (others as { error: unknown }).error }, "party failed");
    else if (kind === "aborted" || kind === "declined" || kind === "strikes" || kind === "restored" || kind === "exported")
      logger.warn(facts, kind);
    else if (kind === "burned") logger.error(facts, kind);
    else logger.info(facts, kind);
  };
}
