// Signing as a machine takes bytes and gives bytes, and never gives a snapshot. A batch is the same
// machine with more items (dkls23-spec 6.4).

import { decodeItems, encodeItems, layoutBytes } from "../../protocol/encoding/layout.ts";
import type { Inbox, Machine, Once, Outcome, Stage } from "../../protocol/index.ts";
import { erase, onlyOutput, sequence } from "../../protocol/index.ts";
import { check } from "./check.ts";
import { type Combined, combine } from "./combine.ts";
import { finish, type SignOutput } from "./finish.ts";
import { type Round2Message, round1Layout, round2Layout, round3Layout } from "./messages.ts";
import { round1 } from "./round1.ts";
import { type Round2State, round2 } from "./round2.ts";
import { round3 } from "./round3.ts";
import { quorumSecrets } from "./secrets.ts";
import { openBatch, openQuorum, type Quorum, readSignBatchSetup, readSignSetup, type SignBatchSetup, type SignSetup } from "./setup.ts";

/**
 * Makes the machine of a signature: 3 rounds, a guard turn after the first. Throws `mpc/bad-setup`,
 * `mpc/pairs-missing`, `mpc/pairs-mismatch`, `mpc/pair-burned`, and `mpc/context-mismatch` when the
 * joins do not agree about a pair. Its rounds throw what `check`, `combine` and `finish` say.
 */
export function signMachine(given: SignSetup): Machine<SignOutput> {
  const setup = readSignSetup(given, "");
  return signingMachine(openQuorum(setup, setup.digest), onlyOutput);
}

/**
 * Makes the machine of a batch (dkls23-spec 6.4): 1 to 64 digests of one key, in the rounds and
 * with the guard turn of one signature. The machine's `sid` is the bid, and the guard turn asks for
 * one write-ahead note of each partner, whatever the number of items. Until round 3 a failure is
 * that of the whole batch, names the sender and the check, and never the item. The output has an
 * outcome for each item, in their order: a signature, or the error that this item alone failed
 * with. A digest without a signature counts as possibly signed. Throws what `signMachine` throws.
 */
export const signBatchMachine = (setup: SignBatchSetup): Machine<readonly Outcome<SignOutput>[]> =>
  signingMachine(openBatch(readSignBatchSetup(setup, "")), (outcomes) => outcomes);

const signingMachine = <Output>(quorum: Quorum, end: (outcomes: readonly Outcome<SignOutput>[]) => Output): Machine<Output> =>
  sequence(about("sign", quorum), {
    start: (entropy) => first(quorum, entropy, (mine, inbox) => third(quorum, round3(mine, inbox), end)),
    wipe: () => erase(...quorumSecrets(quorum)),
  });

/** Makes the machine of presigning, which runs rounds 1 and 2, and the checks of round 3. */
export const multiplyMachine = <Output>(quorum: Quorum, then: (combined: readonly Combined[]) => Stage<Output>): Machine<Output> =>
  sequence(about("presign", quorum), {
    start: (entropy) => first(quorum, entropy, (mine, inbox) => then(combine(mine, inbox))),
    wipe: () => erase(...quorumSecrets(quorum)),
  });

function about(protocol: "sign" | "presign", { sid, peers, items }: Quorum) {
  const layouts = protocol === "sign" ? [round1Layout, round2Layout, round3Layout] : [round1Layout, round2Layout];
  const bodyBytes = (round: number): number => items.length * layoutBytes(layouts[round - 1] ?? {});
  return { protocol, sid, peers, rounds: layouts.length, bodyBytes };
}

type AfterRound2<Output> = (mine: Once<Round2State>, inbox: Inbox<readonly Round2Message[]>) => Stage<Output>;

function first<Output>(quorum: Quorum, entropy: Uint8Array, then: AfterRound2<Output>): Stage<Output> {
  const { peers, items } = quorum;
  const { next, send } = round1(quorum, entropy);
  return {
    kind: "exchange",
    round: 1,
    outbox: encodeItems(round1Layout, send),
    deliver: (bodies) => {
      const inbox = decodeItems(peers, round1Layout, items.length, bodies, "sign, round 1");
      return {
        kind: "guard",
        partners: peers,
        check: () => {
          const checked = check(next, inbox);
          return {
            verdict: checked.verdict,
            resume: (fresh) => second(quorum, round2(checked.next, fresh), then),
            wipe: () => checked.next.wipe(),
          };
        },
        wipe: () => next.wipe(),
      };
    },
    wipe: () => next.wipe(),
  };
}

function second<Output>({ peers, items }: Quorum, { next, send }: ReturnType<typeof round2>, then: AfterRound2<Output>): Stage<Output> {
  return {
    kind: "exchange",
    round: 2,
    outbox: encodeItems(round2Layout, send, ["psi"]),
    deliver: (bodies) => then(next, decodeItems(peers, round2Layout, items.length, bodies, "sign, round 2")),
    wipe: () => next.wipe(),
  };
}

function third<Output>(
  { peers, items }: Quorum,
  { next, send }: ReturnType<typeof round3>,
  end: (outcomes: readonly Outcome<SignOutput>[]) => Output,
): Stage<Output> {
  return {
    kind: "exchange",
    round: 3,
    outbox: encodeItems(round3Layout, send, ["w", "u"]),
    deliver: (bodies) => {
      const inbox = decodeItems(peers, round3Layout, items.length, bodies, "sign, round 3");
      return { kind: "done", output: end(finish(next, inbox)) };
    },
    wipe: () => next.wipe(),
  };
}
