// This file makes presigning and the online step into machines (dkls23-spec 6.2). What the store
// owes a presignature stands in `presignature.ts`.

import { decodeInbox, encodeOutbox, eraseFields, layoutBytes } from "../../protocol/encoding/layout.ts";
import type { Machine } from "../../protocol/index.ts";
import { erase, sequence } from "../../protocol/index.ts";
import type { Combined } from "../sign/combine.ts";
import type { SignOutput } from "../sign/finish.ts";
import { multiplyMachine } from "../sign/machine.ts";
import {
  openBatch,
  openQuorum,
  type PresignBatchSetup,
  type PresignSetup,
  readPresignBatchSetup,
  readPresignSetup,
} from "../sign/setup.ts";
import { type OnlineSetup, online1, onlineFinish, onlineLayout } from "./online.ts";
import { encodePresignature, presignatureOf, takePresignature } from "./presignature.ts";

export type { PresignBatchSetup, PresignItem, PresignSetup } from "../sign/setup.ts";
export type { OnlineSetup } from "./online.ts";

export interface PresignOutput {
  /** pid, the same at all signers, 32 bytes. */
  readonly id: Uint8Array;
  /**
   * The ids of every pair of signers. The store deletes the presignature when one of them is burned
   * or renewed.
   */
  readonly pairIds: readonly Uint8Array[];
  /**
   * The secret bytes of the presignature. They are stored encrypted, never backed up, and deleted
   * by the statement that returns them.
   */
  readonly presignature: Uint8Array;
}

/**
 * Makes the machine of presigning: 2 rounds, a guard turn after the first. Throws as `signMachine`
 * does.
 */
export const presignMachine = (setup: PresignSetup): Machine<PresignOutput> =>
  multiplyMachine(openQuorum(readPresignSetup(setup, ""), undefined), ([combined]) => ({
    kind: "done",
    output: stored(combined as Combined),
  }));

/**
 * Makes the machine of presigning in a batch (dkls23-spec 6.4): 1 to 64 presignatures in the rounds
 * of one. The output has one for each item, in their order, once all items have passed all checks.
 * Otherwise there is none. Throws as `signBatchMachine` does.
 */
export const presignBatchMachine = (setup: PresignBatchSetup): Machine<readonly PresignOutput[]> =>
  multiplyMachine(openBatch(readPresignBatchSetup(setup, "")), (combined) => ({ kind: "done", output: combined.map(stored) }));

/** Gives what the store takes over. */
function stored(combined: Combined): PresignOutput {
  const presignature = presignatureOf(combined);
  const bytes = encodePresignature(presignature);
  erase(combined.phi, combined.u, combined.v);
  return { id: presignature.id, pairIds: presignature.pairIds.map((id) => id.slice()), presignature: bytes };
}

/**
 * Makes the machine of the online step: 1 round. `presignature` is as the store gave it, and the
 * store has deleted it already. It is erased here, and consumed whatever happens. The machine's
 * `sid` is the pid. Throws `mpc/presignature-used`, `mpc/presignature-stale`, `mpc/bad-state` and
 * `mpc/bad-setup`.
 */
export function onlineMachine(presignature: Uint8Array, setup: OnlineSetup): Machine<SignOutput> {
  const { next, send } = online1(takePresignature(presignature), setup);
  const peers = [...send.keys()];
  const sid = [...send.values()][0]?.pid as Uint8Array;
  const about = {
    protocol: "online",
    sid,
    peers,
    rounds: 1,
    bodyBytes: (round: number) => (round === 1 ? layoutBytes(onlineLayout) : 0),
  } as const;
  // What has not left yet is erased like what has.
  const wipe = (): void => {
    next.wipe();
    eraseFields(send, ["w", "u"]);
  };
  return sequence(about, {
    start: () => ({
      kind: "exchange",
      round: 1,
      outbox: encodeOutbox(() => onlineLayout, send, ["w", "u"]),
      deliver: (bodies) => ({
        kind: "done",
        output: onlineFinish(
          next,
          decodeInbox(peers, () => onlineLayout, bodies, "online"),
        ),
      }),
      wipe,
    }),
    wipe,
  });
}
