// Preprocessing and the online step as machines (dkls23-spec 6.5). What the store owes the nonces
// stands in `preprocessed.ts` and in the package's README.
import { decodeInbox, decodeItems, encodeItems, encodeOutbox, eraseFields, layoutBytes } from "../../protocol/encoding/layout.ts";
import { erase, type Machine, type Stage, sequence } from "../../protocol/index.ts";
import type { FrostSignOutput } from "../sign/finish.ts";
import { round1Layout } from "../sign/messages.ts";
import { openQuorum, type Quorum } from "../sign/setup.ts";
import { echoLayout, onlineLayout } from "./messages.ts";
import { type FrostOnlineSetup, online1, onlineFinish, readOnlineSetup } from "./online.ts";
import { takePreprocessed } from "./preprocessed.ts";
import { type FrostPreprocessed, finish, round1, round2 } from "./rounds.ts";
import { type FrostPreprocessSetup, openPool, type Pool, readPreprocessSetup } from "./setup.ts";

/**
 * Makes the machine of preprocessing: 2 rounds, no guard turns, 1 to 64 items. Nothing is stored
 * before its end. Throws `mpc/bad-setup` and `mpc/bad-share-record`. Its rounds throw
 * `mpc/bad-message`, which names who sent it, and `mpc/echo-mismatch`.
 */
export function frostPreprocessMachine(setup: FrostPreprocessSetup): Machine<readonly FrostPreprocessed[]> {
  const pool = openPool(readPreprocessSetup(setup, ""));
  const { suite, psid, peers, count } = pool;
  const lengths = [count * layoutBytes(round1Layout(suite)), layoutBytes(echoLayout)];
  const about = {
    protocol: "frost-presign",
    sid: psid,
    peers,
    rounds: lengths.length,
    bodyBytes: (round: number) => lengths[round - 1] ?? 0,
  } as const;
  return sequence(about, { start: (entropy) => first(pool, entropy), wipe: () => erase(pool.share) });
}

function first(pool: Pool, entropy: Uint8Array): Stage<readonly FrostPreprocessed[]> {
  const { suite, peers, count } = pool;
  const { next, send } = round1(pool, entropy);
  const layout = round1Layout(suite);
  return {
    kind: "exchange",
    round: 1,
    outbox: encodeItems(layout, send),
    deliver: (bodies) => second(pool, round2(next, decodeItems(peers, layout, count, bodies, "preprocess, round 1"))),
    wipe: () => next.wipe(),
  };
}

function second({ peers }: Pool, { next, send }: ReturnType<typeof round2>): Stage<readonly FrostPreprocessed[]> {
  const layout = () => echoLayout;
  return {
    kind: "exchange",
    round: 2,
    outbox: encodeOutbox(layout, send),
    deliver: (bodies) => ({ kind: "done", output: finish(next, decodeInbox(peers, layout, bodies, "preprocess, round 2")) }),
    wipe: () => next.wipe(),
  };
}

/**
 * Makes the machine of the online step: 1 round. `preprocessed` is as the store gave it, and the
 * store has deleted it already. It is erased here, and consumed whatever happens. The machine's
 * `sid` is the ssid of this session. Throws `mpc/presignature-used`, `mpc/presignature-stale`,
 * `mpc/bad-state`, `mpc/bad-setup` and `mpc/bad-share-record`. Its round throws what `onlineFinish`
 * says.
 */
export function frostOnlineMachine(preprocessed: Uint8Array, given: FrostOnlineSetup): Machine<FrostSignOutput> {
  const taken = takePreprocessed(preprocessed);
  let quorum: Quorum;
  let id: Uint8Array;
  try {
    const setup = readOnlineSetup(given, "");
    quorum = openQuorum(setup);
    id = setup.id;
  } catch (refused) {
    taken.wipe();
    throw refused;
  }
  const { sid, peers } = quorum;
  const { next, send } = online1(taken, quorum, id);
  const layout = () => onlineLayout;
  const about = {
    protocol: "frost-online",
    sid,
    peers,
    rounds: 1,
    bodyBytes: (round: number) => (round === 1 ? layoutBytes(onlineLayout) : 0),
  } as const;
  // What has not left yet is erased like what has.
  const wipe = (): void => {
    next.wipe();
    eraseFields(send, ["z"]);
  };
  return sequence(about, {
    start: () => ({
      kind: "exchange",
      round: 1,
      outbox: encodeOutbox(layout, send, ["z"]),
      deliver: (bodies) => ({ kind: "done", output: onlineFinish(next, decodeInbox(peers, layout, bodies, "online")) }),
      wipe,
    }),
    wipe,
  });
}
