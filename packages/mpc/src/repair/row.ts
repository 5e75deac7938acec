// A helper's row (dkls23-spec 7.2) is its weighted share L_i s_i as a sum of one random part for
// each helper, and the elements D_{i,j} that everybody checks it by.
import type { Element, Group, Scalar } from "../group/group.ts";
import { lagrange, sum } from "../group/shamir.ts";
import { u16 } from "../kernel/bytes.ts";
import { erase, type Fault, fault, type ShareIndex } from "../protocol/index.ts";
import type { RepairContext } from "./setup.ts";

/**
 * Gives delta_{i,j} for `count` helpers, ascending, which are secret. All but the last are drawn,
 * and the last makes their sum `total`. None is zero, because zero has no element that could be
 * sent.
 */
export function drawRow(group: Group, total: Scalar, count: number, draw: () => Scalar): readonly Scalar[] {
  for (;;) {
    const drawn = Array.from({ length: count - 1 }, draw);
    const known = sum(group, drawn);
    const opposite = group.negate(known);
    const last = group.add(total, opposite);
    erase(known, opposite);
    if (!group.isZero(last)) return [...drawn, last];
    erase(...drawn);
  }
}

/** Gives L_i, which is public: s_z = Σ L_i s_i over the helpers. */
export const weightOf = ({ suite, helpers, receiver }: RepairContext, i: ShareIndex): Scalar => lagrange(suite.group, i, helpers, receiver);

/**
 * Gives the D_{i,j} of a helper's row, ascending, if they are elements whose sum is L_i X_i, and
 * otherwise what is wrong with them.
 */
export function openRow(context: RepairContext, i: ShareIndex, row: Uint8Array): readonly Element[] | Fault {
  const { suite, publicShares } = context;
  const { group } = suite;
  const elements: Element[] = [];
  for (let at = 0; at < row.length; at += group.wireBytes) {
    const D = group.receive(row.subarray(at, at + group.wireBytes));
    if (D === undefined) return fault("mpc/bad-message", "sent a part of its row that is no element of the group");
    elements.push(D);
  }
  const expected = group.combine(undefined, [[weightOf(context, i), publicShares.get(i) as Element]]);
  if (!group.same(elements.reduce(group.plus, group.identity), expected))
    return fault("mpc/dealer-mismatch", "sent a row that does not make its own share");
  return elements;
}

/** Gives e_j, the digest of all rows as they were received. */
export function digestOf({ suite, sid, helpers }: RepairContext, rows: ReadonlyMap<ShareIndex, Uint8Array>): Uint8Array {
  return suite.TH("repair/h1", sid, ...helpers.flatMap((i) => [u16(i), rows.get(i) as Uint8Array]));
}
