// What several protocols take from the agreed intent in the same way.
import { CovaultError } from "@covault/errors";
import { sessionNonce } from "@covault/mpc/dkls23";
import { type ShareIndex, shareIndex } from "@covault/mpc/protocol";
import { foundingOf, type SchemeName, type SigningTerms, schemeOf } from "@covault/trust";
import type { Agreed } from "./protocol.ts";

/** The public input of every key generation. */
export interface KeygenPlan {
  readonly self: ShareIndex;
  readonly threshold: number;
  readonly members: readonly { readonly index: ShareIndex; readonly idpk: Uint8Array }[];
  readonly nonce: Uint8Array;
}

export function planKeygen(agreed: Agreed): KeygenPlan {
  const keygen = foundingOf(agreed.intent);
  if (keygen === undefined) throw new CovaultError("party/bad-order", "A keygen needs a keygen intent.");
  return {
    self: shareIndex(agreed.self),
    threshold: keygen.threshold,
    members: keygen.members.map((member) => ({ index: shareIndex(member.shareIndex), idpk: member.idpk })),
    nonce: nonceOf(agreed),
  };
}

/** The public input of an import. All members get a share. */
export interface ImportPlan extends KeygenPlan {
  readonly importer: ShareIndex;
  readonly receivers: readonly ShareIndex[];
  /** The public key as points of the scheme are encoded. */
  readonly publicKey: Uint8Array;
  readonly chain: Uint8Array;
  readonly epochNumber: number;
}

export function planImport(agreed: Agreed): ImportPlan {
  const { action } = agreed.intent;
  if (action.case !== "import") throw new CovaultError("party/bad-order", "An import needs an intent to import.");
  const { importer, publicKey, chain, keygen } = action.value;
  const plan = planKeygen(agreed);
  const point = schemeOf(keygen?.scheme as SchemeName).publicKey.hashed(publicKey);
  const receivers = plan.members.map(({ index }) => index);
  return { ...plan, importer: shareIndex(importer), receivers, publicKey: point, chain, epochNumber: 0 };
}

/** Gives the share of a run in which every member gets one. Throws `party/bad-order` without it. */
export function receivedBy<Share>(share: Share | undefined): Share {
  if (share === undefined) throw new CovaultError("party/bad-order", "The run has given this party no share.");
  return share;
}

/**
 * Gives what is signed, as this party computed it. Throws `party/bad-order` for an attempt that
 * does not sign.
 */
export function signInput({ signing }: Agreed): SigningTerms {
  if (signing === undefined) throw new CovaultError("party/bad-order", "A signature needs an attempt that signs.");
  return signing;
}

export const nonceOf = ({ contributions }: Agreed): Uint8Array =>
  sessionNonce(new Map([...contributions].map(([index, contribution]) => [shareIndex(index), contribution] as const)));
