// In Finish of dkls23-spec section 6 the sums make the signature. Only a signature that verifies
// leaves. Every item of a batch is assembled alone (6.4).
import { CovaultError } from "@covault/errors";
import type { Point } from "../../kernel/point.ts";
import * as point from "../../kernel/point.ts";
import type { Scalar } from "../../kernel/scalar.ts";
import * as scalar from "../../kernel/scalar.ts";
import { concat } from "../../protocol/encoding/bytes.ts";
import { eraseItems } from "../../protocol/encoding/layout.ts";
import {
  blame,
  erase,
  type Fault,
  fault,
  type Inbox,
  itemOf,
  type Once,
  type Outcome,
  type ShareIndex,
  settle,
} from "../../protocol/index.ts";
import type { Round3Message } from "./messages.ts";
import type { Round3State } from "./round3.ts";

export interface SignOutput {
  /** The verified signature r || s, with s in the lower half, 64 bytes. */
  readonly signature: Uint8Array;
  /** The recovery bit. Ethereum's v is 27 + recovery. */
  readonly recovery: 0 | 1;
  /** pk', the key that the signature verifies against, compressed, 33 bytes. */
  readonly publicKey: Uint8Array;
}

/**
 * Gives the signature of every item, or what that item failed with: `mpc/bad-message`, or
 * `mpc/signature-invalid`, which is nobody's provable fault. The message then counts as possibly
 * signed. It is `mpc/degenerate` for a recovery id above 1, after which the signers sign again.
 */
export function finish(mine: Once<Round3State>, inbox: Inbox<readonly Round3Message[]>): readonly Outcome<SignOutput>[] {
  try {
    return mine.use(({ quorum: { peers }, runs }) => {
      const outcomes = runs.map(({ w, u, R, message, publicKey }, k) =>
        settle(() => {
          const parts = new Map(peers.map((j) => [j, itemOf(inbox, j, k)]));
          const sums = sumParts({ w, u }, parts, "sign, finish");
          return assemble(sums.w, sums.u, R, message, publicKey);
        }),
      );
      for (const { w, u } of runs) erase(w, u);
      return outcomes;
    });
  } finally {
    eraseItems(inbox, ["w", "u"]);
  }
}

interface Parts {
  readonly w: Scalar;
  readonly u: Scalar;
}

/** Gives Σ w_i and Σ u_i. Throws `mpc/bad-message`. */
export function sumParts(mine: Parts, parts: ReadonlyMap<ShareIndex, Pick<Round3Message, "w" | "u">>, round: string): Parts {
  const faults = new Map<ShareIndex, Fault>();
  const sums = [...parts].reduce<Parts>((sum, [j, message]) => {
    const [w, u] = [scalar.fromBytes(message.w), scalar.fromBytes(message.u)];
    if (w !== undefined && u !== undefined) {
      const next = { w: scalar.add(sum.w, w), u: scalar.add(sum.u, u) };
      erase(w, u);
      return next;
    }
    erase(w, u);
    faults.set(j, fault("mpc/bad-message", "sent a scalar that is not below the group order"));
    return sum;
  }, mine);
  blame(faults, round);
  return sums;
}

/**
 * Gives s = (Σ w_i) (Σ u_i)^-1, made low and verified. V = (m / s) G + (r / s) pk' has to be R
 * itself, which is ECDSA's check and that of the recovery id in one.
 */
export function assemble(w: Scalar, u: Scalar, R: Point, message: Scalar, publicKey: Point): SignOutput {
  const invalid = (why: string): CovaultError =>
    new CovaultError("mpc/signature-invalid", `The parts did not make a valid signature: ${why}.`);
  if (scalar.isZero(u)) throw invalid("the denominator is zero");
  // One inversion serves u^-1 and the s^-1 of the verification, since 1 / (w u) is enough for both.
  const both = scalar.invert(scalar.mul(w, u));
  const s = scalar.mul(scalar.mul(w, w), both);
  if (scalar.isZero(s)) throw invalid("s is zero");
  const inverse = scalar.mul(scalar.mul(u, u), both);
  if (!scalar.equal(scalar.mul(s, inverse), scalar.fromInt(1))) throw invalid("s has no inverse");

  const [encodedR, encodedKey] = point.encode64Many([R, publicKey]) as [Uint8Array, Uint8Array];
  const r = scalar.fromBytes(encodedR.subarray(0, 32));
  if (r === undefined) throw new CovaultError("mpc/degenerate", "The recovery id is above 1, which Ethereum does not take.");
  const V = point.mulAddPublic(scalar.mul(message, inverse), publicKey, scalar.mul(r, inverse));
  if (!point.equal(V, R)) throw invalid("it does not verify");

  const high = scalar.isHigh(s);
  const odd = ((encodedR[63] as number) & 1) === 1;
  return {
    signature: concat([scalar.toBytes(r), scalar.toBytes(high ? scalar.neg(s) : s)]),
    recovery: odd !== high ? 1 : 0,
    publicKey: point.compress(encodedKey),
  };
}
