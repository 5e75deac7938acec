// Signing as a machine takes bytes and gives bytes, and never gives a snapshot. A batch is the same
// machine with more items (dkls23-spec 6.4).
import { decodeItems, encodeItems, layoutBytes } from "../../protocol/encoding/layout.ts";
import { erase, type Machine, type Outcome, onlyOutput, type Stage, sequence } from "../../protocol/index.ts";
import { type FrostSignOutput, finish } from "./finish.ts";
import { round1Layout, round2Layout } from "./messages.ts";
import { round1 } from "./round1.ts";
import { round2 } from "./round2.ts";
import {
  type FrostSignBatchSetup,
  type FrostSignSetup,
  openBatch,
  openQuorum,
  type Quorum,
  readSignBatchSetup,
  readSignSetup,
} from "./setup.ts";

/**
 * Makes the machine of a signature: 2 rounds, no guard turns. Throws `mpc/bad-setup` and
 * `mpc/bad-share-record`. Its rounds throw what `round2` and `finish` say.
 */
export const frostSignMachine = (setup: FrostSignSetup): Machine<FrostSignOutput> =>
  signingMachine(openQuorum(readSignSetup(setup, "")), onlyOutput);

/**
 * Makes the machine of a batch (dkls23-spec 6.4): 1 to 64 signatures of one key in the rounds of
 * one. The machine's `sid` is the bid. The output has an outcome for each item, in their order: a
 * signature, or the error that this item alone failed with, with its culprits. Throws what
 * `frostSignMachine` throws. Its rounds throw if no item is left.
 */
export const frostSignBatchMachine = (setup: FrostSignBatchSetup): Machine<readonly Outcome<FrostSignOutput>[]> =>
  signingMachine(openBatch(readSignBatchSetup(setup, "")), (outcomes) => outcomes);

type End<Output> = (outcomes: readonly Outcome<FrostSignOutput>[]) => Output;

function signingMachine<Output>(quorum: Quorum, end: End<Output>): Machine<Output> {
  const { suite, sid, peers, items } = quorum;
  const layouts = [round1Layout(suite), round2Layout];
  const bodyBytes = (round: number): number => items.length * layoutBytes(layouts[round - 1] ?? {});
  const about = { protocol: "frost-sign", sid, peers, rounds: layouts.length, bodyBytes } as const;
  return sequence(about, { start: (entropy) => first(quorum, entropy, end), wipe: () => erase(quorum.share) });
}

function first<Output>(quorum: Quorum, entropy: Uint8Array, end: End<Output>): Stage<Output> {
  const { suite, peers, items } = quorum;
  const { next, send } = round1(quorum, entropy);
  const layout = round1Layout(suite);
  return {
    kind: "exchange",
    round: 1,
    outbox: encodeItems(layout, send),
    deliver: (bodies) => second(quorum, round2(next, decodeItems(peers, layout, items.length, bodies, "sign, round 1")), end),
    wipe: () => next.wipe(),
  };
}

function second<Output>({ peers, items }: Quorum, { next, send }: ReturnType<typeof round2>, end: End<Output>): Stage<Output> {
  return {
    kind: "exchange",
    round: 2,
    outbox: encodeItems(round2Layout, send, ["z"]),
    deliver: (bodies) => {
      const inbox = decodeItems(peers, round2Layout, items.length, bodies, "sign, round 2");
      return { kind: "done", output: end(finish(next, inbox)) };
    },
    wipe: () => next.wipe(),
  };
}
