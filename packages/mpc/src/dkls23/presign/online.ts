// In the online step of dkls23-spec 6.2 one message makes the signature. What is signed
// re-randomises every presignature, since a nonce that was known before the message is chosen would
// be a forgery. The digest has to be one that this party computed itself from a message that it
// decoded. A raw digest takes the three rounds.
import { CovaultError } from "@covault/errors";
import { constantTimeEqual } from "../../kernel/equal.ts";
import { THs } from "../../kernel/hash.ts";
import type { Point } from "../../kernel/point.ts";
import * as point from "../../kernel/point.ts";
import type { Scalar } from "../../kernel/scalar.ts";
import * as scalar from "../../kernel/scalar.ts";
import { bytes, fields, index, list, optional } from "../../protocol/encoding/inputs.ts";
import { eraseFields, type Fields, type Layout } from "../../protocol/encoding/layout.ts";
import { ascending, erase, type Inbox, type Keep, messageOf, Once, type ShareIndex, type Step } from "../../protocol/index.ts";
import { type NamedPairs, namedOtherwise, readNamedPairs } from "../pair-ids.ts";
import { assemble, type SignOutput, sumParts } from "../sign/finish.ts";
import { numerator, xOf } from "../sign/round3.ts";
import type { Presignature } from "./presignature.ts";

/** `m` is be32 of the digest mod q. `ctx` stands for what was approved. */
export type OnlineMessage = Fields<"pid" | "tweak" | "m" | "ctx" | "w" | "u">;
export const onlineLayout: Layout<keyof OnlineMessage> = { pid: 32, tweak: 32, m: 32, ctx: 32, w: 32, u: 32 };

export interface OnlineSetup {
  /** pid, 32 bytes, as the invite names it. Signers name a presignature by nothing else. */
  readonly id: Uint8Array;
  /** P, ascending, this party included. */
  readonly signers: readonly ShareIndex[];
  /**
   * The pair ids that the signers' joins name. Without them the driver has made sure that no pair
   * of the signers was burned or renewed.
   */
  readonly pairIds?: NamedPairs | undefined;
  /**
   * The epoch of the shares that this party signs with now, 32 bytes. A presignature of another
   * generation signs nothing.
   */
  readonly epoch: Uint8Array;
  /** The digest, 32 bytes, which this party computed from the message. */
  readonly digest: Uint8Array;
  /** tau of the key that signs, be32. It may differ from the presignature's. */
  readonly tweak: Uint8Array;
  /** The hash of the signed intent that all signers verified, 32 bytes. */
  readonly intent: Uint8Array;
}

export interface OnlineState {
  readonly round: "online/1";
  readonly peers: readonly ShareIndex[];
  readonly agreed: Pick<OnlineMessage, "pid" | "tweak" | "m" | "ctx">;
  readonly message: Scalar;
  /** The key pk + tau G. */
  readonly publicKey: Point;
  /** R' = R + delta G. */
  readonly R: Point;
  readonly w: Scalar;
  readonly u: Scalar;
}

/**
 * Runs the online step, and consumes the presignature, whatever the outcome. Throws
 * `mpc/bad-setup`, `mpc/presignature-stale` and `mpc/degenerate`.
 */
export function online1(mine: Once<Presignature>, setup: OnlineSetup): Step<OnlineState, OnlineMessage> {
  return mine.use((presignature, keep) => {
    const step = randomised(presignature, setup, keep);
    erase(presignature.phi, presignature.u, presignature.v);
    return step;
  });
}

const readSetup = fields<OnlineSetup>({
  ...{ id: bytes(32), signers: list(index), pairIds: optional(readNamedPairs), epoch: bytes(32) },
  ...{ digest: bytes(32), tweak: bytes(32), intent: bytes(32) },
});

/** Refuses a presignature that is another than the signers agreed on, and one that is stale. */
function checkNamed(presignature: Presignature, setup: OnlineSetup): void {
  const { id, signers, epoch, pairIds } = presignature;
  const bad = (message: string): CovaultError => new CovaultError("mpc/bad-setup", message);
  if (!constantTimeEqual(setup.id, id)) throw bad("id: it is not that of this presignature");
  const named = ascending(setup.signers, "signers");
  if (named.join() !== signers.join()) throw bad(`signers: this presignature is one of ${signers.join(", ")}, got ${named.join(", ")}`);
  if (!constantTimeEqual(setup.epoch, epoch))
    throw new CovaultError("mpc/presignature-stale", "This presignature was made with another generation of shares.");
  const renewed = setup.pairIds === undefined ? [] : namedOtherwise(signers, pairIds, setup.pairIds);
  if (renewed.length > 0)
    throw new CovaultError("mpc/presignature-stale", `This presignature was made with another pair of ${renewed.join(", of ")}.`, {
      facts: { pairs: renewed.join(", ") },
    });
}

function randomised(presignature: Presignature, given: OnlineSetup, keep: Keep): Step<OnlineState, OnlineMessage> {
  const setup = readSetup(given, "");
  checkNamed(presignature, setup);
  const { id: pid, self, signers, R, phi, u, v, ...before } = presignature;
  const bad = (message: string): CovaultError => new CovaultError("mpc/bad-setup", message);
  const message = scalar.fromBytesMod(setup.digest);
  if (scalar.isZero(message)) throw bad("digest: it is zero mod the group order");
  const tweak = scalar.fromBytes(setup.tweak);
  if (tweak === undefined) throw bad("tweak: expected 32 bytes below the group order");

  // tau' is the tweak that is not yet in pk' and v.
  const late = scalar.sub(tweak, before.tweak);
  const publicKey = scalar.isZero(late) ? before.publicKey : point.add(before.publicKey, point.mulBase(late));
  if (point.isIdentity(publicKey)) throw bad("tweak: the derived key is the identity");
  const agreed = { pid, tweak: setup.tweak, m: scalar.toBytes(message), ctx: setup.intent };
  const [encodedR, encodedKey] = point.encode64Many([R, publicKey]) as [Uint8Array, Uint8Array];
  const delta = THs("presig/rerand", pid, encodedR, encodedKey, agreed.tweak, agreed.m, agreed.ctx);
  const shifted = point.add(R, point.mulBase(delta));
  if (point.isIdentity(shifted)) throw new CovaultError("mpc/degenerate", "The re-randomised nonce is zero.");

  // delta and tau' are public, so their products with phi are as secret as phi.
  const r = xOf(shifted);
  const [lateV, shift] = [scalar.mul(late, phi), scalar.mul(delta, phi)];
  const shiftedV = scalar.add(v, lateV);
  const w = keep(numerator(message, phi, r, shiftedV));
  const shiftedU = keep(scalar.add(u, shift));
  erase(lateV, shift, shiftedV);
  const send = { ...agreed, w: scalar.toBytes(w), u: scalar.toBytes(shiftedU) };
  const peers = signers.filter((j) => j !== self);
  const state: OnlineState = { round: "online/1", peers, agreed, message, publicKey, R: shifted, w, u: shiftedU };
  return { next: new Once(state, [w, shiftedU]), send: new Map(peers.map((j) => [j, send])) };
}

/**
 * Gives the signature. Throws `mpc/context-mismatch` if the signers sign different things, and what
 * `finish` of a signature throws.
 */
export function onlineFinish(mine: Once<OnlineState>, inbox: Inbox<OnlineMessage>): SignOutput {
  try {
    return mine.use(({ peers, agreed, message, publicKey, R, w, u }) => {
      const names = Object.keys(agreed) as (keyof typeof agreed)[];
      const differs = peers.filter((j) => !names.every((name) => constantTimeEqual(messageOf(inbox, j)[name], agreed[name])));
      if (differs.length > 0)
        throw new CovaultError("mpc/context-mismatch", "The signers do not sign the same message with the same presignature.", {
          facts: { round: "online", "differs at": differs.join(", ") },
        });
      const sums = sumParts({ w, u }, inbox, "online");
      const output = assemble(sums.w, sums.u, R, message, publicKey);
      erase(w, u);
      return output;
    });
  } finally {
    eraseFields(inbox, ["w", "u"]);
  }
}
