// Key generation: everybody deals, everybody receives (dkls23-spec section 2 with D = N = U). The rounds are exported for readers and
// tests; a driver uses the machine.
import { CovaultError } from "@covault/errors";
import { checkContext, type DkgContext } from "../../protocol/dkg/context.ts";
import { type Member, memberIndices, readMembers } from "../../protocol/dkg/members.ts";
import { bytes, fields, index, integer } from "../../protocol/encoding/inputs.ts";
import type { Machine, ShareIndex } from "../../protocol/index.ts";
import type { KeyShare } from "../encoding/key-share.ts";
import { dkgSid } from "../encoding/session-id.ts";
import type { DkgOutput } from "./finish.ts";
import { dkgMachine, restoreDkg } from "./machine.ts";

export { finish } from "./finish.ts";
export { type Round1Message, type Round2Message, type Round3Message, round1Layout, round2Layout, round3Layout } from "./messages.ts";
export { round1 } from "./round1.ts";
export { round2 } from "./round2.ts";
export { round3 } from "./round3.ts";
export type { Round1State, Round2State, Round3State } from "./state.ts";

export interface KeygenSetup {
  readonly self: ShareIndex;
  /** t: this many shares will sign, 2..n. */
  readonly threshold: number;
  /** Ascending by index, me included. */
  readonly members: readonly Member[];
  /** `sessionNonce` of everybody's contributions, 32 bytes. */
  readonly nonce: Uint8Array;
}

export interface KeygenOutput {
  /** To be staged; usable only under a commit certificate (section 7). */
  readonly share: KeyShare;
}

const readSetup = fields<KeygenSetup>({ self: index, threshold: integer(2, 65_535), members: readMembers, nonce: bytes(32) });

/** Throws `mpc/bad-setup`. */
export function keygenContext(setup: KeygenSetup): DkgContext {
  const { self, threshold, members, nonce } = readSetup(setup, "");
  const indices = memberIndices(members);
  const sid = dkgSid({ kind: "keygen", nonce, threshold, members, dealers: indices, receivers: indices, context: [] });
  const context: DkgContext = {
    kind: "keygen",
    sid,
    self,
    threshold,
    members: indices,
    dealers: indices,
    receivers: indices,
    prescribed: undefined,
    exposed: undefined,
  };
  checkContext(context);
  return context;
}

/**
 * 3 rounds, no guard turns. `own`: 32 bytes that only this party has, derived from its identity key, the same in every run; without it two machines
 * with one state of their random generators are told apart by their indices alone, and two copies of one party are not. Throws `mpc/bad-setup`.
 */
export function keygenMachine(setup: KeygenSetup, own?: Uint8Array): Machine<KeygenOutput> {
  return dkgMachine(keygenContext(setup), { constant: undefined, own }, withShare);
}

/** The machine as it stood after the exchange turn whose `snapshot` this is. Throws `mpc/bad-state`, `mpc/context-mismatch`. */
export function restoreKeygen(setup: KeygenSetup, snapshot: Uint8Array): Machine<KeygenOutput> {
  return restoreDkg(keygenContext(setup), snapshot, withShare);
}

/** Of a run in which this party is a receiver. */
export function withShare({ share }: DkgOutput): KeygenOutput {
  if (share === undefined) throw new CovaultError("mpc/invariant", "Every receiver gets a share.");
  return { share };
}
