// Signing as a machine takes bytes and gives bytes, and never gives a snapshot.
import { decodeInbox, encodeOutbox, layoutBytes } from "../../protocol/encoding/layout.ts";
import { erase, type Machine, type Stage, sequence } from "../../protocol/index.ts";
import { type FrostSignOutput, finish } from "./finish.ts";
import { round1Layout, round2Layout } from "./messages.ts";
import { round1 } from "./round1.ts";
import { round2 } from "./round2.ts";
import { type FrostSignSetup, openQuorum, type Quorum, readSignSetup } from "./setup.ts";

/**
 * Makes the machine of a signature: 2 rounds, no guard turns. Throws `mpc/bad-setup` and
 * `mpc/bad-share-record`.
 */
export function frostSignMachine(setup: FrostSignSetup): Machine<FrostSignOutput> {
  const quorum = openQuorum(readSignSetup(setup, ""));
  const layouts = [round1Layout(quorum.suite), round2Layout];
  const about = {
    protocol: "frost-sign",
    sid: quorum.ssid,
    peers: quorum.peers,
    rounds: layouts.length,
    bodyBytes: (round: number) => layoutBytes(layouts[round - 1] ?? {}),
  } as const;
  return sequence(about, { start: (entropy) => first(quorum, entropy), wipe: () => erase(quorum.share) });
}

function first(quorum: Quorum, entropy: Uint8Array): Stage<FrostSignOutput> {
  const { next, send } = round1(quorum, entropy);
  const layout = () => round1Layout(quorum.suite);
  return {
    kind: "exchange",
    round: 1,
    outbox: encodeOutbox(layout, send),
    deliver: (bodies) => second(quorum, round2(next, decodeInbox(quorum.peers, layout, bodies, "sign, round 1"))),
    wipe: () => next.wipe(),
  };
}

function second({ peers }: Quorum, { next, send }: ReturnType<typeof round2>): Stage<FrostSignOutput> {
  const layout = () => round2Layout;
  return {
    kind: "exchange",
    round: 2,
    outbox: encodeOutbox(layout, send, ["z"]),
    deliver: (bodies) => ({ kind: "done", output: finish(next, decodeInbox(peers, layout, bodies, "sign, round 2")) }),
    wipe: () => next.wipe(),
  };
}
