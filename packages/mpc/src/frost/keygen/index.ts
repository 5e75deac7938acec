// Key generation: everybody deals, everybody receives. The rounds are exported for readers and tests; a driver uses the machine.
import { CovaultError } from "@covault/errors";
import { checkContext } from "../../protocol/dkg/context.ts";
import { type Member, memberIndices, readMembers } from "../../protocol/dkg/members.ts";
import { bytes, fields, index, integer } from "../../protocol/encoding/inputs.ts";
import type { Machine, ShareIndex } from "../../protocol/index.ts";
import type { FrostKeyShare } from "../encoding/key-share.ts";
import { type Scheme, suiteOf } from "../suite/index.ts";
import { type FrostDkgContext, frostDkgSid } from "./context.ts";
import type { FrostDkgOutput } from "./finish.ts";
import { dkgMachine, restoreDkg } from "./machine.ts";

export type { FrostDkgContext } from "./context.ts";
export { type FrostDkgOutput, finish } from "./finish.ts";
export { type Round1Message, type Round2Message, type Round3Message, round1Layout, round2Layout, round3Layout } from "./messages.ts";
export { round1 } from "./round1.ts";
export { round2 } from "./round2.ts";
export { round3 } from "./round3.ts";
export { decodeState, encodeState, type Round1State, type Round2State, type Round3State } from "./state.ts";

export interface FrostKeygenSetup {
  readonly self: ShareIndex;
  /** t: this many shares will sign, 2..n. */
  readonly threshold: number;
  /** Ascending by index, me included. */
  readonly members: readonly Member[];
  /** `sessionNonce` of everybody's contributions, 32 bytes. */
  readonly nonce: Uint8Array;
}

export interface FrostKeygenOutput {
  /** To be staged; usable only under a commit certificate (dkls23-spec section 7). */
  readonly share: FrostKeyShare;
}

const readSetup = fields<FrostKeygenSetup>({ self: index, threshold: integer(2, 65_535), members: readMembers, nonce: bytes(32) });

/** Throws `mpc/bad-setup`. */
export function keygenContext(scheme: Scheme, setup: FrostKeygenSetup): FrostDkgContext {
  const suite = suiteOf(scheme);
  const { self, threshold, members, nonce } = readSetup(setup, "");
  const indices = memberIndices(members);
  const sid = frostDkgSid(suite, { kind: "keygen", nonce, threshold, members, dealers: indices, receivers: indices, context: [] });
  const roles = { members: indices, dealers: indices, receivers: indices };
  const context: FrostDkgContext = { suite, exposed: undefined, kind: "keygen", sid, self, threshold, ...roles, prescribed: undefined };
  checkContext(context);
  return context;
}

/**
 * 3 rounds, no guard turns. `own`: 32 bytes that only this party has, derived from its identity key, the same in every run; without it two machines
 * with one state of their random generators are told apart by their indices alone, and two copies of one party are not. Throws `mpc/bad-setup`.
 */
export function frostKeygenMachine(scheme: Scheme, setup: FrostKeygenSetup, own?: Uint8Array): Machine<FrostKeygenOutput> {
  return dkgMachine(keygenContext(scheme, setup), { constant: undefined, own }, withShare);
}

/** The machine as it stood after the exchange turn whose `snapshot` this is. Throws `mpc/bad-state`, `mpc/context-mismatch`. */
export function restoreFrostKeygen(scheme: Scheme, setup: FrostKeygenSetup, snapshot: Uint8Array): Machine<FrostKeygenOutput> {
  return restoreDkg(keygenContext(scheme, setup), snapshot, withShare);
}

export function withShare({ share }: FrostDkgOutput): FrostKeygenOutput {
  if (share === undefined) throw new CovaultError("mpc/invariant", "Such a run gives everybody a share.");
  return { share };
}
