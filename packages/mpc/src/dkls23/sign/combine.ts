// This file makes the checks of round 3 of dkls23-spec section 6, and computes what follows from
// them: R and this party's shares u_i, v_i of k phi and sk phi. Signing goes on to w_i at once. A
// presignature stops here. The items of a batch pass together: every check runs for all of them,
// and nothing tells in which item one failed (6.4).
import { CovaultError } from "@covault/errors";
import { constantTimeEqual } from "../../kernel/equal.ts";
import type { Point } from "../../kernel/point.ts";
import * as point from "../../kernel/point.ts";
import type { Scalar } from "../../kernel/scalar.ts";
import * as scalar from "../../kernel/scalar.ts";
import { eraseItems } from "../../protocol/encoding/layout.ts";
import {
  blame,
  burn,
  differ,
  erase,
  type Fault,
  fault,
  type Inbox,
  itemOf,
  type Keep,
  type Once,
  type ShareIndex,
} from "../../protocol/index.ts";
import { rvoleBob2 } from "../ot/index.ts";
import type { Round2Message } from "./messages.ts";
import type { Bob } from "./round1.ts";
import type { Round2Run, Round2State } from "./round2.ts";
import { type Item, multiplicationId, nonceCommitment, type Quorum } from "./setup.ts";

/** What a presignature keeps of one item. It is secret: t of them reveal the nonce and the key. */
export interface Combined {
  readonly quorum: Quorum;
  readonly item: Item;
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

/** What one partner contributes to an item once it has passed every check. */
interface Contribution {
  readonly R: Point;
  readonly pk: Point;
  readonly psi: Scalar;
  /** The shares d^u_ij and d^v_ij. */
  readonly d: readonly [Scalar, Scalar];
}

// The checks of one sender that can fail, in the order of section 6: step 2, two of step 3, step 4,
// and steps 5 and 6.
const wrongOpening = fault("mpc/opening-mismatch", "opened another nonce than it committed to");
const noPoint = fault("mpc/bad-message", "sent a point that is none");
const noScalar = fault("mpc/bad-message", "sent a scalar that is not below the group order");
const wrongMultiplication = burn("mpc/mul-check-failed", "failed the check of the multiplication");
const wrongProduct = burn("mpc/mul-check-failed", "multiplied with another nonce or key share than it showed");
const order = [wrongOpening, noPoint, noScalar, wrongMultiplication, wrongProduct];

/**
 * Combines what the signers sent in round 2 about every item. Throws, in this order:
 * `mpc/mul-check-failed` (a burn, whatever else failed), `mpc/echo-mismatch`, the first of the
 * other checks, `mpc/signature-invalid` if the key shares do not sum to the key, `mpc/degenerate`.
 * One failure ends all items.
 */
export function combine(mine: Once<Round2State>, inbox: Inbox<readonly Round2Message[]>): readonly Combined[] {
  try {
    return mine.use((state, keep) => {
      const shares = combined(state, inbox, keep);
      for (const { r, sk, cu, cv, bobs } of state.runs) {
        erase(r, sk, cu, cv);
        for (const { chi, ot } of bobs.values()) erase(chi, ot.choices, ot.v);
      }
      return shares;
    });
  } finally {
    eraseItems(inbox, ["psi"]);
  }
}

function combined({ quorum, runs }: Round2State, inbox: Inbox<readonly Round2Message[]>, keep: Keep): readonly Combined[] {
  const round = "sign, round 3";

  // 1. Only a signer that saw the same round 1 can be blamed for anything (section 9, rule 4).
  const others = quorum.peers.filter((j) => !runs.every(({ h1 }, k) => constantTimeEqual(itemOf(inbox, j, k).h1, h1)));

  // Checks 2 to 6 run for all senders and all items before anything is thrown.
  const faults = new Map<ShareIndex, Fault>();
  const passed = runs.map((): Contribution[] => []);
  for (const j of quorum.peers) {
    if (others.includes(j)) continue;
    const checked = runs.map((run, k) => checkSender(quorum, run, j, itemOf(inbox, j, k), keep));
    const first = firstOf(checked);
    if (first !== undefined) faults.set(j, first);
    for (const [k, each] of checked.entries()) if ("d" in each) passed[k]?.push(each);
  }
  blame(new Map([...faults].filter(([, found]) => found.consequence === "burn")), round);
  differ("mpc/echo-mismatch", others, round, "The signers saw different commitments in round 1.");
  blame(faults, round);

  const keys = runs.map(({ pk }, k) => (passed[k] ?? []).reduce((sum, each) => point.add(sum, each.pk), pk));
  if (!keys.every((key, k) => point.equal(key, (runs[k] as Round2Run).item.publicKey)))
    throw new CovaultError("mpc/signature-invalid", "The signers' key shares do not sum to the public key.", { facts: { round } });
  const nonces = runs.map(({ R }, k) => (passed[k] ?? []).reduce((sum, each) => point.add(sum, each.R), point.decode64(R) as Point));
  if (nonces.some(point.isIdentity)) throw new CovaultError("mpc/degenerate", "The nonce is zero.", { facts: { round } });

  return runs.map((run, k) => {
    const opened = new Map(quorum.signers.map((j) => [j, j === quorum.self ? openedBy(run) : itemOf(inbox, j, k)]));
    const R = nonces[k] as Point;
    return { quorum, item: run.item, h1: run.h1, opened, R, phi: run.phi, ...sums(run, passed[k] ?? [], keep) };
  });
}

const openedBy = ({ R, rho, encodedPk }: Round2Run): OpenedNonce => ({ R, rho, pk: encodedPk });

/** Gives u_i and v_i. */
function sums({ phi, r, sk, cu, cv }: Round2Run, passed: readonly Contribution[], keep: Keep): Pick<Combined, "u" | "v"> {
  const psi = scalar.sum([phi, ...passed.map((each) => each.psi)]);
  const products = [scalar.mul(r, psi), scalar.mul(sk, psi)] as const;
  const u = keep(scalar.sum([products[0], cu, ...passed.map(({ d }) => d[0])]));
  const v = keep(scalar.sum([products[1], cv, ...passed.map(({ d }) => d[1])]));
  erase(psi, ...products, ...passed.flatMap((each) => [each.psi, ...each.d]));
  return { u, v };
}

/**
 * Gives the failure of a sender, of what its items showed. A burn outranks every other, and of
 * others the first in the order of section 6 counts, in whichever item it is.
 */
function firstOf(checked: readonly (Fault | Contribution)[]): Fault | undefined {
  const failed = order.filter((each) => checked.includes(each));
  return failed.find(({ consequence }) => consequence === "burn") ?? failed[0];
}

/** Runs steps 2 to 6 on what one sender sent about one item. */
function checkSender(
  { self }: Quorum,
  { item: { ssid }, h1, coms, bobs }: Round2Run,
  j: ShareIndex,
  message: Round2Message,
  keep: Keep,
): Fault | Contribution {
  // 2. The sender opens the nonce that it committed to.
  if (!constantTimeEqual(nonceCommitment(ssid, j, message.R, message.rho), coms.get(j) as Uint8Array)) return wrongOpening;

  // 3. Everything is in range. None of this depends on a secret of this party.
  const points = [message.R, message.pk, message.gu, message.gv].map(point.decode64);
  if (points.some((P) => P === undefined)) return noPoint;
  const [R, pk, gu, gv] = points as [Point, Point, Point, Point];
  const psi = scalar.fromBytes(message.psi);
  if (psi !== undefined) keep(psi);
  if (psi === undefined || !inRange(message.eta) || !inRange(message.at)) return noScalar;

  // 4. The multiplication passes its check. Steps 5 and 6 run where it fails as well, since the
  // time would tell in how many items a sender has bet right.
  const { chi, ot } = bobs.get(j) as Bob;
  const d = rvoleBob2(multiplicationId(ssid, self, j, h1), ot, message);
  d?.forEach(keep);

  // 5., 6. The sender multiplied with the r_j and sk_j of its R_j and pk_j.
  const [nonce, key] = point.mulMany([R, pk], chi) as [Point, Point];
  const [du, dv] = (d ?? [chi, chi]).map(point.mulBase) as [Point, Point];
  const nonceFits = point.equal(point.sub(nonce, gu), du);
  const keyFits = point.equal(point.sub(key, gv), dv);
  if (d === undefined) return wrongMultiplication;
  return nonceFits && keyFits ? { R, pk, psi, d } : wrongProduct;
}

/** Tells whether all the 32-byte scalars are below q. */
function inRange(scalars: Uint8Array): boolean {
  for (let at = 0; at < scalars.length; at += 32) {
    // Only 1 scalar in 2^16 starts so high that it has to be looked at.
    if (scalars[at] === 255 && scalars[at + 1] === 255 && scalar.fromBytes(scalars.subarray(at, at + 32)) === undefined) return false;
  }
  return true;
}
