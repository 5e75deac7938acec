// Section 2 as a machine: bytes in, bytes out, resumable from a snapshot. Every kind of run uses it.
import { CovaultError } from "@covault/errors";
import { constantTimeEqual } from "../../kernel/equal.ts";
import { type DkgContext, type DkgSecrets, peersOf, takeSecrets } from "../../protocol/dkg/context.ts";
import { decodeInbox, encodeOutbox, eraseFields, type Fields, type Layout, layoutBytes } from "../../protocol/encoding/layout.ts";
import type { Machine, Once, ProtocolName, Sequence, ShareIndex, Stage, Step } from "../../protocol/index.ts";
import { erase, resumed, sequence } from "../../protocol/index.ts";
import { type DkgOutput, finish } from "./finish.ts";
import { round1Layout, round2Layout, round3Layout } from "./messages.ts";
import { round1 } from "./round1.ts";
import { round2 } from "./round2.ts";
import { round3 } from "./round3.ts";
import { type DkgState, decodeState, encodeState, type Round1State, type Round2State, type Round3State } from "./state.ts";

type MakeLayout<Name extends string> = (context: DkgContext, from: ShareIndex, to: ShareIndex) => Layout<Name>;
type Finalize<Output> = (output: DkgOutput) => Output;

/** `secrets`: the constant is erased when it is dealt. Throws `mpc/bad-setup`. */
export function dkgMachine<Output>(context: DkgContext, secrets: DkgSecrets, output: Finalize<Output>): Machine<Output> {
  const taken = takeSecrets(secrets);
  const wipe = (): void => erase(taken.constant, taken.own);
  return sequence(about(context), {
    start: (entropy) => {
      const step = round1(context, taken, entropy);
      wipe();
      return afterRound1(context, step, output);
    },
    wipe,
  });
}

/** A machine after the exchange turn whose `snapshot` is given. Throws `mpc/bad-state`, `mpc/context-mismatch`. */
export function restoreDkg<Output>(context: DkgContext, snapshot: Uint8Array, output: Finalize<Output>): Machine<Output> {
  const { round, context: stored, held } = decodeState(snapshot);
  if (!constantTimeEqual(stored.sid, context.sid) || stored.self !== context.self) {
    held.wipe();
    throw new CovaultError("mpc/context-mismatch", "The stored round belongs to another session.");
  }
  const send = new Map();
  const stage =
    round === 1
      ? afterRound1(stored, { next: held as Once<Round1State>, send }, output)
      : round === 2
        ? afterRound2(stored, { next: held as Once<Round2State>, send }, output)
        : afterRound3(stored, { next: held as Once<Round3State>, send }, output);
  return resumed(about(context), stage);
}

function about(context: DkgContext): Sequence {
  const layouts: readonly MakeLayout<string>[] = [round1Layout, round2Layout, round3Layout];
  return {
    protocol: context.kind satisfies ProtocolName,
    sid: context.sid,
    peers: peersOf(context),
    rounds: layouts.length,
    bodyBytes: (round, peer) => {
      const layout = layouts[round - 1];
      return layout === undefined ? 0 : layoutBytes(layout(context, peer, context.self));
    },
  };
}

function afterRound1<Output>(
  context: DkgContext,
  step: Step<Round1State, Fields<"com" | "a" | "list">>,
  output: Finalize<Output>,
): Stage<Output> {
  return exchange(context, 1, step, round1Layout, [], (mine, inbox, entropy) => afterRound2(context, round2(mine, inbox, entropy), output));
}

function afterRound2<Output>(context: DkgContext, step: ReturnType<typeof round2>, output: Finalize<Output>): Stage<Output> {
  return exchange(context, 2, step, round2Layout, ["share", "zs"], (mine, inbox) => afterRound3(context, round3(mine, inbox), output));
}

function afterRound3<Output>(context: DkgContext, step: ReturnType<typeof round3>, output: Finalize<Output>): Stage<Output> {
  return exchange(context, 3, step, round3Layout, ["kc"], (mine, inbox) => ({ kind: "done", output: output(finish(mine, inbox)) }));
}

function exchange<S extends DkgState, Name extends string, Output>(
  context: DkgContext,
  round: number,
  step: Step<S, Fields<Name>>,
  layout: MakeLayout<Name>,
  secret: readonly NoInfer<Name>[],
  next: (mine: Once<S>, inbox: ReturnType<typeof decodeInbox<Name>>, entropy: Uint8Array) => Stage<Output>,
): Stage<Output> {
  let held = step.next;
  return {
    kind: "exchange",
    round,
    outbox: encodeOutbox((to) => layout(context, context.self, to), step.send, secret),
    deliver: (bodies, entropy) => {
      const name = `${context.kind}, round ${round}`;
      const inbox = decodeInbox(peersOf(context), (from) => layout(context, from, context.self), bodies, name);
      try {
        return next(held, inbox, entropy);
      } finally {
        eraseFields(inbox, secret);
      }
    },
    snapshot: () => {
      const encoded = encodeState(held);
      held = encoded.held;
      return encoded.bytes;
    },
    wipe: () => held.wipe(),
  };
}
