// The DKG as a machine: bytes in, bytes out, resumable from a snapshot. Every kind of run uses it.
import { CovaultError } from "@covault/errors";
import { constantTimeEqual } from "../../kernel/equal.ts";
import { type DkgSecrets, peersOf, takeSecrets } from "../../protocol/dkg/context.ts";
import { decodeInbox, encodeOutbox, eraseFields, type Fields, type Layout, layoutBytes } from "../../protocol/encoding/layout.ts";
import type { DkgKind } from "../../protocol/encoding/names.ts";
import {
  erase,
  type Inbox,
  type Machine,
  Once,
  type ProtocolName,
  resumed,
  type Sequence,
  type ShareIndex,
  type Stage,
  type Step,
  sequence,
} from "../../protocol/index.ts";
import type { FrostDkgContext } from "./context.ts";
import { type FrostDkgOutput, finish } from "./finish.ts";
import { type Round2Message, round1Layout, round2Layout, round3Layout } from "./messages.ts";
import { round1 } from "./round1.ts";
import { round2 } from "./round2.ts";
import { round3 } from "./round3.ts";
import { decodeState, encodeState, type FrostDkgState, type Round1State, type Round2State, type Round3State, secretsOf } from "./state.ts";

type MakeLayout<Name extends string> = (context: FrostDkgContext, from: ShareIndex, to: ShareIndex) => Layout<Name>;
type Finalize<Output> = (output: FrostDkgOutput) => Output;

const protocols: Readonly<Record<DkgKind, ProtocolName>> = {
  keygen: "frost-keygen",
  refresh: "frost-refresh",
  reshare: "frost-reshare",
  import: "frost-import",
  recovery: "frost-recovery",
};

/** `secrets`: the constant is erased when it is dealt. Throws `mpc/bad-setup`. */
export function dkgMachine<Output>(context: FrostDkgContext, secrets: DkgSecrets, output: Finalize<Output>): Machine<Output> {
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
export function restoreDkg<Output>(context: FrostDkgContext, snapshot: Uint8Array, output: Finalize<Output>): Machine<Output> {
  const { context: stored, state } = decodeState(snapshot);
  if (!constantTimeEqual(stored.sid, context.sid) || stored.self !== context.self) {
    erase(...secretsOf(state));
    throw new CovaultError("mpc/context-mismatch", "The stored round belongs to another session.");
  }
  const send = new Map();
  if (state.round === "dkg/1")
    return resumed(about(context), afterRound1(stored, { next: new Once(state, secretsOf(state)), send }, output));
  if (state.round === "dkg/2")
    return resumed(about(context), afterRound2(stored, { next: new Once(state, secretsOf(state)), send }, output));
  return resumed(about(context), afterRound3(stored, { next: new Once(state, secretsOf(state)), send }, output));
}

function about(context: FrostDkgContext): Sequence {
  const layouts: readonly MakeLayout<string>[] = [round1Layout, round2Layout, round3Layout];
  return {
    protocol: protocols[context.kind],
    sid: context.sid,
    peers: peersOf(context),
    rounds: layouts.length,
    bodyBytes: (round, peer) => {
      const layout = layouts[round - 1];
      return layout === undefined ? 0 : layoutBytes(layout(context, peer, context.self));
    },
  };
}

type After<S extends FrostDkgState, Name extends string> = Step<S, Fields<Name>>;

function afterRound1<O>(context: FrostDkgContext, step: After<Round1State, "com">, output: Finalize<O>): Stage<O> {
  return exchange(context, 1, step, round1Layout, [], (mine, inbox, entropy) => afterRound2(context, round2(mine, inbox, entropy), output));
}

function afterRound2<O>(context: FrostDkgContext, step: After<Round2State, keyof Round2Message>, output: Finalize<O>): Stage<O> {
  return exchange(context, 2, step, round2Layout, ["share"], (mine, inbox) => afterRound3(context, round3(mine, inbox), output));
}

function afterRound3<O>(context: FrostDkgContext, step: After<Round3State, "h2">, output: Finalize<O>): Stage<O> {
  return exchange(context, 3, step, round3Layout, [], (mine, inbox) => ({ kind: "done", output: output(finish(mine, inbox)) }));
}

function exchange<S extends FrostDkgState, Name extends string, O>(
  context: FrostDkgContext,
  round: number,
  step: Step<S, Fields<Name>>,
  layout: MakeLayout<Name>,
  secret: readonly NoInfer<Name>[],
  next: (mine: Once<S>, inbox: Inbox<Fields<Name>>, entropy: Uint8Array) => Stage<O>,
): Stage<O> {
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
