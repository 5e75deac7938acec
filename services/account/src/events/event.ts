// This file says what goes into the event log: every change of state, with the actor that asked for
// it. An event holds ids and hashes, never a secret or a payload.
import type { Act } from "@covault/api/account";
import type { AuditAct } from "@covault/trust";

export interface Event extends AuditAct {
  /** The tenant whose chain the event goes into. */
  readonly tenant: string;
  readonly act: Act;
}

/**
 * The actor of an event. `id` is that of the API key, of this service's initiator, or of the
 * operator's command. `ip` is that of the caller, or the network of strangers.
 */
export type Actor = { readonly kind: "api_key" | "service" | "operator"; readonly id: string; readonly ip?: string } | Stranger;
interface Stranger {
  readonly kind: "stranger";
  readonly ip: string;
}

/** Where and when an event belongs, and who its actor is. */
export interface EventFrame {
  readonly tenant: string;
  readonly actor: Actor;
  readonly now: Date;
}

export function event({ tenant, actor, now }: EventFrame, act: Act, object: AuditAct["object"], data: AuditAct["data"] = {}): Event {
  return { tenant, actor: { ...actor }, at: now.toISOString(), act, object, data };
}
