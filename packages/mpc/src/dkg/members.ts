// The members of a run that deals shares have one identity key each (dkls23-spec 0.4).
import { CovaultError } from "@covault/errors";
import { constantTimeEqual } from "../kernel/equal.ts";
import { bytes, fields, index, list, type Read } from "../protocol/encoding/inputs.ts";
import { ascending, type ShareIndex } from "../protocol/share-index.ts";

export interface Member {
  readonly index: ShareIndex;
  /** The identity key of the channel, 32 bytes. */
  readonly idpk: Uint8Array;
}

export const readMembers: Read<readonly Member[]> = list(fields<Member>({ index, idpk: bytes(32) }));

/**
 * Gives the indices of the members after a check. One party with two indices would hold two shares
 * of t. Throws `mpc/bad-setup`.
 */
export function memberIndices(members: readonly Member[]): readonly ShareIndex[] {
  const indices = ascending(
    members.map(({ index }) => index),
    "members",
  );
  const twice = members.find(({ idpk }, at) => members.slice(0, at).some((before) => constantTimeEqual(before.idpk, idpk)));
  if (twice !== undefined) throw new CovaultError("mpc/bad-setup", `idpk of party ${twice.index}: another member has the same`);
  return indices;
}
