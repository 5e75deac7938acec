// Round 3 of dkls23-spec section 2: check everything that was opened, then compute the share and confirm it pair by pair.
import { CovaultError } from "@covault/errors";
import { constantTimeEqual } from "../../kernel/equal.ts";
import { TH, u16 } from "../../kernel/hash.ts";
import type { Point } from "../../kernel/point.ts";
import * as point from "../../kernel/point.ts";
import * as scalar from "../../kernel/scalar.ts";
import { deals, peersOf, receives } from "../../protocol/dkg/context.ts";
import { equalDealers } from "../../protocol/dkg/equal-dealers.ts";
import { epochOf, keyIdOf } from "../../protocol/encoding/names.ts";
import {
  blame,
  differ,
  erase,
  type Fault,
  fault,
  type Inbox,
  type Keep,
  messageOf,
  Once,
  type ShareIndex,
  type Step,
} from "../../protocol/index.ts";
import { scheme } from "../encoding/inputs.ts";
import type { Holder } from "../encoding/key-share.ts";
import { evaluatePoints } from "../shamir.ts";
import type { Round2Message, Round3Message } from "./messages.ts";
import { closePair } from "./pair.ts";
import { otSid, partnersOf } from "./pairing.ts";
import { proves } from "./proof.ts";
import { commitment } from "./round1.ts";
import { type ConfirmedPair, type Round2State, type Round3State, secretsOf } from "./state.ts";

type ClosedPair = NonNullable<ReturnType<typeof closePair>>;

/**
 * Throws `mpc/echo-mismatch` (nobody is to blame), what `checkSender` finds, `mpc/equal-dealers`, `mpc/degenerate`, and `mpc/invariant` for what no
 * peer can cause.
 */
export function round3(mine: Once<Round2State>, inbox: Inbox<Round2Message>): Step<Round3State, Round3Message> {
  return mine.use((state, keep) => confirm(state, inbox, keep));
}

function confirm(state: Round2State, inbox: Inbox<Round2Message>, keep: Keep): Step<Round3State, Round3Message> {
  const { context, h1 } = state;
  const { self, members, receivers } = context;
  const round = `${context.kind}, round 3`;

  // Check 1, for all senders before any other check: a third party can make these differ.
  const others = peersOf(context).filter((j) => !constantTimeEqual(messageOf(inbox, j).h1, h1));
  differ("mpc/echo-mismatch", others, round, "The members saw different commitments in round 1, or a message was lost.");

  // Checks 2 to 7, for all senders.
  const faults = new Map<ShareIndex, Fault>();
  const dealt = new Map<ShareIndex, readonly Point[]>();
  const pairs = new Map<ShareIndex, ClosedPair>();
  for (const j of peersOf(context)) {
    const checked = checkSender(state, j, messageOf(inbox, j));
    if ("code" in checked) faults.set(j, checked);
    else {
      dealt.set(j, checked.commitments);
      if (checked.pair !== undefined) pairs.set(j, checked.pair);
      if (checked.pair !== undefined) keep(checked.pair.recv.pairs);
    }
  }
  blame(faults, round);
  const opened = (j: ShareIndex): Pick<Round2Message, "f" | "cc" | "rho" | "pok"> => (j === self ? state : messageOf(inbox, j));
  blame(
    equalDealers(context, (j) => opened(j).f),
    round,
  );
  dealt.set(self, decodeCommitments(state.f) as readonly Point[]);

  // The sums over the dealers: my share s_i, the polynomial F, the key pk = F_0, everybody's X_j.
  const F = Array.from({ length: context.threshold }, (_, m) =>
    context.dealers.reduce((sum, j) => point.add(sum, dealt.get(j)?.[m] as Point), point.identity),
  );
  const X = receivers.map((j) => evaluatePoints(F, j));
  const pk = F[0] as Point;
  if ([pk, ...X].some((P) => point.isIdentity(P)))
    throw new CovaultError("mpc/degenerate", "The joint key or a public share is the identity.");
  const publicKey = point.encode33(pk);
  const holders: Holder[] = receivers.map((index, k) => ({ index, publicShare: point.encode33(X[k] as Point) }));
  if (context.prescribed !== undefined && !constantTimeEqual(publicKey, context.prescribed.publicKey))
    throw new CovaultError("mpc/invariant", "The dealers' prescribed constants do not sum to the key.");
  const secret = receives(context, self) ? keep(sumShares(state, inbox)) : undefined;
  if (secret !== undefined && !point.equal(point.mulBase(secret), X[receivers.indexOf(self)] as Point))
    throw new CovaultError("mpc/invariant", "My share does not match my public share.");

  // The digest of the whole run.
  const chain = context.prescribed?.chain ?? TH("dkg/chain", h1, ...members.flatMap((j) => [u16(j), opened(j).cc]));
  const h2 = TH(
    "dkg/h2",
    h1,
    ...members.flatMap((j) => [u16(j), opened(j).f, opened(j).cc, opened(j).rho, opened(j).pok]),
    publicKey,
    chain,
    ...holders.flatMap(({ index, publicShare }) => [u16(index), publicShare]),
  );
  const keyId = keyIdOf(scheme, publicKey, chain);

  // Zero seeds and key confirmation of every pair.
  const confirmed = new Map<ShareIndex, ConfirmedPair>();
  const send = new Map<ShareIndex, Round3Message>(peersOf(context).map((j) => [j, { h2, kc: new Uint8Array(0) }]));
  for (const j of partnersOf(context)) {
    const { send: otSend, recv, otx } = pairs.get(j) as ClosedPair;
    const zeroSeed = keep(zeroSeedOf(state, j, messageOf(inbox, j).zs));
    confirmed.set(j, { pair: { send: otSend, recv, zeroSeed }, expected: TH("dkg/kc", h2, u16(j), u16(self), zeroSeed, otx) });
    send.set(j, { h2, kc: TH("dkg/kc", h2, u16(self), u16(j), zeroSeed, otx) });
  }

  const { threshold, exposed } = context;
  const record = { keyId, epoch: epochOf(keyId, h2), h2, threshold, holders, publicKey, chain, exposed };
  const bytes = secret && scalar.toBytes(secret);
  erase(secret, state.ownShare, ...state.zs.values());
  const next: Round3State = { round: "dkg/3", context, record, secret: bytes, pairs: confirmed };
  return { next: new Once(next, secretsOf(next)), send };
}

/** Checks 2 to 7 on one sender: the first that fails, or what it opened. */
function checkSender(
  state: Round2State,
  j: ShareIndex,
  message: Round2Message,
): Fault | { readonly commitments: readonly Point[]; readonly pair: ClosedPair | undefined } {
  const { context, h1, coms } = state;
  const { prescribed, self } = context;

  // 2. It opens what it committed to.
  const { f, cc, rho, pok } = message;
  if (!constantTimeEqual(commitment(context.sid, j, f, cc, rho), coms.get(j) as Uint8Array))
    return fault("mpc/opening-mismatch", "opened another polynomial, chain code or nonce than it committed to");

  // 3. Exactly t points of a dealer, none of anybody else (the lengths are the layout's).
  const commitments = decodeCommitments(f);
  if (commitments === undefined) return fault("mpc/bad-message", "sent a coefficient that is no point");

  if (deals(context, j)) {
    // 4. It knows the polynomial.
    if (!proves(pok, { h1, dealer: j, f }, commitments)) return fault("mpc/bad-proof", "does not prove that it knows its polynomial");
    // 5. It deals what is prescribed: its old share, and the old chain code.
    const constant = prescribed?.constants.get(j);
    if (constant !== undefined && !constantTimeEqual(point.encode33(commitments[0] as Point), constant))
      return fault("mpc/dealer-mismatch", "dealt another constant term than its own share");
    if (prescribed !== undefined && !constantTimeEqual(cc, prescribed.chain))
      return fault("mpc/dealer-mismatch", "holds another chain code");
    // 6. My share lies on its polynomial.
    if (receives(context, self)) {
      const share = scalar.fromBytes(message.share);
      if (share === undefined) return fault("mpc/bad-message", "sent a share that is not below the group order");
      const dealt = point.mulBase(share);
      erase(share);
      if (!point.equal(dealt, evaluatePoints(commitments, self)))
        return fault("mpc/bad-share", "dealt a share that does not lie on its polynomial");
    }
  }

  // 7. The reversal of the base OT. No ban: this run's OT state is discarded with the run.
  const cross = state.pairs.get(j);
  if (cross === undefined) return { commitments, pair: undefined };
  const pair = closePair(cross, { osid: otSid(context, j), h1, zs: message.zs }, message);
  if (pair === undefined) return fault("mpc/ot-check-failed", "failed the check of the OT extension");
  return { commitments, pair };
}

function decodeCommitments(f: Uint8Array): readonly Point[] | undefined {
  const points: Point[] = [];
  for (let at = 0; at < f.length; at += 64) {
    const P = point.decode64(f.subarray(at, at + 64));
    if (P === undefined) return undefined;
    points.push(P);
  }
  return points;
}

/** s_i = Σ share_{j→i} over the dealers. */
function sumShares({ context, ownShare }: Round2State, inbox: Inbox<Round2Message>): scalar.Scalar {
  const dealt = context.dealers.map((j) => (j === context.self ? ownShare : messageOf(inbox, j).share));
  const shares = dealt.map((share) => scalar.fromBytes(share) as scalar.Scalar);
  const sum = scalar.sum(shares);
  erase(...shares);
  return sum;
}

function zeroSeedOf({ context, h1, zs }: Round2State, j: ShareIndex, theirs: Uint8Array): Uint8Array {
  const mine = zs.get(j) as Uint8Array;
  const { self } = context;
  return self < j ? TH("zero/seed", h1, u16(self), u16(j), mine, theirs) : TH("zero/seed", h1, u16(j), u16(self), theirs, mine);
}
