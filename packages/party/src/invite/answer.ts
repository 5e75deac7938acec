// The answers to an invite: a join, or a refusal that says why. And the answer to the start of an
// attempt that this process knows nothing of.
import { create, fromBinary } from "@bufbuild/protobuf";
import { asCovaultError, type ErrorCode } from "@covault/errors";
import type { VerifiedKey } from "@covault/trust";
import {
  AbortedSchema,
  CertificateSchema,
  CommittedSchema,
  DeclineSchema,
  type Invite,
  JoinSchema,
  SessionResultSchema,
  type Signed,
  type Start,
} from "@covault/wire";
import { accuse } from "../attempt/accusation.ts";
import { coordinator, envelope, post, ttlMs } from "../attempt/mail.ts";
import { chainAfter } from "../commit/chain.ts";
import type { PartyDeps } from "../deps.ts";
import type { SignedBefore } from "../ports/store.ts";

export function sendJoin(deps: PartyDeps, { sessionId, attempt, joinToken }: Invite, join: Signed): void {
  post(deps, coordinator, envelope({ case: "join", value: create(JoinSchema, { sessionId, attempt, joinToken, join }) }), ttlMs.signing);
  deps.observe({ kind: "joined", sessionId, attempt });
}

/**
 * Reports a signature that was reported before, and perhaps not received. The coordinator verifies
 * it as it would have then.
 */
export function sendSigned(deps: PartyDeps, { sessionId, rid }: Invite, { attempt, signature }: SignedBefore): void {
  const result = create(SessionResultSchema, { sessionId, attempt, rid, signatures: [signature] });
  post(deps, coordinator, envelope({ case: "result", value: result }), ttlMs.signing);
  deps.observe({ kind: "signed", sessionId, attempt });
}

/** Declines an invite. `burned` are the partners that this party cannot use in this epoch. */
export function sendDecline(deps: PartyDeps, invite: Invite, error: unknown, burned: readonly number[] = []): void {
  const { sessionId, attempt, joinToken, rid } = invite;
  const known = asCovaultError(error);
  if (known === undefined) deps.observe({ kind: "failed", error });
  const code = known?.code ?? "party/session-failed";
  const message = known?.message ?? "The party failed to join.";
  const accusation = accuse(deps, "decline", { sessionId, rid, code, round: 0, culprits: burned, consequence: "burn" });
  const decline = create(DeclineSchema, { sessionId, attempt, joinToken, code, message, ...accusation });
  post(deps, coordinator, envelope({ case: "decline", value: decline }), ttlMs.signing);
  deps.observe({ kind: "declined", sessionId, attempt, code, message });
}

/**
 * Sends the certificates that lead from a lower epoch of the key, which the sender of the invite
 * knows, to the one that is committed here (dkls23-spec 7, rule 3).
 */
export async function sendCommitted(deps: PartyDeps, { charter, sessionId, certificate }: VerifiedKey, lower: Uint8Array): Promise<void> {
  const between = chainAfter(await deps.store.certificates(charter.keyId), lower).slice(0, -1);
  const earlier = between.map((each) => fromBinary(CertificateSchema, each));
  const committed = create(CommittedSchema, { sessionId, certificate, earlier });
  post(deps, coordinator, envelope({ case: "committed", value: committed }), ttlMs.stored);
}

/**
 * Says that this party cannot start. It joined before a restart, with keys that were in memory
 * only, and the others need not wait until the attempt ends by time.
 */
export function sendForgotten(deps: PartyDeps, { sessionId, attempt, rid }: Start): void {
  const code = "party/restarted" satisfies ErrorCode;
  const aborted = create(AbortedSchema, { sessionId, attempt, rid, round: 0, code });
  post(deps, coordinator, envelope({ case: "aborted", value: aborted }), ttlMs.signing);
  const message = "The party has restarted and knows nothing of the attempt it joined.";
  deps.observe({ kind: "aborted", sessionId, attempt, code, message, round: 0, culprits: [], burn: false });
}
