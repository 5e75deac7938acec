// Signing as a machine: bytes in, bytes out, and never a snapshot.
import type { Machine, Stage } from "../../protocol/index.ts";
import { sequence } from "../../protocol/index.ts";
import { decodeInbox, encodeOutbox, layoutBytes } from "../encoding/layout.ts";
import { check } from "./check.ts";
import { finish, type SignOutput } from "./finish.ts";
import { round1Layout, round2Layout, round3Layout } from "./messages.ts";
import { round1 } from "./round1.ts";
import { round2 } from "./round2.ts";
import { round3 } from "./round3.ts";
import { openQuorum, type Quorum, type SignSetup } from "./setup.ts";

/**
 * 3 rounds, a guard turn after the first. Throws `mpc/bad-setup`, `mpc/pairs-missing`, `mpc/pair-burned`; its rounds throw what
 * `check`, `combine` and `finish` say.
 */
export function signMachine(setup: SignSetup): Machine<SignOutput> {
  const quorum = openQuorum(setup, setup.digest);
  const { ssid, peers } = quorum;
  const layouts = [round1Layout, round2Layout, round3Layout];
  return sequence(
    {
      protocol: "sign",
      sid: ssid,
      peers,
      rounds: layouts.length,
      bodyBytes: (round) => layoutBytes(layouts[round - 1] ?? {}),
    },
    (entropy) => first(quorum, entropy),
  );
}

function first(quorum: Quorum, entropy: Uint8Array): Stage<SignOutput> {
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
          return { verdict: checked.verdict, resume: (fresh) => second(quorum, round2(checked.next, fresh)) };
        },
      };
    },
  };
}

function second(quorum: Quorum, { next, send }: ReturnType<typeof round2>): Stage<SignOutput> {
  return {
    kind: "exchange",
    round: 2,
    outbox: encodeOutbox(() => round2Layout, send),
    deliver: (bodies) =>
      third(
        quorum,
        round3(
          next,
          decodeInbox(quorum.peers, () => round2Layout, bodies, "sign, round 2"),
        ),
      ),
  };
}

function third(quorum: Quorum, { next, send }: ReturnType<typeof round3>): Stage<SignOutput> {
  return {
    kind: "exchange",
    round: 3,
    outbox: encodeOutbox(() => round3Layout, send),
    deliver: (bodies) => ({
      kind: "done",
      output: finish(
        next,
        decodeInbox(quorum.peers, () => round3Layout, bodies, "sign, round 3"),
      ),
    }),
  };
}
