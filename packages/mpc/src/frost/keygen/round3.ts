// Round 3: check everything that was opened, then compute the share and the digest of the run.
import { CovaultError } from "@covault/errors";
import { u16 } from "../../kernel/bytes.ts";
import { constantTimeEqual } from "../../kernel/equal.ts";
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
import { TH } from "../encoding/tags.ts";
import { evaluateElements } from "../shamir.ts";
import type { Element, Group, Scalar } from "../suite/index.ts";
import type { Round2Message, Round3Message } from "./messages.ts";
import { proves } from "./proof.ts";
import { commitment } from "./round1.ts";
import { type Round2State, type Round3State, secretsOf } from "./state.ts";

/**
 * Throws `mpc/echo-mismatch` (nobody is to blame), what `checkSender` finds, `mpc/equal-dealers`, `mpc/degenerate`, and `mpc/invariant` for what no
 * peer can cause.
 */
export function round3(mine: Once<Round2State>, inbox: Inbox<Round2Message>): Step<Round3State, Round3Message> {
  return mine.use((state, keep) => confirm(state, inbox, keep));
}

function confirm(state: Round2State, inbox: Inbox<Round2Message>, keep: Keep): Step<Round3State, Round3Message> {
  const { context, h1 } = state;
  const { self, suite, threshold, members, receivers, dealers } = context;
  const { group } = suite;
  const round = `${context.kind}, round 3`;

  // Check 1, for all senders before any other check: a third party can make these differ.
  const others = peersOf(context).filter((j) => !constantTimeEqual(messageOf(inbox, j).h1, h1));
  differ("mpc/echo-mismatch", others, round, "The members saw different commitments in round 1, or a message was lost.");

  // Checks 2 to 6, for all senders.
  const faults = new Map<ShareIndex, Fault>();
  const dealt = new Map<ShareIndex, readonly Element[]>();
  for (const j of peersOf(context)) {
    const checked = checkSender(state, j, messageOf(inbox, j));
    if ("code" in checked) faults.set(j, checked);
    else dealt.set(j, checked);
  }
  blame(faults, round);
  const opened = (j: ShareIndex): Pick<Round2Message, "f" | "cc" | "rho" | "pok"> => (j === self ? state : messageOf(inbox, j));
  blame(
    equalDealers(context, (j) => opened(j).f),
    round,
  );
  dealt.set(self, receiveAll(group, state.f) as readonly Element[]);

  // The sums over the dealers: the polynomial F, the key F_0, my share s_i, everybody's X_j.
  const sum = (m: number): Element => dealers.reduce((total, j) => group.plus(total, dealt.get(j)?.[m] as Element), group.identity);
  const F = Array.from({ length: threshold }, (_, m) => sum(m));
  const X = receivers.map((j) => evaluateElements(group, F, j));
  let [publicKey, ...publicShares] = group.encode([F[0] as Element, ...X]) as [Uint8Array, ...Uint8Array[]];
  let secret = receives(context, self) ? keep(sumShares(state, inbox)) : undefined;
  if (secret !== undefined && !group.same(group.mulBase(secret), X[receivers.indexOf(self)] as Element))
    throw new CovaultError("mpc/invariant", "My share does not match my public share.");

  // Of a key and its opposite the scheme may know only one.
  if (suite.wantsOpposite(publicKey)) {
    [publicKey, ...publicShares] = group.encode([F[0] as Element, ...X].map(group.opposite)) as [Uint8Array, ...Uint8Array[]];
    const opposite = secret && keep(group.negate(secret));
    erase(secret);
    secret = opposite;
  }
  if (context.prescribed !== undefined && !constantTimeEqual(publicKey, context.prescribed.publicKey))
    throw new CovaultError("mpc/invariant", "The dealers' prescribed constants do not sum to the key.");

  // The digest of the whole run.
  const chain = context.prescribed?.chain ?? TH("dkg/chain", h1, ...members.flatMap((j) => [u16(j), opened(j).cc]));
  const holders = receivers.map((index, k) => ({ index, publicShare: publicShares[k] as Uint8Array }));
  const h2 = TH(
    "dkg/h2",
    h1,
    ...members.flatMap((j) => [u16(j), opened(j).f, opened(j).cc, opened(j).rho, opened(j).pok]),
    publicKey,
    chain,
    ...holders.flatMap(({ index, publicShare }) => [u16(index), publicShare]),
  );
  const keyId = keyIdOf(suite.scheme, publicKey, chain);
  const record = {
    scheme: suite.scheme,
    keyId,
    epoch: epochOf(keyId, h2),
    h2,
    threshold,
    holders,
    publicKey,
    chain,
    exposed: context.exposed,
  };
  erase(state.ownShare);
  const next: Round3State = { round: "dkg/3", context, record, secret };
  return { next: new Once(next, secretsOf(next)), send: new Map(peersOf(context).map((j) => [j, { h2 }])) };
}

/** Checks 2 to 6 on one sender: the first that fails, or its coefficients' elements. */
function checkSender({ context, h1, coms }: Round2State, j: ShareIndex, message: Round2Message): Fault | readonly Element[] {
  const { prescribed, self, suite } = context;
  const { group } = suite;

  // 2. It opens what it committed to.
  const { f, cc, rho, pok } = message;
  if (!constantTimeEqual(commitment(context.sid, j, f, cc, rho), coms.get(j) as Uint8Array))
    return fault("mpc/opening-mismatch", "opened another polynomial, chain code or nonce than it committed to");

  // 3. Exactly t elements of a dealer, none of anybody else (the lengths are the layout's).
  const commitments = receiveAll(group, f);
  if (commitments === undefined) return fault("mpc/bad-message", "sent a coefficient that is no element of the group");
  if (!deals(context, j)) return commitments;

  // 4. It knows the polynomial.
  if (!proves(group, pok, { h1, dealer: j, f }, commitments)) return fault("mpc/bad-proof", "does not prove that it knows its polynomial");
  // 5. It deals what is prescribed: its old share, and the old chain code.
  const constant = prescribed?.constants.get(j);
  if (constant !== undefined && !constantTimeEqual(group.encode([commitments[0] as Element])[0] as Uint8Array, constant))
    return fault("mpc/dealer-mismatch", "dealt another constant term than its own share");
  if (prescribed !== undefined && !constantTimeEqual(cc, prescribed.chain)) return fault("mpc/dealer-mismatch", "holds another chain code");
  // 6. My share lies on its polynomial.
  if (receives(context, self)) {
    const share = group.scalar(message.share);
    if (share === undefined) return fault("mpc/bad-message", "sent a share that is not below the group order");
    const dealt = group.mulBase(share);
    erase(share);
    if (!group.same(dealt, evaluateElements(group, commitments, self)))
      return fault("mpc/bad-share", "dealt a share that does not lie on its polynomial");
  }
  return commitments;
}

function receiveAll(group: Group, f: Uint8Array): readonly Element[] | undefined {
  const elements: Element[] = [];
  for (let at = 0; at < f.length; at += group.elementBytes) {
    const F = group.receive(f.subarray(at, at + group.elementBytes));
    if (F === undefined) return undefined;
    elements.push(F);
  }
  return elements;
}

/** s_i = Σ share_{j→i} over the dealers. */
function sumShares({ context, ownShare }: Round2State, inbox: Inbox<Round2Message>): Scalar {
  const { group } = context.suite;
  return context.dealers.reduce((sum, j) => {
    const next = group.add(sum, (j === context.self ? ownShare : messageOf(inbox, j).share) as Scalar);
    erase(sum);
    return next;
  }, group.public(0n));
}
