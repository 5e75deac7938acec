// Round 1 of dkls23-spec section 6: commit to the nonce share R_i = r_i G, and start every multiplication as Bob with a random chi_ij.

import * as point from "../../kernel/point.ts";
import { Tape } from "../../kernel/random.ts";
import type { Scalar } from "../../kernel/scalar.ts";
import * as scalar from "../../kernel/scalar.ts";
import { Once, type ShareIndex, type Step } from "../../protocol/index.ts";
import { type ExtensionReceiver, type PairState, rvoleBob1 } from "../ot/index.ts";
import type { Round1Message } from "./messages.ts";
import { extensionSalt, nonceCommitment, type Quorum } from "./setup.ts";

/** Never stored, cloned or resumed (0.6): a party that restarts has lost the session. */
export interface Round1State {
  readonly round: "sign/1";
  readonly quorum: Quorum;
  /** Inversion mask. */
  readonly phi: Scalar;
  /** Nonce share. */
  readonly r: Scalar;
  /** enc64. */
  readonly R: Uint8Array;
  readonly rho: Uint8Array;
  readonly com: Uint8Array;
  readonly bobs: ReadonlyMap<ShareIndex, Bob>;
}

/** Me as Bob towards one partner. */
export interface Bob {
  readonly chi: Scalar;
  readonly ot: ExtensionReceiver;
}

/** `entropy`: 32 fresh random bytes. */
export function round1(quorum: Quorum, entropy: Uint8Array): Step<Round1State, Round1Message> {
  const { ssid, self, peers } = quorum;
  const tape = new Tape(entropy, scalar.toBytes(quorum.share), ssid, "sign/1");

  // 1. One commitment for all.
  const phi = tape.scalar();
  const r = tape.nonzeroScalar();
  const R = point.encode64(point.mulBase(r));
  const rho = tape.bytes(32);
  const com = nonceCommitment(ssid, self, R, rho);

  // 2. The multiplications.
  const bobs = new Map<ShareIndex, Bob>();
  const send = new Map<ShareIndex, Round1Message>();
  for (const j of peers) {
    const pair = quorum.pairs.get(j) as PairState;
    const { state, b, message } = rvoleBob1(extensionSalt(ssid, self, j, com), pair.recv, tape);
    bobs.set(j, { chi: b, ot: state });
    send.set(j, { com, U: message.U, x: message.x, t: message.t });
  }
  tape.erase();
  return { next: new Once<Round1State>({ round: "sign/1", quorum, phi, r, R, rho, com, bobs }), send };
}
