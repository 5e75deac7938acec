// Round 3 of dkls23-spec section 6: a signer checks every partner's round 2, and sends its shares
// of numerator and denominator. Those of no item leave before all items have passed (6.4).
import { CovaultError } from "@covault/errors";
import type { Point } from "../../kernel/point.ts";
import * as point from "../../kernel/point.ts";
import type { Scalar } from "../../kernel/scalar.ts";
import * as scalar from "../../kernel/scalar.ts";
import { byPeer, erase, type Inbox, Once, type Step } from "../../protocol/index.ts";
import { type Combined, combine } from "./combine.ts";
import type { Round2Message, Round3Message } from "./messages.ts";
import type { Round2State } from "./round2.ts";
import { secretsOf } from "./secrets.ts";
import type { Item, Quorum } from "./setup.ts";

export interface Round3State {
  readonly round: "sign/3";
  readonly quorum: Pick<Quorum, "self" | "peers">;
  readonly runs: readonly Round3Run[];
}

/** What round 3 made for one item. */
export interface Round3Run {
  readonly publicKey: Item["publicKey"];
  readonly message: Scalar;
  readonly R: Point;
  readonly w: Scalar;
  readonly u: Scalar;
}

/** Runs round 3 of every item. Throws what `combine` throws. */
export function round3(mine: Once<Round2State>, inbox: Inbox<readonly Round2Message[]>): Step<Round3State, readonly Round3Message[]> {
  const combined = combine(mine, inbox);
  try {
    const { self, peers } = (combined[0] as Combined).quorum;
    const xs = combined.map(({ R }) => xOf(R));
    const runs = combined.map(({ item: { publicKey, message }, R, phi, u, v }, k): Round3Run => {
      if (message === undefined) throw new CovaultError("mpc/invariant", "A presignature has no round 3.");
      return { publicKey, message, R, w: numerator(message, phi, xs[k] as Scalar, v), u };
    });
    const next: Round3State = { round: "sign/3", quorum: { self, peers }, runs };
    const send = runs.map(({ w, u }) => new Map(peers.map((j) => [j, { w: scalar.toBytes(w), u: scalar.toBytes(u) }])));
    return { next: new Once(next, secretsOf(next)), send: byPeer(peers, send) };
  } catch (failed) {
    erase(...combined.map(({ u }) => u));
    throw failed;
  } finally {
    erase(...combined.flatMap(({ phi, v }) => [phi, v]));
  }
}

/** Gives r = R.x mod q. Throws `mpc/degenerate` if it is zero. */
export function xOf(R: Point): Scalar {
  const r = scalar.fromBytesMod(point.encode64(R).subarray(0, 32));
  if (scalar.isZero(r)) throw new CovaultError("mpc/degenerate", "The nonce's x coordinate is zero.");
  return r;
}

/** Gives w_i = m phi_i + r v_i. */
export function numerator(m: Scalar, phi: Scalar, r: Scalar, v: Scalar): Scalar {
  const parts = [scalar.mul(m, phi), scalar.mul(r, v)];
  const w = scalar.sum(parts);
  erase(...parts);
  return w;
}
