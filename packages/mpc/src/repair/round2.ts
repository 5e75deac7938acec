// This is round 2 of dkls23-spec 7.2. A helper checks everybody's row and its own part of it, and
// sums those parts up for the receiver.
import type { Element, Scalar } from "../group/group.ts";
import { sum } from "../group/shamir.ts";
import type { Outbox } from "../protocol/inbox.ts";
import { blame, erase, type Fault, fault, type Inbox, messageOf, type Once, type ShareIndex } from "../protocol/index.ts";
import type { Round1Message, Round2Message } from "./messages.ts";
import type { HelperState } from "./round1.ts";
import { digestOf, openRow } from "./row.ts";
import type { RepairContext } from "./setup.ts";

/**
 * Throws `mpc/bad-message`, `mpc/dealer-mismatch`, `mpc/bad-share`. Nothing is left of the state.
 */
export function round2(mine: Once<HelperState>, inbox: Inbox<Round1Message>): Outbox<Round2Message> {
  return mine.use(({ context, D, delta }, keep) => {
    const { suite, self, helpers, receiver, peers } = context;
    const others = helpers.filter((i) => i !== self);
    const faults = new Map<ShareIndex, Fault>();
    for (const i of others) {
      const found = checkRow(context, i, messageOf(inbox, i));
      if (found !== undefined) faults.set(i, found);
    }
    blame(faults, "repair, round 2");

    const parts = others.map((i) => messageOf(inbox, i).delta as Scalar);
    const sigma = keep(sum(suite.group, [delta, ...parts]));
    const rows = new Map(helpers.map((i) => [i, i === self ? D : messageOf(inbox, i).D]));
    const e = digestOf(context, rows);
    erase(delta);
    const none = new Uint8Array(0);
    return new Map(peers.map((j) => [j, j === receiver ? { sigma, e } : { sigma: none, e: none }]));
  });
}

/** Gives the first check that a helper's message failed. */
function checkRow(context: RepairContext, i: ShareIndex, { D, delta }: Round1Message): Fault | undefined {
  const { suite, self, helpers } = context;
  const { group } = suite;
  const part = group.scalar(delta);
  if (part === undefined) return fault("mpc/bad-message", "sent a part of its share that is not below the group order");
  const dealt = group.mulBase(part);
  erase(part);
  const row = openRow(context, i, D);
  if ("code" in row) return row;
  if (!group.same(dealt, row[helpers.indexOf(self)] as Element))
    return fault("mpc/bad-share", "sent a part of its share that does not fit its row");
  return undefined;
}
