// In Finish (RFC 9591 5.3 and 5.4, aggregate and verify_signature_share) the shares' sum is the
// signature. Only a signature that verifies leaves. If it does not verify, every share is checked
// by itself, and each sender of a wrong share is named. Every item of a batch ends alone.
import { CovaultError } from "@covault/errors";
import { lagrange } from "../../group/shamir.ts";
import { constantTimeEqual } from "../../kernel/equal.ts";
import {
  blame,
  differ,
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
import { publicShareOf } from "../key-share.ts";
import type { Element, Scalar } from "../suite/index.ts";
import type { NonceCommitment } from "./commitments.ts";
import { effectivePublicShare } from "./key.ts";
import type { Round2Message } from "./messages.ts";
import type { Answer, Round2State } from "./round2.ts";
import type { Signers } from "./setup.ts";

export interface FrostSignOutput {
  /** The verified signature, 64 bytes: R || z of RFC 8032, or of BIP-340. */
  readonly signature: Uint8Array;
  /**
   * The key that the signature verifies against, after all tweaks: 32 bytes (Ed25519), or 33 with
   * even y (BIP-340, where x alone is the key).
   */
  readonly publicKey: Uint8Array;
}

/**
 * Gives the signature of every item, or what that item failed with: `mpc/echo-mismatch`, for which
 * nobody is to blame, `mpc/bad-message`, `mpc/bad-partial-signature`, or `mpc/bad-share-record` if
 * this party's own share is damaged.
 */
export function finish(mine: Once<Round2State>, inbox: Inbox<readonly Round2Message[]>): readonly Outcome<FrostSignOutput>[] {
  return mine.use(({ quorum, runs }) => {
    const outcomes = runs.map(({ h1, answer }, k): Outcome<FrostSignOutput> => {
      if ("error" in answer) return answer;
      // The echo is checked before any share is used. An honest share would look wrong beside
      // another view of round 1.
      const others = quorum.peers.filter((j) => !constantTimeEqual(itemOf(inbox, j, k).h1, h1));
      return settle(() => {
        differ("mpc/echo-mismatch", others, "sign, finish", "The signers saw different nonce commitments in round 1.");
        const zs = new Map(quorum.peers.map((j) => [j, itemOf(inbox, j, k).z]));
        return aggregate(quorum, answer.output, zs, "sign, finish");
      });
    });
    for (const { answer } of runs) if ("output" in answer) erase(answer.output.z);
    return outcomes;
  });
}

type Aggregating = Omit<Signers, "share">;

/**
 * Gives the signature of one item. `zs` are the signature shares of all peers, as they were sent.
 */
export function aggregate(quorum: Aggregating, answer: Answer, zs: ReadonlyMap<ShareIndex, Uint8Array>, round: string): FrostSignOutput {
  const { suite, self } = quorum;
  const { group } = suite;
  const { key, opened } = answer;
  const faults = new Map<ShareIndex, Fault>();
  const shares = new Map<ShareIndex, Scalar>([[self, answer.z]]);
  for (const [j, sent] of zs) {
    const z = group.scalar(sent);
    if (z === undefined) faults.set(j, fault("mpc/bad-message", "sent a signature share that is not below the group order"));
    else shares.set(j, z);
  }
  blame(faults, round);

  const z = [...shares.values()].reduce((sum, each) => group.add(sum, each));
  const expected = group.combine(z, [[group.negate(opened.challenge), key.element]]);
  if (!group.same(expected, opened.R)) {
    const wrong = [...zs.keys()].filter((j) => !shareFits(quorum, answer, j, shares.get(j) as Scalar));
    blame(new Map(wrong.map((j) => [j, fault("mpc/bad-partial-signature", "sent a signature share that does not fit")])), round);
    throw new CovaultError("mpc/bad-share-record", "Every partner's signature share fits, but not their sum: my key share is damaged.");
  }
  return { signature: suite.signature(opened.encodedR, z), publicKey: key.encoded };
}

/** Tells whether z_j B = ±(D_j + ρ_j E_j) + λ_j c X_j. */
function shareFits({ suite, record, signers }: Aggregating, { key, commitments, opened }: Answer, j: ShareIndex, z: Scalar): boolean {
  const { group } = suite;
  const X = group.trusted(publicShareOf(record, j));
  if (X === undefined) throw new CovaultError("mpc/bad-share-record", `The public share of party ${j} is no element of its group.`);
  const { hiding, binding } = commitments.get(j) as NonceCommitment;
  const R: Element = group.plus(hiding, group.combine(undefined, [[opened.factors.get(j) as Scalar, binding]]));
  const weight = group.negate(group.mul(lagrange(group, j, signers), opened.challenge));
  const left = group.combine(z, [[weight, effectivePublicShare(suite, key, X)]]);
  return group.same(left, opened.opposite ? group.opposite(R) : R);
}
