// Round 2 of dkls23-spec section 6: a signer opens R_i, and multiplies as Alice with (r_i, sk_i)
// towards every partner.

import { secp256k1 } from "../../group/secp256k1.ts";
import { lagrange } from "../../group/shamir.ts";
import { TH, THs, u16 } from "../../kernel/hash.ts";
import * as point from "../../kernel/point.ts";
import { type Tape, withTape } from "../../kernel/random.ts";
import type { Scalar } from "../../kernel/scalar.ts";
import * as scalar from "../../kernel/scalar.ts";
import { blame, burn, byPeer, erase, type Keep, Once, type Outbox, type ShareIndex, type Step } from "../../protocol/index.ts";
import { rvoleAlice } from "../ot/index.ts";
import type { StoredPair } from "../pairs.ts";
import type { Alice, CheckedRun, CheckedState } from "./check.ts";
import type { Round2Message } from "./messages.ts";
import type { Bob } from "./round1.ts";
import { quorumSecrets, secretsOf } from "./secrets.ts";
import { type Item, multiplicationId, type Quorum } from "./setup.ts";

export interface Round2State {
  readonly round: "sign/2";
  readonly quorum: Quorum;
  readonly runs: readonly Round2Run[];
}

/** What round 2 made for one item. */
export interface Round2Run {
  readonly item: Item;
  readonly h1: Uint8Array;
  readonly coms: ReadonlyMap<ShareIndex, Uint8Array>;
  readonly phi: Scalar;
  readonly r: Scalar;
  /** R_i as enc64. */
  readonly R: Uint8Array;
  readonly rho: Uint8Array;
  /** This party's additive share of the tweaked key. */
  readonly sk: Scalar;
  readonly pk: point.Point;
  /** The element of `sk` as enc64. */
  readonly encodedPk: Uint8Array;
  readonly bobs: ReadonlyMap<ShareIndex, Bob>;
  /** The sums Σ_j c^u_ij and Σ_j c^v_ij. */
  readonly cu: Scalar;
  readonly cv: Scalar;
}

/**
 * Runs round 2 of every item. Throws `mpc/ot-check-failed`, a burn, if a partner failed the
 * `check`: nothing may be sent then. Throws `mpc/bad-setup` for entropy that is none.
 */
export function round2(mine: Once<CheckedState>, entropy: Uint8Array): Step<Round2State, readonly Round2Message[]> {
  return mine.use(({ quorum, runs, failed }, keep) => {
    blame(new Map(failed.map((j) => [j, burn("mpc/ot-check-failed", "failed the check of the OT extension")])), "sign, round 2");

    const secret = keep(scalar.toBytes(quorum.share));
    const multiplied = runs.map((run) => {
      // 1. The digest h1 echoes all commitments.
      const h1 = TH("sign/h1", run.item.ssid, ...[...run.coms].flatMap(([j, com]) => [u16(j), com]));
      const tape = { entropy, secret, bound: boundOf(quorum, run, h1), label: "sign/2" };
      return withTape(tape, (drawn) => multiply(quorum, run, h1, drawn, keep));
    });
    erase(secret, ...quorumSecrets(quorum));
    const next: Round2State = { round: "sign/2", quorum, runs: multiplied.map(({ run }) => run) };
    const send = byPeer(
      quorum.peers,
      multiplied.map((each) => each.send),
    );
    return { next: new Once(next, secretsOf(next)), send };
  });
}

/**
 * Gives everything of round 1, which the tape is bound to. h1 covers the commitments, and U, x~ and
 * t~ stand beside it.
 */
function boundOf({ self, peers }: Quorum, { item, alices }: CheckedRun, h1: Uint8Array): readonly Uint8Array[] {
  const received = peers.flatMap((j) => {
    const { digest, x, t } = alices.get(j) as Alice;
    return [u16(j), digest, x, t];
  });
  return [item.ssid, u16(self), h1, ...received];
}

function multiply(
  quorum: Quorum,
  checked: CheckedRun,
  h1: Uint8Array,
  tape: Tape,
  keep: Keep,
): { readonly run: Round2Run; readonly send: Outbox<Round2Message> } {
  const { item, phi, r, R, rho, bobs, coms, alices } = checked;
  const { self, peers } = quorum;

  // 3., 4. The signer makes its additive share of the key, masked by zero shares. The smallest id
  // adds the tweak.
  const sk = keep(additiveShare(quorum, item, h1));
  const pk = point.mulBase(sk);

  // 5. The signer multiplies with every partner.
  const multiplied = peers.map((j) => {
    const alice = alices.get(j) as Alice;
    const { c, message } = rvoleAlice(multiplicationId(item.ssid, j, self, h1), alice, r, sk, tape);
    erase(alice.w, alice.delta);
    c.forEach(keep);
    return { j, c, message };
  });
  const [cu, cv] = [keep(scalar.sum(multiplied.map(({ c }) => c[0]))), keep(scalar.sum(multiplied.map(({ c }) => c[1])))];
  const points = point.encode64Many([pk, ...multiplied.flatMap(({ c }) => [point.mulBase(c[0]), point.mulBase(c[1])])]);
  const encodedPk = points[0] as Uint8Array;
  const send = new Map(
    multiplied.map(({ j, message: { at, eta, mu } }, k) => {
      const [gu, gv] = [points[1 + 2 * k] as Uint8Array, points[2 + 2 * k] as Uint8Array];
      const difference = scalar.sub(phi, (bobs.get(j) as Bob).chi);
      const psi = scalar.toBytes(difference);
      erase(difference);
      return [j, { h1, R, rho, pk: encodedPk, gu, gv, psi, at, eta, mu }];
    }),
  );
  erase(...multiplied.flatMap(({ c }) => c));
  return { run: { item, h1, coms, phi, r, R, rho, sk, pk, encodedPk, bobs, cu, cv }, send };
}

/**
 * Gives sk_i = λ_i s_i + zeta_i + [i = min P] tau. The zetas cancel, so Σ sk_i is the tweaked key.
 */
function additiveShare({ self, signers, peers, pairs, share }: Quorum, { ssid, tweak }: Item, h1: Uint8Array): Scalar {
  const zs = TH("sign/zero", ssid, h1);
  const parts = [scalar.mul(scalar.fromBytesMod(lagrange(secp256k1, self, signers)), share)];
  for (const j of peers) {
    const fragment = THs("zero/frag", (pairs.get(j) as StoredPair).zeroSeed, zs);
    parts.push(j > self ? fragment : scalar.neg(fragment));
    if (j < self) erase(fragment);
  }
  const sk = scalar.sum(self === signers[0] ? [...parts, tweak] : parts);
  erase(...parts);
  return sk;
}
