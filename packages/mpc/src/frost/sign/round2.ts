// Round 2 (RFC 9591 5.2, sign): a signer makes its signature share of every item, and sends it with
// the echo of round 1. A culprit in one item of a batch fails that item alone (dkls23-spec 6.4).

import { lagrange } from "../../group/shamir.ts";
import { u16 } from "../../kernel/bytes.ts";
import {
  blame,
  byPeer,
  erase,
  type Fault,
  fault,
  type Inbox,
  itemOf,
  type Keep,
  Once,
  type Outcome,
  type ShareIndex,
  type Step,
  settle,
} from "../../protocol/index.ts";
import type { Element, Scalar, Suite } from "../suite/index.ts";
import { TH } from "../tags.ts";
import { bindingFactors, type Commitments, groupCommitment, type NonceCommitment } from "./commitments.ts";
import { type EffectiveKey, effectiveShare } from "./key.ts";
import type { Round1Message, Round2Message } from "./messages.ts";
import type { Nonces, Round1Run, Round1State } from "./round1.ts";
import type { Quorum } from "./setup.ts";

export interface Round2State {
  readonly round: "sign/2";
  readonly quorum: Pick<Quorum, "suite" | "self" | "signers" | "peers" | "record">;
  readonly runs: readonly Round2Run[];
}

/** What round 2 made for one item. */
export interface Round2Run {
  readonly h1: Uint8Array;
  /** What was answered, or why this item has failed. */
  readonly answer: Outcome<Answer>;
}

/** This party's signature share of one item, and what it is checked with. */
export interface Answer {
  readonly key: EffectiveKey;
  readonly commitments: Commitments;
  readonly opened: Opened;
  /** The signature share z_i. */
  readonly z: Scalar;
}

/** What all signers compute alike from the commitments. It is public. */
export interface Opened {
  /** The binding factors ρ_j. */
  readonly factors: ReadonlyMap<ShareIndex, Scalar>;
  /** R as it stands in the signature. */
  readonly R: Element;
  readonly encodedR: Uint8Array;
  /** Whether the signature has the opposite of Σ D_j + ρ_j E_j. */
  readonly opposite: boolean;
  readonly challenge: Scalar;
}

/**
 * Runs round 2 of every item. An item in which a commitment is no element of the group has failed.
 * This party sends h1 and a zero for it: who had the same bytes has seen the same, and who had
 * others sees it by h1. Throws `mpc/bad-message` if no item is left.
 */
export function round2(mine: Once<Round1State>, inbox: Inbox<readonly Round1Message[]>): Step<Round2State, readonly Round2Message[]> {
  return mine.use(({ quorum, runs }, keep) => {
    const { suite, self, signers, peers, record, share } = quorum;
    const received = runs.map((run, k) => receiveAll(suite, quorum, run, (j) => itemOf(inbox, j, k)));
    const failed = received.filter(({ faults }) => faults.size > 0);
    if (failed.length === runs.length) blame(new Map(failed.flatMap(({ faults }) => [...faults])), "sign, round 2");

    const answers = received.map(({ run, commitments, faults }) =>
      settle(() => {
        blame(faults, "sign, round 2");
        return answer(quorum, run, commitments, keep);
      }),
    );
    erase(share, ...runs.flatMap(({ nonces }) => [nonces.hiding, nonces.binding]));
    const next: Round2State = {
      ...{ round: "sign/2", quorum: { suite, self, signers, peers, record } },
      runs: answers.map((each, k) => ({ h1: echo(quorum, runs[k] as Round1Run, (j) => itemOf(inbox, j, k)), answer: each })),
    };
    const zs = answers.flatMap((each) => ("output" in each ? [each.output.z] : []));
    const send = next.runs.map(({ h1, answer: each }) => {
      const z = (): Uint8Array => ("output" in each ? each.output.z.slice() : new Uint8Array(32));
      return new Map(peers.map((j) => [j, { h1, z: z() }]));
    });
    return { next: new Once(next, zs), send: byPeer(peers, send) };
  });
}

type MessageFrom = (j: ShareIndex) => Round1Message;

/** Decodes the commitments of one item. */
function receiveAll(suite: Suite, { signers, self }: Quorum, run: Round1Run, from: MessageFrom) {
  const commitments = new Map<ShareIndex, NonceCommitment>();
  const faults = new Map<ShareIndex, Fault>();
  for (const j of signers) {
    const theirs = j === self ? run.commitment : receive(suite, from(j));
    if (theirs === undefined) faults.set(j, noElement);
    else commitments.set(j, theirs);
  }
  return { run, commitments, faults };
}

export const noElement: Fault = fault("mpc/bad-message", "sent a nonce commitment that is no element of the group");

export function receive({ group }: Suite, message: Round1Message): NonceCommitment | undefined {
  const [hiding, binding] = [group.receive(message.hiding), group.receive(message.binding)];
  return hiding && binding && { hiding, binding };
}

function answer({ suite, share, self, signers }: Quorum, { item, nonces }: Round1Run, commitments: Commitments, keep: Keep): Answer {
  const { key, message } = item;
  const opened = open(suite, key, commitments, message);
  return { key, commitments, opened, z: keep(respond(suite, { key, share, self, signers, nonces, opened })) };
}

/** Gives h1 of one item, over the commitments as they were sent. */
function echo({ signers, self }: Quorum, { item: { ssid }, sent }: Round1Run, from: MessageFrom): Uint8Array {
  const echoed = signers.flatMap((j) => {
    const { hiding, binding } = j === self ? sent : from(j);
    return [u16(j), hiding, binding];
  });
  return TH("sign/h1", ssid, ...echoed);
}

/** Gives the binding factors, R and the challenge (RFC 9591 4.4 to 4.6). */
export function open(suite: Suite, key: EffectiveKey, commitments: Commitments, message: Uint8Array): Opened {
  const { group } = suite;
  const factors = bindingFactors(suite, key.encoded, commitments, message);
  let R = groupCommitment(suite, commitments, factors);
  let encodedR = group.encode([R])[0] as Uint8Array;
  const opposite = suite.wantsOpposite(encodedR);
  if (opposite) {
    R = group.opposite(R);
    encodedR = group.encode([R])[0] as Uint8Array;
  }
  return { factors, R, encodedR, opposite, challenge: suite.challenge(encodedR, key.encoded, message) };
}

interface Response {
  readonly key: EffectiveKey;
  readonly share: Scalar;
  readonly self: ShareIndex;
  readonly signers: readonly ShareIndex[];
  readonly nonces: Nonces;
  readonly opened: Opened;
}

/** Gives z_i = ±(d_i + ρ_i e_i) + λ_i s_i c. */
export function respond(suite: Suite, { key, share, self, signers, nonces, opened }: Response): Scalar {
  const { group } = suite;
  const bound = group.mul(nonces.binding, opened.factors.get(self) as Scalar);
  const nonce = group.add(nonces.hiding, bound);
  const signed = opened.opposite ? group.negate(nonce) : nonce;
  const weight = group.mul(lagrange(group, self, signers), opened.challenge);
  const effective = effectiveShare(suite, key, share);
  const weighted = group.mul(weight, effective);
  const z = group.add(signed, weighted);
  erase(bound, nonce, signed, effective, weighted);
  return z;
}
