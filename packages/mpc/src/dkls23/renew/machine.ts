// The renewal of one pair as a machine (dkls23-spec 7.1): bytes in, bytes out, resumable from a
// snapshot.
import { openSecret } from "../../dkg/index.ts";
import { borrowed } from "../../protocol/encoding/inputs.ts";
import { type Fields, type Layout, layoutBytes } from "../../protocol/encoding/layout.ts";
import { storedExchange } from "../../protocol/encoding/stored-exchange.ts";
import {
  erase,
  type Inbox,
  type Machine,
  Once,
  resumed,
  type Sequence,
  type ShareIndex,
  type Stage,
  type Step,
  sequence,
} from "../../protocol/index.ts";
import { suite } from "../suite.ts";
import { finish, type RenewalOutput } from "./finish.ts";
import { type Round1Message, type Round2Message, type Round3Message, round1Layout, round2Layout, round3Layout } from "./messages.ts";
import { round1 } from "./round1.ts";
import { round2 } from "./round2.ts";
import { round3 } from "./round3.ts";
import { type RenewalContext, type RenewalSetup, renewalContext } from "./setup.ts";
import { decodeState, encodeState, type RenewalState, type Round1State, type Round2State, type Round3State, secretsOf } from "./state.ts";

type MakeLayout<Name extends string> = (from: ShareIndex, to: ShareIndex) => Layout<Name>;

/**
 * Makes the machine of a renewal: 3 rounds between the two ends of a pair. `secret` is this party's
 * share, be32, which stays the caller's. What is made is staged until both ends have acknowledged
 * it, and no stored pair is touched. Throws `mpc/bad-setup`, and `mpc/bad-share-record` for a
 * damaged share. Its rounds throw what `round2`, `round3` and `finish` say, and nothing of it burns
 * a pair.
 *
 * Before that the driver checks what only a store and a roster know. The epoch is committed, and no
 * higher certificate is there. `acknowledged` is what is durable. Fewer than 16 runs of this pair
 * and epoch were joined. The identity keys are those of the epoch or their successors. A pair that
 * a failed check burned is cleared by this party's own operator.
 */
export function renewalMachine(setup: RenewalSetup, secret: Uint8Array): Machine<RenewalOutput> {
  const context = renewalContext(setup);
  const share = openSecret(suite, { record: context.record, secret: borrowed()(secret, "secret") });
  const wipe = (): void => erase(share);
  return sequence(about(context), {
    start: (entropy) => {
      const step = round1(context, share, entropy);
      wipe();
      return afterRound1(context, step);
    },
    wipe,
  });
}

/**
 * Makes the machine as it stood after the exchange turn that gave `snapshot`. The share is not
 * needed again. Throws `mpc/bad-setup`, `mpc/bad-state`, `mpc/context-mismatch`.
 */
export function restoreRenewal(setup: RenewalSetup, snapshot: Uint8Array): Machine<RenewalOutput> {
  const context = renewalContext(setup);
  const state = decodeState(context, snapshot);
  const rested = <S extends RenewalState>(next: S) => ({ next: new Once(next, secretsOf(next)), send: new Map() });
  if (state.round === "renewal/1") return resumed(about(context), afterRound1(context, rested(state)));
  if (state.round === "renewal/2") return resumed(about(context), afterRound2(context, rested(state)));
  return resumed(about(context), afterRound3(context, rested(state)));
}

function about({ sid, self, partner }: RenewalContext): Sequence {
  const layouts: readonly MakeLayout<string>[] = [round1Layout, round2Layout, round3Layout];
  return {
    protocol: "renewal",
    sid,
    peers: [partner],
    rounds: layouts.length,
    bodyBytes: (round, peer) => {
      const layout = layouts[round - 1];
      return layout === undefined ? 0 : layoutBytes(layout(peer, self));
    },
  };
}

function afterRound1(context: RenewalContext, step: Step<Round1State, Round1Message>): Stage<RenewalOutput> {
  return exchange(context, 1, step, round1Layout, [], (mine, inbox, entropy) => afterRound2(context, round2(mine, inbox, entropy)));
}

function afterRound2(context: RenewalContext, step: Step<Round2State, Round2Message>): Stage<RenewalOutput> {
  return exchange(context, 2, step, round2Layout, ["zs"], (mine, inbox) => afterRound3(context, round3(mine, inbox)));
}

function afterRound3(context: RenewalContext, step: Step<Round3State, Round3Message>): Stage<RenewalOutput> {
  return exchange(context, 3, step, round3Layout, ["kc"], (mine, inbox) => ({ kind: "done", output: finish(mine, inbox) }));
}

function exchange<S extends RenewalState, Name extends string>(
  { self, partner }: RenewalContext,
  round: number,
  step: Step<S, Fields<Name>>,
  layout: MakeLayout<Name>,
  secret: readonly NoInfer<Name>[],
  next: (mine: Once<S>, inbox: Inbox<Fields<Name>>, entropy: Uint8Array) => Stage<RenewalOutput>,
): Stage<RenewalOutput> {
  return storedExchange({ round, run: "renewal", self, peers: [partner], layout, secret, encode: encodeState<S> }, step, next);
}
