// Finish of dkls23-spec section 2: every member saw the same run, and every pair holds the same
// secrets. A family without pairs confirms the digest of the run alone, since each share was
// checked against it.
import { constantTimeEqual } from "../kernel/equal.ts";
import { differ, erase, type Inbox, messageOf, type Once } from "../protocol/index.ts";
import { peersOf } from "./context.ts";
import type { DkgOutput, KeyRecord } from "./key-share.ts";
import type { Round3Message } from "./messages.ts";
import type { Round3State } from "./state.ts";

/**
 * Gives what the run made. Throws `mpc/echo-mismatch` and `mpc/confirmation-mismatch`, for which
 * nobody is to blame.
 */
export function finish(mine: Once<Round3State>, inbox: Inbox<Round3Message>): DkgOutput {
  return mine.use(({ context, record: generation, secret, pairs }) => {
    const { kind, suite, self } = context;
    const round = `${kind}, finish`;
    const others = peersOf(context).filter((j) => !constantTimeEqual(messageOf(inbox, j).h2, generation.h2));
    differ("mpc/echo-mismatch", others, round, "The members saw different values in round 2.");
    const unconfirmed = [...pairs].filter(([j, { expected }]) => !constantTimeEqual(messageOf(inbox, j).kc, expected));
    const partners = unconfirmed.map(([j]) => j);
    differ("mpc/confirmation-mismatch", partners, round, "A pair does not hold the same secrets at both ends.");
    for (const { expected } of pairs.values()) erase(expected);
    if (secret === undefined) return { generation, share: undefined };
    const record: KeyRecord = { version: 1, self, ...generation };
    const made = new Map([...pairs].map(([j, { pair }]) => [j, pair]));
    return { generation, share: { record, secret, ...suite.pairing?.share(record, made) } };
  });
}
