// This is round 1 of dkls23-spec 7.2. A helper splits L_i s_i among the helpers. The receiver has
// nothing to say.
import type { Scalar } from "../group/group.ts";
import { concat, u16 } from "../kernel/bytes.ts";
import { withTape } from "../kernel/random.ts";
import { idList } from "../protocol/encoding/names.ts";
import { erase, Once, type ShareIndex, type Step } from "../protocol/index.ts";
import type { Round1Message } from "./messages.ts";
import { drawRow, weightOf } from "./row.ts";
import type { RepairContext } from "./setup.ts";

/** This state is never stored, cloned or resumed (0.6). */
export interface HelperState {
  readonly round: "repair/1";
  readonly context: RepairContext;
  /** D is my row as it travels. */
  readonly D: Uint8Array;
  /** This is delta_{i,i}, which is secret. */
  readonly delta: Scalar;
}

/** `share` is s_i, which whoever opened it erases. `entropy` is 32 fresh random bytes. */
export function round1(context: RepairContext, share: Scalar, entropy: Uint8Array): Step<HelperState, Round1Message> {
  const { suite, sid, self, helpers, receiver, peers } = context;
  const { group } = suite;
  const bound = [sid, u16(self), u16(receiver), idList(helpers)];
  const row = withTape({ entropy, secret: share, bound, label: "repair/1" }, (tape) => {
    const total = group.mul(weightOf(context, self), share);
    const drawn = drawRow(group, total, helpers.length, () => suite.nonzeroScalar(tape));
    erase(total);
    return drawn;
  });
  const D = concat(...group.publish(row).wires);

  const parts = new Map(helpers.map((j, at) => [j, row[at] as Scalar]));
  const partOf = (j: ShareIndex): Uint8Array => parts.get(j) ?? new Uint8Array(0);
  const send = new Map(peers.map((j) => [j, { D, delta: partOf(j) }]));
  const delta = parts.get(self) as Scalar;
  return { next: new Once<HelperState>({ round: "repair/1", context, D, delta }, [delta]), send };
}
