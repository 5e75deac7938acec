// What several protocols take from the agreed intent in the same way.
import { CovaultError } from "@covault/errors";
import { sessionNonce } from "@covault/mpc/dkls23";
import { type ShareIndex, shareIndex } from "@covault/mpc/protocol";
import type { SigningTerms } from "@covault/trust";
import type { Agreed } from "./protocol.ts";

/** The public input of every key generation. */
export interface KeygenPlan {
  readonly self: ShareIndex;
  readonly threshold: number;
  readonly members: readonly { readonly index: ShareIndex; readonly idpk: Uint8Array }[];
  readonly nonce: Uint8Array;
}

export function planKeygen(agreed: Agreed): KeygenPlan {
  const { action } = agreed.intent;
  if (action.case !== "keygen") throw new CovaultError("party/bad-order", "A keygen needs a keygen intent.");
  return {
    self: shareIndex(agreed.self),
    threshold: action.value.threshold,
    members: action.value.members.map((member) => ({ index: shareIndex(member.shareIndex), idpk: member.idpk })),
    nonce: nonceOf(agreed),
  };
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
