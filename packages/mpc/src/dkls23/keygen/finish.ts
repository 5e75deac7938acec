// Finish of dkls23-spec section 2: everybody saw the same run, and every pair holds the same secrets.
import { constantTimeEqual } from "../../kernel/equal.ts";
import { peersOf } from "../../protocol/dkg/context.ts";
import { differ, erase, type Inbox, messageOf, type Once } from "../../protocol/index.ts";
import type { Generation, KeyRecord, KeyShare } from "../encoding/key-share.ts";
import { firstPairs } from "../encoding/pairs.ts";
import type { Round3Message } from "./messages.ts";
import { partnersOf } from "./pairing.ts";
import type { Round3State } from "./state.ts";

export interface DkgOutput {
  readonly generation: Generation;
  /** Of a receiver. To be staged, and used only under a commit certificate (section 7). */
  readonly share: KeyShare | undefined;
}

/** Throws `mpc/echo-mismatch`, `mpc/confirmation-mismatch`: nobody is to blame. */
export function finish(mine: Once<Round3State>, inbox: Inbox<Round3Message>): DkgOutput {
  return mine.use(({ context, record, secret, pairs }) => {
    const round = `${context.kind}, finish`;
    const others = peersOf(context).filter((j) => !constantTimeEqual(messageOf(inbox, j).h2, record.h2));
    differ("mpc/echo-mismatch", others, round, "The members saw different values in round 2.");
    const unconfirmed = partnersOf(context).filter((j) => !constantTimeEqual(messageOf(inbox, j).kc, pairs.get(j)?.expected as Uint8Array));
    differ("mpc/confirmation-mismatch", unconfirmed, round, "A pair does not hold the same secrets at both ends.");
    for (const { expected } of pairs.values()) erase(expected);
    if (secret === undefined) return { generation: record, share: undefined };
    const owned: KeyRecord = { version: 1, self: context.self, ...record };
    const made = new Map([...pairs].map(([j, { pair }]) => [j, pair]));
    return { generation: record, share: { record: owned, secret, pairs: firstPairs(owned, made) } };
  });
}
