// Sessions and attempts as spans of the session's trace. The replica that ends them tells them.
import type { Tracing } from "@covault/service-kit/run";
import type { StoredEvent } from "./session/events.ts";
import type { SessionState } from "./session/state.ts";

export function traceAppended({ span }: Tracing): (events: readonly StoredEvent[], state: SessionState) => void {
  return (events, state) => {
    const { plan, attempt } = state;
    if (plan === undefined) return;
    const { kind, sessionId } = plan;
    for (const { type, data, atMs } of events) {
      if (type !== "Completed" && type !== "AttemptFailed" && type !== "SessionFailed") continue;
      const outcome = type === "Completed" ? {} : { failure: data.code };
      if (type !== "SessionFailed" && attempt?.attempt === data.attempt) {
        const attributes = { "covault.attempt": data.attempt, "covault.parties": attempt.members.map((seat) => seat.partyId).join(",") };
        span({ sessionId, name: `${kind} attempt`, startMs: attempt.startedAtMs, endMs: atMs, attributes, ...outcome });
      }
      if (type === "AttemptFailed") continue;
      const attributes = { "covault.kind": kind, "covault.account_id": plan.accountId, "covault.tenant_id": plan.tenantId };
      span({ sessionId, name: `${kind} session`, startMs: state.createdAtMs, endMs: atMs, whole: true, attributes, ...outcome });
    }
  };
}
