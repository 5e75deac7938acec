// Round 1 of dkls23-spec section 6: a signer commits to its nonce share R_i = r_i G, and starts
// every multiplication as Bob with a random chi_ij.

import { u16 } from "../../kernel/hash.ts";
import * as point from "../../kernel/point.ts";
import { type Tape, withTape } from "../../kernel/random.ts";
import type { Scalar } from "../../kernel/scalar.ts";
import * as scalar from "../../kernel/scalar.ts";
import { byPeer, erase, Once, type Outbox, type ShareIndex, type Step } from "../../protocol/index.ts";
import { type ExtensionReceiver, rvoleBob1 } from "../ot/index.ts";
import type { StoredPair } from "../pairs.ts";
import type { Round1Message } from "./messages.ts";
import { secretsOf } from "./secrets.ts";
import { extensionSalt, type Item, nonceCommitment, type Quorum } from "./setup.ts";

/**
 * The state after round 1. It is never stored, cloned or resumed (0.6), so a party that restarts
 * has lost the session.
 */
export interface Round1State {
  readonly round: "sign/1";
  readonly quorum: Quorum;
  /** The runs of all items, in their order. */
  readonly runs: readonly Round1Run[];
}

/** What round 1 made for one item. */
export interface Round1Run {
  readonly item: Item;
  /** The inversion mask. */
  readonly phi: Scalar;
  /** The nonce share. */
  readonly r: Scalar;
  /** R_i as enc64. */
  readonly R: Uint8Array;
  readonly rho: Uint8Array;
  readonly com: Uint8Array;
  readonly bobs: ReadonlyMap<ShareIndex, Bob>;
}

/** This party's state as Bob towards one partner. */
export interface Bob {
  readonly chi: Scalar;
  readonly ot: ExtensionReceiver;
}

/**
 * Runs round 1 of every item. `entropy` is 32 fresh random bytes. They serve all items, each of
 * which has a tape of its own. Throws `mpc/bad-setup` for entropy that is none.
 */
export function round1(quorum: Quorum, entropy: Uint8Array): Step<Round1State, readonly Round1Message[]> {
  const secret = scalar.toBytes(quorum.share);
  try {
    const begun = quorum.items.map((item) =>
      withTape({ entropy, secret, bound: [item.ssid, u16(quorum.self)], label: "sign/1" }, (tape) => begin(quorum, item, tape)),
    );
    const state: Round1State = { round: "sign/1", quorum, runs: begun.map(({ run }) => run) };
    const send = byPeer(
      quorum.peers,
      begun.map((each) => each.send),
    );
    return { next: new Once(state, secretsOf(state)), send };
  } finally {
    erase(secret);
  }
}

function begin({ self, peers, pairs }: Quorum, item: Item, tape: Tape): { readonly run: Round1Run; readonly send: Outbox<Round1Message> } {
  // 1. The signer makes one commitment for all partners.
  const phi = tape.scalar();
  const r = tape.nonzeroScalar();
  const R = point.encode64(point.mulBase(r));
  const rho = tape.bytes(32);
  const com = nonceCommitment(item.ssid, self, R, rho);

  // 2. The signer starts the multiplications.
  const bobs = new Map<ShareIndex, Bob>();
  const send = new Map<ShareIndex, Round1Message>();
  for (const j of peers) {
    const { recv } = pairs.get(j) as StoredPair;
    const { state, b, message } = rvoleBob1(extensionSalt(item.ssid, self, j, com), recv, tape);
    bobs.set(j, { chi: b, ot: state });
    send.set(j, { com, U: message.U, x: message.x, t: message.t });
  }
  return { run: { item, phi, r, R, rho, com, bobs }, send };
}
