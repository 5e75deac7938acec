// This file makes the checks of round 3 of dkls23-spec section 6, and computes what follows from
// them: R and this party's shares u_i, v_i of k phi and sk phi. Signing goes on to w_i at once. A
// presignature stops here.
import { CovaultError } from "@covault/errors";
import { constantTimeEqual } from "../../kernel/equal.ts";
import type { Point } from "../../kernel/point.ts";
import * as point from "../../kernel/point.ts";
import type { Scalar } from "../../kernel/scalar.ts";
import * as scalar from "../../kernel/scalar.ts";
import { eraseFields } from "../../protocol/encoding/layout.ts";
import {
  blame,
  burn,
  differ,
  erase,
  type Fault,
  fault,
  type Inbox,
  type Keep,
  messageOf,
  type Once,
  type ShareIndex,
} from "../../protocol/index.ts";
import { rvoleBob2 } from "../ot/index.ts";
import type { Round2Message } from "./messages.ts";
import type { Bob } from "./round1.ts";
import type { Round2State } from "./round2.ts";
import { multiplicationId, nonceCommitment, type Quorum } from "./setup.ts";

/** What a presignature keeps. It is secret: t of them reveal the nonce and the key. */
export interface Combined {
  readonly quorum: Quorum;
  readonly h1: Uint8Array;
  /** The opened nonces of all signers, ascending. */
  readonly opened: ReadonlyMap<ShareIndex, OpenedNonce>;
  readonly R: Point;
  readonly phi: Scalar;
  readonly u: Scalar;
  readonly v: Scalar;
}

/** What a signer showed to all others in round 2. */
export type OpenedNonce = Pick<Round2Message, "R" | "rho" | "pk">;

/** What one partner contributes once it has passed every check. */
interface Contribution {
  readonly R: Point;
  readonly pk: Point;
  readonly psi: Scalar;
  /** The shares d^u_ij and d^v_ij. */
  readonly d: readonly [Scalar, Scalar];
}

/**
 * Combines what the signers sent in round 2. Throws, in this order: `mpc/mul-check-failed` (a burn,
 * whatever else failed), `mpc/echo-mismatch`, the first of the other checks,
 * `mpc/signature-invalid` if the key shares do not sum to the key, `mpc/degenerate`.
 */
export function combine(mine: Once<Round2State>, inbox: Inbox<Round2Message>): Combined {
  try {
    return mine.use((state, keep) => {
      const shares = combined(state, inbox, keep);
      erase(state.r, state.sk, state.cu, state.cv);
      for (const { chi, ot } of state.bobs.values()) erase(chi, ot.choices, ot.v);
      return shares;
    });
  } finally {
    eraseFields(inbox, ["psi"]);
  }
}

function combined(state: Round2State, inbox: Inbox<Round2Message>, keep: Keep): Combined {
  const { quorum, h1, phi } = state;
  const round = "sign, round 3";

  // 1. Only a signer that saw the same round 1 can be blamed for anything (section 9, rule 4).
  const others = quorum.peers.filter((j) => !constantTimeEqual(messageOf(inbox, j).h1, h1));

  // Checks 2 to 6 run for all senders before anything is thrown.
  const faults = new Map<ShareIndex, Fault>();
  const passed: Contribution[] = [];
  for (const j of quorum.peers) {
    if (others.includes(j)) continue;
    const checked = checkSender(state, j, messageOf(inbox, j), keep);
    if ("code" in checked) faults.set(j, checked);
    else passed.push(checked);
    if ("d" in checked) checked.d.forEach(keep);
  }
  blame(new Map([...faults].filter(([, found]) => found.consequence === "burn")), round);
  differ("mpc/echo-mismatch", others, round, "The signers saw different commitments in round 1.");
  blame(faults, round);

  const keys = passed.reduce((sum, { pk }) => point.add(sum, pk), state.pk);
  if (!point.equal(keys, quorum.publicKey))
    throw new CovaultError("mpc/signature-invalid", "The signers' key shares do not sum to the public key.", { facts: { round } });
  const R = passed.reduce((sum, each) => point.add(sum, each.R), point.decode64(state.R) as Point);
  if (point.isIdentity(R)) throw new CovaultError("mpc/degenerate", "The nonce is zero.", { facts: { round } });

  // The sums give Psi, u_i and v_i.
  const psi = scalar.sum([phi, ...passed.map((each) => each.psi)]);
  const products = [scalar.mul(state.r, psi), scalar.mul(state.sk, psi)] as const;
  const u = scalar.sum([products[0], state.cu, ...passed.map(({ d }) => d[0])]);
  const v = scalar.sum([products[1], state.cv, ...passed.map(({ d }) => d[1])]);
  erase(psi, ...products, ...passed.flatMap((each) => [each.psi, ...each.d]));
  const mine = { R: state.R, rho: state.rho, pk: state.encodedPk };
  const opened = new Map(quorum.signers.map((j) => [j, j === quorum.self ? mine : messageOf(inbox, j)]));
  return { quorum, h1, opened, R, phi, u, v };
}

/** Runs steps 2 to 6 on one sender. */
function checkSender({ quorum, h1, coms, bobs }: Round2State, j: ShareIndex, message: Round2Message, keep: Keep): Fault | Contribution {
  const { ssid, self } = quorum;

  // 2. The sender opens the nonce that it committed to.
  if (!constantTimeEqual(nonceCommitment(ssid, j, message.R, message.rho), coms.get(j) as Uint8Array))
    return fault("mpc/opening-mismatch", "opened another nonce than it committed to");

  // 3. Everything is in range. None of this depends on a secret of this party.
  const points = [message.R, message.pk, message.gu, message.gv].map(point.decode64);
  if (points.some((P) => P === undefined)) return fault("mpc/bad-message", "sent a point that is none");
  const [R, pk, gu, gv] = points as [Point, Point, Point, Point];
  const psi = scalar.fromBytes(message.psi);
  if (psi !== undefined) keep(psi);
  if (psi === undefined || !inRange(message.eta) || !inRange(message.at))
    return fault("mpc/bad-message", "sent a scalar that is not below the group order");

  // 4. The multiplication passes its check.
  const { chi, ot } = bobs.get(j) as Bob;
  const d = rvoleBob2(multiplicationId(ssid, self, j, h1), ot, message);
  if (d === undefined) return burn("mpc/mul-check-failed", "failed the check of the multiplication");

  // 5., 6. The sender multiplied with the r_j and sk_j of its R_j and pk_j.
  const [nonce, key] = point.mulMany([R, pk], chi) as [Point, Point];
  const [du, dv] = [point.mulBase(d[0]), point.mulBase(d[1])];
  const nonceFits = point.equal(point.sub(nonce, gu), du);
  const keyFits = point.equal(point.sub(key, gv), dv);
  if (!nonceFits || !keyFits) return burn("mpc/mul-check-failed", "multiplied with another nonce or key share than it showed");
  return { R, pk, psi, d };
}

/** Tells whether all the 32-byte scalars are below q. */
function inRange(scalars: Uint8Array): boolean {
  for (let at = 0; at < scalars.length; at += 32) {
    // Only 1 scalar in 2^16 starts so high that it has to be looked at.
    if (scalars[at] === 255 && scalars[at + 1] === 255 && scalar.fromBytes(scalars.subarray(at, at + 32)) === undefined) return false;
  }
  return true;
}
