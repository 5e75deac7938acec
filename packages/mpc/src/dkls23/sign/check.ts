// The check of the OT extension stands apart from the rounds, because its outcome is one bit about
// the pair's long-term secret. A driver writes "checking" before it, and clears or burns after it,
// durably, before anything is sent (dkls23-spec section 9).
import { type Inbox, messageOf, Once, type ShareIndex, type Verdict } from "../../protocol/index.ts";
import { type ExtensionSender, rvoleCheck } from "../ot/index.ts";
import type { StoredPair } from "../pairs.ts";
import type { Round1Message } from "./messages.ts";
import type { Round1State } from "./round1.ts";
import { secretsOf } from "./secrets.ts";
import { extensionSalt } from "./setup.ts";

/**
 * This party's state as Alice towards one partner, and what the partner's message said besides U.
 */
export interface Alice extends ExtensionSender {
  readonly x: Uint8Array;
  readonly t: Uint8Array;
}

/** The state after the check of round 1. If any partner failed, round 2 throws. */
export interface CheckedState extends Omit<Round1State, "round"> {
  readonly round: "sign/1-checked";
  /** com_j of all signers. */
  readonly coms: ReadonlyMap<ShareIndex, Uint8Array>;
  /** This party's states as Alice, towards the partners that passed. */
  readonly alices: ReadonlyMap<ShareIndex, Alice>;
  readonly failed: readonly ShareIndex[];
}

/** Checks the message of every partner, whichever fails. */
export function check(
  mine: Once<Round1State>,
  inbox: Inbox<Round1Message>,
): { readonly verdict: Verdict; readonly next: Once<CheckedState> } {
  return mine.use((state, keep) => {
    const { ssid, self, peers, signers, pairs } = state.quorum;
    const alices = new Map<ShareIndex, Alice>();
    for (const j of peers) {
      const message = messageOf(inbox, j);
      const passed = rvoleCheck(extensionSalt(ssid, j, self, message.com), (pairs.get(j) as StoredPair).send, message);
      if (passed === undefined) continue;
      alices.set(j, { ...passed, x: message.x, t: message.t });
      [passed.delta, passed.w].forEach(keep);
    }
    const coms = new Map(signers.map((j) => [j, j === self ? state.com : messageOf(inbox, j).com]));
    const verdict = { cleared: peers.filter((j) => alices.has(j)), failed: peers.filter((j) => !alices.has(j)) };
    const next: CheckedState = { ...state, round: "sign/1-checked", coms, alices, failed: verdict.failed };
    return { verdict, next: new Once(next, secretsOf(next)) };
  });
}
