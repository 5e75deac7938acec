// This file computes what follows from all signers' nonce commitments: RFC 9591 4.3 (encoding), 4.4
// (binding factors) and 4.5 (group commitment).
import { concat } from "../../kernel/bytes.ts";
import type { ShareIndex } from "../../protocol/index.ts";
import type { Element, Scalar, Suite } from "../suite/index.ts";

export interface NonceCommitment {
  /** The element D_j. */
  readonly hiding: Element;
  /** The element E_j. */
  readonly binding: Element;
}

/** The commitments of all signers, ascending by signer. */
export type Commitments = ReadonlyMap<ShareIndex, NonceCommitment>;

/**
 * The function compute_binding_factors. `publicKey` and the elements are as SerializeElement gives
 * them.
 */
export function bindingFactors(
  suite: Suite,
  publicKey: Uint8Array,
  commitments: Commitments,
  message: Uint8Array,
): ReadonlyMap<ShareIndex, Scalar> {
  const { group } = suite;
  const encoded = group.encode([...commitments.values()].flatMap(({ hiding, binding }) => [hiding, binding]));
  const ids = [...commitments.keys()].map((j) => [j, group.public(BigInt(j))] as const);
  const list = concat(...ids.flatMap(([, id], k) => [id, encoded[2 * k] as Uint8Array, encoded[2 * k + 1] as Uint8Array]));
  const prefix = concat(publicKey, suite.H4(message), suite.H5(list));
  return new Map(ids.map(([j, id]) => [j, suite.H1(concat(prefix, id))]));
}

/** The function compute_group_commitment, which gives R = Σ D_j + ρ_j E_j. */
export function groupCommitment(suite: Suite, commitments: Commitments, factors: ReadonlyMap<ShareIndex, Scalar>): Element {
  const { group } = suite;
  const bound = group.combine(
    undefined,
    [...commitments].map(([j, { binding }]) => [factors.get(j) as Scalar, binding] as const),
  );
  return [...commitments.values()].reduce((sum, { hiding }) => group.plus(sum, hiding), bound);
}
