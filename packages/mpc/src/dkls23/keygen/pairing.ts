// Who of a run's members shares a pair, that is OT state and a zero seed, and who of a pair sends (dkls23-spec section 2).
import { TH, u16 } from "../../kernel/hash.ts";
import { type DkgContext, receives } from "../../protocol/dkg/context.ts";
import type { ShareIndex } from "../../protocol/index.ts";

/** Do these two get a pair? */
export const paired = (context: DkgContext, i: ShareIndex, j: ShareIndex): boolean =>
  i !== j && receives(context, i) && receives(context, j);
/** My partners, ascending. */
export const partnersOf = (context: DkgContext): readonly ShareIndex[] => context.members.filter((j) => paired(context, context.self, j));

/** Who of a pair is the base-OT sender: balances the load. */
export const isSender = (i: ShareIndex, j: ShareIndex): boolean => ((i + j) % 2 === 1 ? i < j : i > j);

export function otSid(context: DkgContext, partner: ShareIndex): Uint8Array {
  const [S, R] = isSender(context.self, partner) ? [context.self, partner] : [partner, context.self];
  return TH("ot/sid", context.sid, u16(S), u16(R));
}
