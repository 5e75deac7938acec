// The check of the OT extension stands apart from the rounds, because its outcome is one bit about
// the pair's long-term secret. A driver writes "checking" before it, and clears or burns after it,
// durably, before anything is sent (dkls23-spec section 9). The checks of all items of a batch are
// one check with one outcome, so that many bets tell no more than one (6.4).
import { type Inbox, itemOf, Once, type ShareIndex, type Verdict } from "../../protocol/index.ts";
import { type ExtensionSender, rvoleCheck } from "../ot/index.ts";
import type { StoredPair } from "../pairs.ts";
import type { Round1Message } from "./messages.ts";
import type { Round1Run, Round1State } from "./round1.ts";
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
export interface CheckedState {
  readonly round: "sign/1-checked";
  readonly quorum: Round1State["quorum"];
  readonly runs: readonly CheckedRun[];
  readonly failed: readonly ShareIndex[];
}

/** What the check made for one item. */
export interface CheckedRun extends Round1Run {
  /** com_j of all signers. */
  readonly coms: ReadonlyMap<ShareIndex, Uint8Array>;
  /** This party's states as Alice, towards the partners that passed in this item. */
  readonly alices: ReadonlyMap<ShareIndex, Alice>;
}

/**
 * Checks the messages of every partner about every item, whichever fails. A partner that fails in
 * one item has failed, and nothing tells in which.
 */
export function check(
  mine: Once<Round1State>,
  inbox: Inbox<readonly Round1Message[]>,
): { readonly verdict: Verdict; readonly next: Once<CheckedState> } {
  return mine.use(({ quorum, runs }, keep) => {
    const { self, peers, signers, pairs } = quorum;
    const checked = runs.map((run, k): CheckedRun => {
      const alices = new Map<ShareIndex, Alice>();
      for (const j of peers) {
        const message = itemOf(inbox, j, k);
        const salt = extensionSalt(run.item.ssid, j, self, message.com);
        const passed = rvoleCheck(salt, (pairs.get(j) as StoredPair).send, message);
        if (passed === undefined) continue;
        alices.set(j, { ...passed, x: message.x, t: message.t });
        [passed.delta, passed.w].forEach(keep);
      }
      return { ...run, coms: new Map(signers.map((j) => [j, j === self ? run.com : itemOf(inbox, j, k).com])), alices };
    });
    const cleared = peers.filter((j) => checked.every(({ alices }) => alices.has(j)));
    const verdict = { cleared, failed: peers.filter((j) => !cleared.includes(j)) };
    const next: CheckedState = { round: "sign/1-checked", quorum, runs: checked, failed: verdict.failed };
    return { verdict, next: new Once(next, secretsOf(next)) };
  });
}
