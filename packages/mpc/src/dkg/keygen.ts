// In a key generation every member deals and every member receives (dkls23-spec section 2 with D =
// N = U).
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
  /** t, the number of shares that will sign: 2..n. */
  readonly threshold: number;
  /** All members, this party included, ascending by index. */
  readonly members: readonly Member[];
  /** `sessionNonce` of all members' contributions, 32 bytes. */
  readonly nonce: Uint8Array;
}

export interface KeygenOutput<Made extends Share = Share> {
  /**
   * The new share. It has to be staged, and is usable only under a commit certificate (dkls23-spec
   * section 7).
   */
  readonly share: Made;
}

const readSetup = fields<KeygenSetup>({ self: index, threshold: integer(2, 65_535), members: readMembers, nonce: bytes(32) });

/** Makes the context of a key generation. Throws `mpc/bad-setup`. */
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
 * Makes the machine of a key generation: 3 rounds, no guard turns. `own` is 32 bytes that only this
 * party has, derived from its identity key, and the same in every run. Without `own`, the indices
 * alone tell two machines with one state of their random generators apart, and nothing tells two
 * copies of one party apart. Throws `mpc/bad-setup`.
 */
export function keygen<Made extends Share>(
  family: Family<Made>,
  suite: DkgSuite,
  setup: KeygenSetup,
  own: Uint8Array | undefined,
): Machine<KeygenOutput<Made>> {
  return dkgMachine(family, keygenContext(suite, setup), { constant: undefined, own }, withShare);
}

/**
 * Gives the machine as it stood after the exchange turn that the `snapshot` was taken at. Throws
 * `mpc/bad-state` and `mpc/context-mismatch`.
 */
export function restoreKeygen<Made extends Share>(
  family: Family<Made>,
  suite: DkgSuite,
  setup: KeygenSetup,
  snapshot: Uint8Array,
): Machine<KeygenOutput<Made>> {
  return restoreDkg(family, keygenContext(suite, setup), snapshot, withShare);
}

/** Gives the output of a run in which this party is a receiver. */
export function withShare<Made extends Share>({ share }: DkgOutput<Made>): KeygenOutput<Made> {
  if (share === undefined) throw new CovaultError("mpc/invariant", "Every receiver gets a share.");
  return { share };
}
