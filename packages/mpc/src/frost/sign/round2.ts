// Round 2 (RFC 9591 5.2, sign): a signer makes its signature share, and sends it with the echo of
// round 1.

import { lagrange } from "../../group/shamir.ts";
import { u16 } from "../../kernel/bytes.ts";
import { blame, erase, type Fault, fault, type Inbox, messageOf, Once, type ShareIndex, type Step } from "../../protocol/index.ts";
import type { Element, Scalar, Suite } from "../suite/index.ts";
import { TH } from "../tags.ts";
import { bindingFactors, type Commitments, groupCommitment, type NonceCommitment } from "./commitments.ts";
import { type EffectiveKey, effectiveShare } from "./key.ts";
import type { Round1Message, Round2Message } from "./messages.ts";
import type { Nonces, Round1State } from "./round1.ts";
import type { Quorum } from "./setup.ts";

export interface Round2State {
  readonly round: "sign/2";
  readonly quorum: Pick<Quorum, "suite" | "self" | "signers" | "peers" | "record" | "key">;
  readonly h1: Uint8Array;
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

/** Runs round 2. Throws `mpc/bad-message` for a commitment that is no element of the group. */
export function round2(mine: Once<Round1State>, inbox: Inbox<Round1Message>): Step<Round2State, Round2Message> {
  return mine.use(({ quorum, nonces, commitment, sent }) => {
    const { suite, ssid, self, signers, peers, record, share, key, message } = quorum;

    const commitments = new Map<ShareIndex, NonceCommitment>();
    const faults = new Map<ShareIndex, Fault>();
    for (const j of signers) {
      const theirs = j === self ? commitment : receive(suite, messageOf(inbox, j));
      if (theirs === undefined) faults.set(j, fault("mpc/bad-message", "sent a nonce commitment that is no element of the group"));
      else commitments.set(j, theirs);
    }
    blame(faults, "sign, round 2");

    const opened = open(suite, key, commitments, message);
    const z = respond(suite, { key, share, self, signers, nonces, opened });
    erase(share, nonces.hiding, nonces.binding);
    const echoed = signers.flatMap((j) => {
      const { hiding, binding } = j === self ? sent : messageOf(inbox, j);
      return [u16(j), hiding, binding];
    });
    const h1 = TH("sign/h1", ssid, ...echoed);
    const next: Round2State = { round: "sign/2", quorum: { suite, self, signers, peers, record, key }, h1, commitments, opened, z };
    return { next: new Once(next, [z]), send: new Map(peers.map((j) => [j, { h1, z: z.slice() }])) };
  });
}

function receive({ group }: Suite, message: Round1Message): NonceCommitment | undefined {
  const [hiding, binding] = [group.receive(message.hiding), group.receive(message.binding)];
  return hiding && binding && { hiding, binding };
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
