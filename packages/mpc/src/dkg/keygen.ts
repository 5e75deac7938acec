// Key generation: everybody deals, everybody receives (dkls23-spec section 2 with D = N = U).
import { CovaultError } from "@covault/errors";
import { bytes, fields, index, integer } from "../protocol/encoding/inputs.ts";
import type { Machine, ShareIndex } from "../protocol/index.ts";
import { type DkgContext, dkgContext } from "./context.ts";
import type { Family } from "./family.ts";
import type { DkgOutput, Share } from "./key-share.ts";
import { dkgMachine, restoreDkg } from "./machine.ts";
import { type Member, memberIndices, readMembers } from "./members.ts";
import type { DkgSuite } from "./suite.ts";

export interface KeygenSetup {
  readonly self: ShareIndex;
  /** t: this many shares will sign, 2..n. */
  readonly threshold: number;
  /** Ascending by index, me included. */
  readonly members: readonly Member[];
  /** `sessionNonce` of everybody's contributions, 32 bytes. */
  readonly nonce: Uint8Array;
}

export interface KeygenOutput<Made extends Share = Share> {
  /** To be staged; usable only under a commit certificate (dkls23-spec section 7). */
  readonly share: Made;
}

const readSetup = fields<KeygenSetup>({ self: index, threshold: integer(2, 65_535), members: readMembers, nonce: bytes(32) });

/** Throws `mpc/bad-setup`. */
export function keygenContext(suite: DkgSuite, setup: KeygenSetup): DkgContext {
  const run = readSetup(setup, "");
  const indices = memberIndices(run.members);
  return dkgContext(suite, {
    kind: "keygen",
    ...run,
    dealers: indices,
    receivers: indices,
    follows: [],
    prescribed: undefined,
    exposed: undefined,
  });
}

/**
 * 3 rounds, no guard turns. `own`: 32 bytes that only this party has, derived from its identity key, the same in every run; without it two machines
 * with one state of their random generators are told apart by their indices alone, and two copies of one party are not. Throws `mpc/bad-setup`.
 */
export function keygen<Made extends Share>(
  family: Family<Made>,
  suite: DkgSuite,
  setup: KeygenSetup,
  own: Uint8Array | undefined,
): Machine<KeygenOutput<Made>> {
  return dkgMachine(family, keygenContext(suite, setup), { constant: undefined, own }, withShare);
}

/** The machine as it stood after the exchange turn whose `snapshot` this is. Throws `mpc/bad-state`, `mpc/context-mismatch`. */
export function restoreKeygen<Made extends Share>(
  family: Family<Made>,
  suite: DkgSuite,
  setup: KeygenSetup,
  snapshot: Uint8Array,
): Machine<KeygenOutput<Made>> {
  return restoreDkg(family, keygenContext(suite, setup), snapshot, withShare);
}

/** Of a run in which this party is a receiver. */
export function withShare<Made extends Share>({ share }: DkgOutput<Made>): KeygenOutput<Made> {
  if (share === undefined) throw new CovaultError("mpc/invariant", "Every receiver gets a share.");
  return { share };
}
