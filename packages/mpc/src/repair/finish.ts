// This is the finish of dkls23-spec 7.2. The receiver checks that all helpers saw the same rows,
// then the rows, then what each helper summed up, and adds it all up.
import { CovaultError } from "@covault/errors";
import type { Element, Scalar } from "../group/group.ts";
import { sum } from "../group/shamir.ts";
import { constantTimeEqual } from "../kernel/equal.ts";
import { blame, differ, erase, type Fault, fault, type Inbox, messageOf, Once, type ShareIndex } from "../protocol/index.ts";
import type { Round1Message, Round2Message } from "./messages.ts";
import { digestOf, openRow } from "./row.ts";
import type { RepairContext } from "./setup.ts";

/** This state is public, and like every state of a repair it is never stored. */
export interface ReceiverState {
  readonly round: "repair/2";
  readonly context: RepairContext;
  /** D_i of every helper as it was received. */
  readonly rows: ReadonlyMap<ShareIndex, Uint8Array>;
}

/**
 * Gives what the receiver keeps of round 1. It is checked in the finish, since the helpers' digests
 * come first.
 */
export function receive(context: RepairContext, inbox: Inbox<Round1Message>): Once<ReceiverState> {
  const rows = new Map(context.helpers.map((i) => [i, messageOf(inbox, i).D]));
  return new Once<ReceiverState>({ round: "repair/2", context, rows }, []);
}

/**
 * Gives s_z. Throws `mpc/echo-mismatch` (nobody is to blame), `mpc/bad-message`,
 * `mpc/dealer-mismatch`, `mpc/bad-share`, and `mpc/invariant` for what no helper can cause.
 */
export function finish(mine: Once<ReceiverState>, inbox: Inbox<Round2Message>): Scalar {
  return mine.use(({ context, rows }, keep) => {
    const { suite, helpers, receiver, publicShares } = context;
    const { group } = suite;
    const round = "repair, finish";

    // 1. Everybody saw the same rows.
    const e = digestOf(context, rows);
    const others = helpers.filter((j) => !constantTimeEqual(messageOf(inbox, j).e, e));
    differ("mpc/echo-mismatch", others, round, "The helpers and the receiver saw different values in round 1.");

    // 2. Every row makes its helper's share.
    const faults = new Map<ShareIndex, Fault>();
    const opened = new Map<ShareIndex, readonly Element[]>();
    for (const i of helpers) {
      const row = openRow(context, i, rows.get(i) as Uint8Array);
      if ("code" in row) faults.set(i, row);
      else opened.set(i, row);
    }
    blame(faults, round);

    // 3. Every helper summed up what the rows have for it. It is one check with one fault, so all
    // who fail it are named, whatever they sent.
    for (const [at, j] of helpers.entries()) {
      const expected = helpers.reduce((total, i) => group.plus(total, opened.get(i)?.[at] as Element), group.identity);
      const sigma = group.scalar(messageOf(inbox, j).sigma);
      const fits = sigma !== undefined && group.same(group.mulBase(sigma), expected);
      erase(sigma);
      if (!fits) faults.set(j, fault("mpc/bad-share", "sent no sum that fits the rows"));
    }
    blame(faults, round);

    // 4. The share. That it is the one of its public share follows.
    const secret = keep(
      sum(
        group,
        helpers.map((j) => messageOf(inbox, j).sigma as Scalar),
      ),
    );
    if (!group.same(group.mulBase(secret), publicShares.get(receiver) as Element))
      throw new CovaultError("mpc/invariant", "The repaired share does not match its public share.");
    return secret;
  });
}
