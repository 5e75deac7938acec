// Signing as a machine takes bytes and gives bytes, and never gives a snapshot.

import { decodeInbox, encodeOutbox, layoutBytes } from "../../protocol/encoding/layout.ts";
import type { Inbox, Machine, Once, Stage } from "../../protocol/index.ts";
import { erase, sequence } from "../../protocol/index.ts";
import { check } from "./check.ts";
import { type Combined, combine } from "./combine.ts";
import { finish, type SignOutput } from "./finish.ts";
import { type Round2Message, round1Layout, round2Layout, round3Layout } from "./messages.ts";
import { round1 } from "./round1.ts";
import { type Round2State, round2 } from "./round2.ts";
import { round3 } from "./round3.ts";
import { quorumSecrets } from "./secrets.ts";
import { openQuorum, type Quorum, readSignSetup, type SignSetup } from "./setup.ts";

/**
 * Makes the machine of a signature: 3 rounds, a guard turn after the first. Throws `mpc/bad-setup`,
 * `mpc/pairs-missing`, `mpc/pairs-mismatch`, `mpc/pair-burned`, and `mpc/context-mismatch` when the
 * joins do not agree about a pair. Its rounds throw what `check`, `combine` and `finish` say.
 */
export function signMachine(given: SignSetup): Machine<SignOutput> {
  const setup = readSignSetup(given, "");
  const quorum = openQuorum(setup, setup.digest);
  return sequence(about("sign", quorum), {
    start: (entropy) => first(quorum, entropy, (mine, inbox) => third(quorum, round3(mine, inbox))),
    wipe: () => erase(...quorumSecrets(quorum)),
  });
}

/** Makes the machine of presigning, which runs rounds 1 and 2, and the checks of round 3. */
export function multiplyMachine<Output>(protocol: "presign", quorum: Quorum, then: (combined: Combined) => Stage<Output>): Machine<Output> {
  return sequence(about(protocol, quorum), {
    start: (entropy) => first(quorum, entropy, (mine, inbox) => then(combine(mine, inbox))),
    wipe: () => erase(...quorumSecrets(quorum)),
  });
}

function about(protocol: "sign" | "presign", { ssid, peers }: Quorum) {
  const layouts = protocol === "sign" ? [round1Layout, round2Layout, round3Layout] : [round1Layout, round2Layout];
  return { protocol, sid: ssid, peers, rounds: layouts.length, bodyBytes: (round: number) => layoutBytes(layouts[round - 1] ?? {}) };
}

type AfterRound2<Output> = (mine: Once<Round2State>, inbox: Inbox<Round2Message>) => Stage<Output>;

function first<Output>(quorum: Quorum, entropy: Uint8Array, then: AfterRound2<Output>): Stage<Output> {
  const { next, send } = round1(quorum, entropy);
  return {
    kind: "exchange",
    round: 1,
    outbox: encodeOutbox(() => round1Layout, send),
    deliver: (bodies) => {
      const inbox = decodeInbox(quorum.peers, () => round1Layout, bodies, "sign, round 1");
      return {
        kind: "guard",
        partners: quorum.peers,
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

function second<Output>(quorum: Quorum, { next, send }: ReturnType<typeof round2>, then: AfterRound2<Output>): Stage<Output> {
  return {
    kind: "exchange",
    round: 2,
    outbox: encodeOutbox(() => round2Layout, send, ["psi"]),
    deliver: (bodies) =>
      then(
        next,
        decodeInbox(quorum.peers, () => round2Layout, bodies, "sign, round 2"),
      ),
    wipe: () => next.wipe(),
  };
}

function third(quorum: Quorum, { next, send }: ReturnType<typeof round3>): Stage<SignOutput> {
  return {
    kind: "exchange",
    round: 3,
    outbox: encodeOutbox(() => round3Layout, send, ["w", "u"]),
    deliver: (bodies) => ({
      kind: "done",
      output: finish(
        next,
        decodeInbox(quorum.peers, () => round3Layout, bodies, "sign, round 3"),
      ),
    }),
    wipe: () => next.wipe(),
  };
}
