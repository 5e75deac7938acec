// Who takes part in a run that deals shares, and what its session id covers (dkls23-spec 0.4).
import { CovaultError } from "@covault/errors";
import { constantTimeEqual } from "../../kernel/equal.ts";
import { bytes, fields, index, list, type Read } from "../encoding/inputs.ts";
import type { DkgKind } from "../encoding/names.ts";
import { ascending, type ShareIndex } from "../share-index.ts";

export interface Member {
  readonly index: ShareIndex;
  /** Identity key of the channel, 32 bytes. */
  readonly idpk: Uint8Array;
}

export const readMembers: Read<readonly Member[]> = list(fields<Member>({ index, idpk: bytes(32) }));

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
export function memberIndices(members: readonly Member[]): readonly ShareIndex[] {
  const indices = ascending(
    members.map(({ index }) => index),
    "members",
  );
  const twice = members.find(({ idpk }, at) => members.slice(0, at).some((before) => constantTimeEqual(before.idpk, idpk)));
  if (twice !== undefined) throw new CovaultError("mpc/bad-setup", `idpk of party ${twice.index}: another member has the same`);
  return indices;
}
