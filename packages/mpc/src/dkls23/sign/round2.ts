// Round 2 of dkls23-spec section 6: open R_i, and multiply as Alice with (r_i, sk_i) towards every partner.
import { TH, THs, u16 } from "../../kernel/hash.ts";
import * as point from "../../kernel/point.ts";
import { Tape } from "../../kernel/random.ts";
import type { Scalar } from "../../kernel/scalar.ts";
import * as scalar from "../../kernel/scalar.ts";
import { blame, burn, erase, Once, type ShareIndex, type Step } from "../../protocol/index.ts";
import { type ExtensionSender, type PairState, rvoleAlice } from "../ot/index.ts";
import { lagrange } from "../shamir.ts";
import type { CheckedState } from "./check.ts";
import type { Round2Message } from "./messages.ts";
import type { Bob } from "./round1.ts";
import { multiplicationId, type Quorum } from "./setup.ts";

export interface Round2State {
  readonly round: "sign/2";
  readonly quorum: Quorum;
  readonly h1: Uint8Array;
  readonly coms: ReadonlyMap<ShareIndex, Uint8Array>;
  readonly phi: Scalar;
  readonly r: Scalar;
  /** enc64. */
  readonly R: Uint8Array;
  /** My additive share of the tweaked key. */
  readonly sk: Scalar;
  readonly pk: point.Point;
  readonly bobs: ReadonlyMap<ShareIndex, Bob>;
  /** Σ_j c^u_ij and Σ_j c^v_ij. */
  readonly cu: Scalar;
  readonly cv: Scalar;
}

/** Throws `mpc/ot-check-failed` (burn) if `check` failed anybody: nothing may be sent then. */
export function round2(mine: Once<CheckedState>, entropy: Uint8Array): Step<Round2State, Round2Message> {
  const { quorum, phi, r, R, rho, bobs, coms, alices, failed } = mine.take();
  if (failed.length > 0) {
    erase(quorum.share, phi, r);
    for (const { chi, ot } of bobs.values()) erase(chi, ot.choices, ot.v);
    for (const { delta, w } of alices.values()) erase(delta, w);
    blame(new Map(failed.map((j) => [j, burn("mpc/ot-check-failed", "failed the check of the OT extension")])), "sign, round 2");
  }
  const { ssid, self, peers } = quorum;
  const tape = new Tape(entropy, scalar.toBytes(quorum.share), ssid, "sign/2");

  // 1. The echo of all commitments.
  const h1 = TH("sign/h1", ssid, ...[...coms].flatMap(([j, com]) => [u16(j), com]));

  // 3., 4. My additive share of the key, masked by zero shares; the smallest id adds the tweak.
  const sk = additiveShare(quorum, h1);
  const pk = point.mulBase(sk);

  // 5. The multiplications.
  let [cu, cv] = [scalar.fromInt(0), scalar.fromInt(0)];
  const multiplied = peers.map((j) => {
    const { c, message } = rvoleAlice(multiplicationId(ssid, j, self, h1), alices.get(j) as ExtensionSender, r, sk, tape);
    erase(alices.get(j)?.w, alices.get(j)?.delta);
    cu = scalar.add(cu, c[0]);
    cv = scalar.add(cv, c[1]);
    return { j, c, message };
  });
  const points = point.encode64Many([pk, ...multiplied.flatMap(({ c }) => [point.mulBase(c[0]), point.mulBase(c[1])])]);
  const send = new Map(
    multiplied.map(({ j, message: { at, eta, mu } }, k) => {
      const [gu, gv] = [points[1 + 2 * k] as Uint8Array, points[2 + 2 * k] as Uint8Array];
      const psi = scalar.toBytes(scalar.sub(phi, (bobs.get(j) as Bob).chi));
      return [j, { h1, R, rho, pk: points[0] as Uint8Array, gu, gv, psi, at, eta, mu }];
    }),
  );
  tape.erase();
  erase(quorum.share);
  return { next: new Once<Round2State>({ round: "sign/2", quorum, h1, coms, phi, r, R, sk, pk, bobs, cu, cv }), send };
}

/** sk_i = λ_i s_i + zeta_i + [i = min P] tau. Σ sk_i is the tweaked key: the zetas cancel. */
function additiveShare({ ssid, self, signers, peers, pairs, share, tweak }: Quorum, h1: Uint8Array): Scalar {
  const zs = TH("sign/zero", ssid, h1);
  let sk = scalar.mul(lagrange(self, signers), share);
  for (const j of peers) {
    const fragment = THs("zero/frag", (pairs.get(j) as PairState).zeroSeed, zs);
    sk = j > self ? scalar.add(sk, fragment) : scalar.sub(sk, fragment);
  }
  return self === signers[0] ? scalar.add(sk, tweak) : sk;
}
