// Envelopes out. A send that fails is counted. What was lost is asked for again (RoundRequest), and
// the coordinator watches the progress.
import { create, toBinary } from "@bufbuild/protobuf";
import { coordinatorAddress, type Envelope, EnvelopeSchema } from "@covault/wire";
import type { PartyDeps } from "../deps.ts";
import type { Address } from "../ports/transport.ts";

export type Body = Exclude<Envelope["body"], { case: undefined }>;

export const envelope = (body: Body): Uint8Array => toBinary(EnvelopeSchema, create(EnvelopeSchema, { body }));
export const coordinator: Address = { partyId: coordinatorAddress, instanceId: "" };

/**
 * For how many milliseconds an envelope may wait for an absent receiver. Rounds of a signature wait
 * only for a short time, and statements of stored protocols longer.
 */
export const ttlMs = { signing: 5_000, stored: 60_000 } as const;

export function post(deps: PartyDeps, to: Address, bytes: Uint8Array, waitMs: number): void {
  deps.transport.send(to, bytes, { ttlMs: waitMs }).catch(() => deps.observe({ kind: "dropped", reason: "send-failed", from: to.partyId }));
}
