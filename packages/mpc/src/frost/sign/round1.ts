// Round 1 (RFC 9591 5.1, commit): a signer draws two nonces and makes their commitments.
import { CovaultError } from "@covault/errors";
import { concat, u16 } from "../../kernel/bytes.ts";
import { withTape } from "../../kernel/random.ts";
import { erase, Once, type Step } from "../../protocol/index.ts";
import type { Scalar, Suite } from "../suite/index.ts";
import type { NonceCommitment } from "./commitments.ts";
import type { Round1Message } from "./messages.ts";
import type { Quorum } from "./setup.ts";

/**
 * The state after round 1. It is never stored, cloned or resumed, since a nonce that answers twice
 * gives the share away.
 */
export interface Round1State {
  readonly round: "sign/1";
  readonly quorum: Quorum;
  readonly nonces: Nonces;
  readonly commitment: NonceCommitment;
  readonly sent: Round1Message;
}

/** The secret nonces d_i and e_i. */
export interface Nonces {
  readonly hiding: Scalar;
  readonly binding: Scalar;
}

/**
 * Runs round 1. `entropy` is 32 fresh random bytes. They are hedged with the share and the session
 * before RFC 9591's own nonce_generate hedges them again.
 */
export function round1(quorum: Quorum, entropy: Uint8Array): Step<Round1State, Round1Message> {
  const { suite, share, ssid, self, peers } = quorum;
  const tape = { entropy, secret: share, bound: [ssid, u16(self)], label: "frost/sign/1" };
  const { nonces, commitment, sent } = withTape(tape, (drawn) => {
    const [hiding, binding] = [drawn.bytes(32), drawn.bytes(32)];
    try {
      return commit(suite, share, hiding, binding);
    } finally {
      erase(hiding, binding);
    }
  });
  const state: Round1State = { round: "sign/1", quorum, nonces, commitment, sent };
  return { next: new Once(state, [share, nonces.hiding, nonces.binding]), send: new Map(peers.map((j) => [j, sent])) };
}

/**
 * The function commit. It takes the randomness of both nonce_generate as arguments, 32 bytes each.
 */
export function commit(suite: Suite, share: Scalar, hidingRandomness: Uint8Array, bindingRandomness: Uint8Array) {
  const inputs = [concat(hidingRandomness, share), concat(bindingRandomness, share)] as const;
  const nonces: Nonces = { hiding: suite.H3(inputs[0]), binding: suite.H3(inputs[1]) };
  erase(...inputs);
  if (suite.group.isZero(nonces.hiding) || suite.group.isZero(nonces.binding)) throw new CovaultError("mpc/degenerate", "A nonce is zero.");
  const { elements, wires } = suite.group.publish([nonces.hiding, nonces.binding]);
  const [hiding, binding] = elements as [NonceCommitment["hiding"], NonceCommitment["binding"]];
  return { nonces, commitment: { hiding, binding }, sent: { hiding: wires[0] as Uint8Array, binding: wires[1] as Uint8Array } };
}
