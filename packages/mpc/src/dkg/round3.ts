// Round 3 of dkls23-spec section 2: a party checks everything that was opened, computes its share
// and the digest of the run, and confirms its pairs.
import { CovaultError } from "@covault/errors";
import type { Element, Group, Scalar } from "../group/group.ts";
import { evaluateElements, sum } from "../group/shamir.ts";
import { u16 } from "../kernel/bytes.ts";
import { constantTimeEqual } from "../kernel/equal.ts";
import { epochOf, keyIdOf } from "../protocol/encoding/names.ts";
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
} from "../protocol/index.ts";
import { deals, peersOf, receives } from "./context.ts";
import { equalDealers } from "./equal-dealers.ts";
import type { Round2Message, Round3Message } from "./messages.ts";
import { forPartners, paired } from "./pairing.ts";
import { proves } from "./proof.ts";
import { commitment } from "./round1.ts";
import { type Round2State, type Round3State, secretsOf } from "./state.ts";

/**
 * Runs round 3. Throws `mpc/echo-mismatch`, for which nobody is to blame, what `checkSender` finds,
 * `mpc/equal-dealers`, `mpc/degenerate`, and `mpc/invariant` for what no peer can cause.
 */
export function round3(mine: Once<Round2State>, inbox: Inbox<Round2Message>): Step<Round3State, Round3Message> {
  return mine.use((state, keep) => confirm(state, inbox, keep));
}

function confirm(state: Round2State, inbox: Inbox<Round2Message>, keep: Keep): Step<Round3State, Round3Message> {
  const { context, h1 } = state;
  const { suite, self, threshold, members, receivers, prescribed, exposed } = context;
  const { group } = suite;
  const round = `${context.kind}, round 3`;

  // Check 1 runs for all senders before any other check, since a third party can make these differ.
  const others = peersOf(context).filter((j) => !constantTimeEqual(messageOf(inbox, j).h1, h1));
  differ("mpc/echo-mismatch", others, round, "The members saw different commitments in round 1, or a message was lost.");

  // Checks 2 to 7 run for all senders.
  const faults = new Map<ShareIndex, Fault>();
  const dealt = new Map<ShareIndex, readonly Element[]>([[self, receiveAll(group, state.f) as readonly Element[]]]);
  const closed = new Map<ShareIndex, unknown>();
  for (const j of peersOf(context)) {
    const checked = checkSender(state, j, messageOf(inbox, j), keep);
    if ("code" in checked) faults.set(j, checked);
    else {
      dealt.set(j, checked.commitments);
      closed.set(j, checked.pair);
    }
  }
  blame(faults, round);
  const opened = (j: ShareIndex): Pick<Round2Message, "f" | "cc" | "rho" | "pok"> => (j === self ? state : messageOf(inbox, j));
  blame(
    equalDealers(context, (j) => opened(j).f),
    round,
  );

  // The sums over the dealers give the polynomial F, the key F_0, every holder's X_j and this
  // party's share s_i.
  const F = Array.from({ length: threshold }, (_, m) =>
    context.dealers.reduce((total, j) => group.plus(total, dealt.get(j)?.[m] as Element), group.identity),
  );
  const X = receivers.map((j) => evaluateElements(group, F, j));
  let key = [F[0] as Element, ...X];
  if (key.some(group.isIdentity)) throw new CovaultError("mpc/degenerate", "The joint key or a public share is the identity.");
  let secret = receives(context, self) ? keep(sumShares(state, inbox)) : undefined;
  if (secret !== undefined && !group.same(group.mulBase(secret), X[receivers.indexOf(self)] as Element))
    throw new CovaultError("mpc/invariant", "My share does not match my public share.");

  // The scheme may know only one of a key and its opposite.
  let encoded = group.encode(key);
  if (suite.wantsOpposite(encoded[0] as Uint8Array)) {
    key = key.map(group.opposite);
    encoded = group.encode(key);
    const opposite = secret && keep(group.negate(secret));
    erase(secret);
    secret = opposite;
  }
  const [publicKey, ...publicShares] = encoded as [Uint8Array, ...Uint8Array[]];
  if (prescribed !== undefined && !constantTimeEqual(publicKey, prescribed.publicKey))
    throw new CovaultError("mpc/invariant", "The dealers' prescribed constants do not sum to the key.");

  // The digest h2 covers the whole run.
  const chain = prescribed?.chain ?? suite.TH("dkg/chain", h1, ...members.flatMap((j) => [u16(j), opened(j).cc]));
  const holders = receivers.map((index, k) => ({ index, publicShare: publicShares[k] as Uint8Array }));
  const h2 = suite.TH(
    "dkg/h2",
    h1,
    ...members.flatMap((j) => [u16(j), opened(j).f, opened(j).cc, opened(j).rho, opened(j).pok]),
    publicKey,
    chain,
    ...holders.flatMap(({ index, publicShare }) => [u16(index), publicShare]),
  );
  const keyId = keyIdOf(suite.scheme, publicKey, chain);
  const record = { ...suite.named, keyId, epoch: epochOf(keyId, h2), h2, threshold, holders, publicKey, chain, exposed };

  // Every pair gets its zero seed and its key confirmation.
  const confirmed = forPartners(context, (pairing, seat) => {
    const [mine, theirs] = [state.zs.get(seat.partner) as Uint8Array, messageOf(inbox, seat.partner).zs];
    return pairing.confirm({ ...seat, h1, h2, mine, theirs }, closed.get(seat.partner), keep);
  });
  const send = new Map(peersOf(context).map((j) => [j, { h2, kc: confirmed.get(j)?.kc ?? new Uint8Array(0) }]));

  const pairs = new Map([...confirmed].map(([j, { pair, expected }]) => [j, { pair, expected }]));

  erase(state.ownShare, ...state.zs.values());
  const next: Round3State = { round: "dkg/3", context, record, secret, pairs };
  return { next: new Once(next, secretsOf(next)), send };
}

interface Checked {
  readonly commitments: readonly Element[];
  readonly pair: unknown;
}

/** Runs checks 2 to 7 on one sender. Gives the first fault, or what the sender opened. */
function checkSender(state: Round2State, j: ShareIndex, message: Round2Message, keep: Keep): Fault | Checked {
  const { context, h1, coms } = state;
  const { suite, sid, self, prescribed } = context;
  const { group, pairing } = suite;

  // 2. The sender opens what it committed to.
  const { f, cc, pok } = message;
  if (!constantTimeEqual(commitment(context, j, message), coms.get(j) as Uint8Array))
    return fault("mpc/opening-mismatch", "opened another polynomial, chain code or nonce than it committed to");

  // 3. A dealer sends exactly t elements, and any other member none. The layout holds the lengths.
  const commitments = receiveAll(group, f);
  if (commitments === undefined) return fault("mpc/bad-message", "sent a coefficient that is no element of the group");

  if (deals(context, j)) {
    // 4. The dealer knows its polynomial.
    if (!proves(suite, pok, { h1, dealer: j, f }, commitments))
      return fault("mpc/bad-proof", "does not prove that it knows its polynomial");
    // 5. The dealer deals what is prescribed: its old share, and the old chain code.
    const constant = prescribed?.constants.get(j);
    if (constant !== undefined && !constantTimeEqual(group.encode([commitments[0] as Element])[0] as Uint8Array, constant))
      return fault("mpc/dealer-mismatch", "dealt another constant term than its own share");
    if (prescribed !== undefined && !constantTimeEqual(cc, prescribed.chain))
      return fault("mpc/dealer-mismatch", "holds another chain code");
    // 6. This party's share lies on the dealer's polynomial.
    if (receives(context, self)) {
      const share = group.scalar(message.share);
      if (share === undefined) return fault("mpc/bad-message", "sent a share that is not below the group order");
      const dealt = group.mulBase(share);
      erase(share);
      if (!group.same(dealt, evaluateElements(group, commitments, self)))
        return fault("mpc/bad-share", "dealt a share that does not lie on its polynomial");
    }
  }

  // 7. The reversal of the base OT is right. A failure bans nobody, since the run's OT state is
  //    discarded with the run.
  if (pairing === undefined || !paired(context, self, j)) return { commitments, pair: undefined };
  const pair = pairing.close({ sid, self, partner: j, h1, zs: message.zs }, state.pairs.get(j), message, keep);
  if (pair === undefined) return fault("mpc/ot-check-failed", "failed the check of the OT extension");
  return { commitments, pair };
}

function receiveAll(group: Group, f: Uint8Array): readonly Element[] | undefined {
  const elements: Element[] = [];
  for (let at = 0; at < f.length; at += group.wireBytes) {
    const F = group.receive(f.subarray(at, at + group.wireBytes));
    if (F === undefined) return undefined;
    elements.push(F);
  }
  return elements;
}

/** Gives s_i = Σ share_{j→i} over the dealers. */
function sumShares({ context, ownShare }: Round2State, inbox: Inbox<Round2Message>): Scalar {
  const dealt = context.dealers.map((j) => (j === context.self ? ownShare : messageOf(inbox, j).share));
  return sum(context.suite.group, dealt as Scalar[]);
}
