// Who takes part in a run that deals shares, and what its session id covers (dkls23-spec 0.4).
import { CovaultError } from "@covault/errors";
import { constantTimeEqual } from "../../kernel/equal.ts";
import type { DkgKind } from "../encoding/names.ts";
import { ascending, type ShareIndex } from "../share-index.ts";

export interface Member {
  readonly index: ShareIndex;
  /** Identity key of the channel, 32 bytes. */
  readonly idpk: Uint8Array;
}

export interface DkgSession {
  readonly kind: DkgKind;
  readonly nonce: Uint8Array;
  readonly threshold: number;
  /** U ascending. */
  readonly members: readonly Member[];
  readonly dealers: readonly ShareIndex[];
  readonly receivers: readonly ShareIndex[];
  /** ctx of 0.4: what the run takes from an existing key; none for keygen. */
  readonly context: readonly Uint8Array[];
}

/** The indices of the members, checked: one party with two indices would hold two shares of t. Throws `mpc/bad-setup`. */
export function memberIndices(members: readonly Member[], nonce: Uint8Array): readonly ShareIndex[] {
  const indices = ascending(
    members.map(({ index }) => index),
    "members",
  );
  if (nonce.length !== 32) throw new CovaultError("mpc/bad-setup", `nonce: expected 32 bytes, got ${nonce.length}`);
  const short = members.find(({ idpk }) => idpk.length !== 32);
  if (short !== undefined)
    throw new CovaultError("mpc/bad-setup", `idpk of party ${short.index}: expected 32 bytes, got ${short.idpk.length}`);
  const twice = members.find(({ idpk }, at) => members.slice(0, at).some((before) => constantTimeEqual(before.idpk, idpk)));
  if (twice !== undefined) throw new CovaultError("mpc/bad-setup", `idpk of party ${twice.index}: another member has the same`);
  return indices;
}
