// What goes into the event log: every change of state, with who asked for it. An event holds ids and hashes, never a secret or a payload.
import type { Act } from "@covault/api/account";
import type { AuditAct } from "@covault/trust";

export interface Event extends AuditAct {
  /** Whose chain it goes into. */
  readonly tenant: string;
  readonly act: Act;
}

/** `id`: of the API key, of this service's initiator, or of the operator's command; `ip`: of the caller, or the network of strangers. */
export type Actor = { readonly kind: "api_key" | "service" | "operator"; readonly id: string; readonly ip?: string } | Stranger;
interface Stranger {
  readonly kind: "stranger";
  readonly ip: string;
}

/** Where and when an event belongs, and whose it is. */
export interface EventFrame {
  readonly tenant: string;
  readonly actor: Actor;
  readonly now: Date;
}

export function event({ tenant, actor, now }: EventFrame, act: Act, object: AuditAct["object"], data: AuditAct["data"] = {}): Event {
  return { tenant, actor: { ...actor }, at: now.toISOString(), act, object, data };
}
