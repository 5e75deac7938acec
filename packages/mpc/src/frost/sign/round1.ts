// Round 1 (RFC 9591 5.1, commit): a signer draws two nonces for each item, and makes their
// commitments.
import { CovaultError } from "@covault/errors";
import { concat, u16 } from "../../kernel/bytes.ts";
import { type Tape, withTape } from "../../kernel/random.ts";
import { erase, Once, type Step } from "../../protocol/index.ts";
import type { Scalar, Suite } from "../suite/index.ts";
import type { NonceCommitment } from "./commitments.ts";
import type { Round1Message } from "./messages.ts";
import type { Item, Quorum } from "./setup.ts";

/**
 * The state after round 1. It is never stored, cloned or resumed, since a nonce that answers twice
 * gives the share away.
 */
export interface Round1State {
  readonly round: "sign/1";
  readonly quorum: Quorum;
  /** The runs of all items, in their order. */
  readonly runs: readonly Round1Run[];
}

/** What round 1 made for one item. */
export interface Round1Run extends Committed {
  readonly item: Item;
}

/** Two nonces, with what is shown of them. */
export interface Committed {
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
 * Runs round 1 of every item. `entropy` is 32 fresh random bytes. They serve all items, each of
 * which has a tape of its own, and are hedged with the share and the item before RFC 9591's own
 * nonce_generate hedges them again.
 */
export function round1(quorum: Quorum, entropy: Uint8Array): Step<Round1State, readonly Round1Message[]> {
  const { suite, share, items, self, peers } = quorum;
  const runs = items.map((item): Round1Run => {
    const tape = { entropy, secret: share, bound: [item.ssid, u16(self)], label: "frost/sign/1" };
    return { item, ...withTape(tape, (drawn) => drawNonces(suite, share, drawn)) };
  });
  const state: Round1State = { round: "sign/1", quorum, runs };
  const sent = runs.map((run) => run.sent);
  const secrets = runs.flatMap(({ nonces }) => [nonces.hiding, nonces.binding]);
  return { next: new Once(state, [share, ...secrets]), send: new Map(peers.map((j) => [j, sent])) };
}

/** Draws two nonces: 32 bytes and 32 bytes, the random_bytes of nonce_generate. */
export function drawNonces(suite: Suite, share: Scalar, drawn: Tape): Committed {
  const [hiding, binding] = [drawn.bytes(32), drawn.bytes(32)];
  try {
    return commit(suite, share, hiding, binding);
  } finally {
    erase(hiding, binding);
  }
}

/**
 * The function commit. It takes the randomness of both nonce_generate as arguments, 32 bytes each.
 */
export function commit(suite: Suite, share: Scalar, hidingRandomness: Uint8Array, bindingRandomness: Uint8Array): Committed {
  const inputs = [concat(hidingRandomness, share), concat(bindingRandomness, share)] as const;
  const nonces: Nonces = { hiding: suite.H3(inputs[0]), binding: suite.H3(inputs[1]) };
  erase(...inputs);
  if (suite.group.isZero(nonces.hiding) || suite.group.isZero(nonces.binding)) throw new CovaultError("mpc/degenerate", "A nonce is zero.");
  const { elements, wires } = suite.group.publish([nonces.hiding, nonces.binding]);
  const [hiding, binding] = elements as [NonceCommitment["hiding"], NonceCommitment["binding"]];
  return { nonces, commitment: { hiding, binding }, sent: { hiding: wires[0] as Uint8Array, binding: wires[1] as Uint8Array } };
}
