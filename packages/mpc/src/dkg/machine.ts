// Section 2 as a machine takes bytes and gives bytes, and resumes from a snapshot. Every kind of
// run uses it.
import { CovaultError } from "@covault/errors";
import { constantTimeEqual } from "../kernel/equal.ts";
import { type Fields, type Layout, layoutBytes } from "../protocol/encoding/layout.ts";
import { storedExchange } from "../protocol/encoding/stored-exchange.ts";
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
} from "../protocol/index.ts";
import { type DkgContext, type DkgSecrets, peersOf, takeSecrets } from "./context.ts";
import type { Family, Stored } from "./family.ts";
import { finish } from "./finish.ts";
import type { DkgOutput, Share } from "./key-share.ts";
import { type Round1Message, type Round2Message, type Round3Message, round1Layout, round2Layout, round3Layout } from "./messages.ts";
import { round1 } from "./round1.ts";
import { round2 } from "./round2.ts";
import { round3 } from "./round3.ts";
import { type DkgState, decodeState, encodeState, type Round1State, type Round2State, type Round3State, secretsOf } from "./state.ts";

/** What a machine gives of what a run made. */
export type Output<Made extends Share, Given> = (made: DkgOutput<Made>) => Given;
type MakeLayout<Name extends string> = (context: DkgContext, from: ShareIndex, to: ShareIndex) => Layout<Name>;

interface Run<Given> {
  readonly stored: Stored;
  readonly context: DkgContext;
  readonly output: Output<Share, Given>;
}

/**
 * Makes the machine of a run. The constant in `secrets` is erased when it has been dealt. Throws
 * `mpc/bad-setup`.
 */
export function dkgMachine<Made extends Share, Given>(
  family: Family<Made>,
  context: DkgContext,
  secrets: DkgSecrets,
  output: Output<Made, Given>,
): Machine<Given> {
  const taken = takeSecrets(secrets);
  const wipe = (): void => erase(taken.constant, taken.own);
  return sequence(about(context), {
    start: (entropy) => {
      const step = round1(context, taken, entropy);
      wipe();
      return afterRound1(runOf(family, context, output), step);
    },
    wipe,
  });
}

/**
 * Gives the machine as it stood after the exchange turn that the `snapshot` was taken at. Throws
 * `mpc/bad-state` and `mpc/context-mismatch`.
 */
export function restoreDkg<Made extends Share, Given>(
  family: Family<Made>,
  context: DkgContext,
  snapshot: Uint8Array,
  output: Output<Made, Given>,
): Machine<Given> {
  const state = decodeState(family, snapshot);
  const { sid, self } = state.context;
  if (!constantTimeEqual(sid, context.sid) || self !== context.self) {
    erase(...secretsOf(state));
    throw new CovaultError("mpc/context-mismatch", "The stored round belongs to another session.");
  }
  const run = runOf(family, state.context, output);
  const rested = <S extends DkgState>(next: S) => ({ next: new Once(next, secretsOf(next)), send: new Map() });
  if (state.round === "dkg/1") return resumed(about(context), afterRound1(run, rested(state)));
  if (state.round === "dkg/2") return resumed(about(context), afterRound2(run, rested(state)));
  return resumed(about(context), afterRound3(run, rested(state)));
}

/** The suites of a family make the family's own shares, so the cast holds. */
const runOf = <Made extends Share, Given>(family: Family<Made>, context: DkgContext, output: Output<Made, Given>): Run<Given> => ({
  stored: family,
  context,
  output: output as Output<Share, unknown> as Output<Share, Given>,
});

function about(context: DkgContext): Sequence {
  const layouts: readonly MakeLayout<string>[] = [round1Layout, round2Layout, round3Layout];
  return {
    protocol: context.suite.protocols[context.kind],
    sid: context.sid,
    peers: peersOf(context),
    rounds: layouts.length,
    bodyBytes: (round, peer) => {
      const layout = layouts[round - 1];
      return layout === undefined ? 0 : layoutBytes(layout(context, peer, context.self));
    },
  };
}

function afterRound1<Given>(run: Run<Given>, step: Step<Round1State, Round1Message>): Stage<Given> {
  return exchange(run, 1, step, round1Layout, [], (mine, inbox, entropy) => afterRound2(run, round2(mine, inbox, entropy)));
}

function afterRound2<Given>(run: Run<Given>, step: Step<Round2State, Round2Message>): Stage<Given> {
  return exchange(run, 2, step, round2Layout, ["share", "zs"], (mine, inbox) => afterRound3(run, round3(mine, inbox)));
}

function afterRound3<Given>(run: Run<Given>, step: Step<Round3State, Round3Message>): Stage<Given> {
  return exchange(run, 3, step, round3Layout, ["kc"], (mine, inbox) => ({ kind: "done", output: run.output(finish(mine, inbox)) }));
}

function exchange<S extends DkgState, Name extends string, Given>(
  { stored, context }: Run<Given>,
  round: number,
  step: Step<S, Fields<Name>>,
  layout: MakeLayout<Name>,
  secret: readonly NoInfer<Name>[],
  next: (mine: Once<S>, inbox: Inbox<Fields<Name>>, entropy: Uint8Array) => Stage<Given>,
): Stage<Given> {
  const { kind, self } = context;
  const about = {
    ...{ round, run: kind, self, peers: peersOf(context), secret },
    layout: (from: ShareIndex, to: ShareIndex) => layout(context, from, to),
    encode: (held: Once<S>) => encodeState(stored, held),
  };
  return storedExchange(about, step, next);
}
