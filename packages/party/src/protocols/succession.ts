// What the protocols that continue a key take from the agreed intent in the same way: refresh,
// reshare and recovery (dkls23-spec 7), which differ in who deals and who gets a share.
import { CovaultError } from "@covault/errors";
import { ascending, type ShareIndex, shareIndex } from "@covault/mpc/protocol";
import { type SchemeName, schemeOf } from "@covault/trust";
import type { RefreshAction } from "@covault/wire";
import { holdersOf } from "../attempt/attempt-terms.ts";
import { continuing } from "../commit/chain.ts";
import { nonceOf } from "./agreed-input.ts";
import type { Agreed, OpenShare } from "./protocol.ts";

type Exposure = "imported" | "exported";

/** The public input of a run that continues a key. */
export interface SuccessionPlan {
  readonly self: ShareIndex;
  readonly threshold: number;
  /** Everybody who takes part: those who get a share, and dealers that leave. */
  readonly members: readonly { readonly index: ShareIndex; readonly idpk: Uint8Array }[];
  readonly dealers: readonly ShareIndex[];
  readonly receivers: readonly ShareIndex[];
  readonly epochNumber: number;
  readonly nonce: Uint8Array;
  /** The record of this party's share, and undefined when it has none of the epoch before. */
  readonly record: Uint8Array | undefined;
  /** Whether the key was exported here, which the next record says from then on. */
  readonly isExported: boolean;
  /** The epoch before, by the intent. A party without a share knows it by nothing else. */
  readonly before: Before;
}
export interface Before {
  readonly keyId: Uint8Array;
  readonly epoch: Uint8Array;
  readonly threshold: number;
  readonly holders: readonly { readonly index: ShareIndex; readonly publicShare: Uint8Array }[];
  /** The public key as points of the scheme are encoded. */
  readonly publicKey: Uint8Array;
  readonly chain: Uint8Array;
  readonly exposed?: Exposure;
}

export function planSuccession(agreed: Agreed): SuccessionPlan {
  const [terms, holders] = [continuing(agreed.intent), holdersOf(agreed.intent)];
  if (terms === undefined || holders === undefined)
    throw new CovaultError("party/bad-order", "A run that continues a key needs an intent that does.");
  const { members, leaving } = holders;
  const everybody = [...members, ...leaving].map((member) => ({ index: shareIndex(member.shareIndex), idpk: member.idpk }));
  return {
    self: shareIndex(agreed.self),
    threshold: terms.threshold,
    members: everybody.sort((a, b) => a.index - b.index),
    dealers: ascending(terms.dealers, "dealers"),
    receivers: ascending(
      members.map((member) => member.shareIndex),
      "members",
    ),
    epochNumber: terms.epochNumber,
    nonce: nonceOf(agreed),
    record: agreed.record,
    isExported: agreed.isExported,
    before: { ...beforeOf(terms), ...exposedBy(agreed) },
  };
}

/** What a party without a record knows: its own exports, and what the key's founding says. */
function exposedBy({ isExported, key }: Agreed): Pick<Before, "exposed"> {
  if (isExported) return { exposed: "exported" };
  return key?.charter.isImported === true ? { exposed: "imported" } : {};
}

function beforeOf({ keyId, oldEpoch, oldThreshold, oldMembers, oldPublicShares, publicKey, chain, scheme }: RefreshAction): Before {
  const holders = oldMembers.map((member, at) => ({
    index: shareIndex(member.shareIndex),
    publicShare: oldPublicShares[at] as Uint8Array,
  }));
  const point = schemeOf(scheme as SchemeName).publicKey.hashed(publicKey);
  return { keyId, epoch: oldEpoch, threshold: oldThreshold, holders, publicKey: point, chain };
}

/** Gives the inputs that all kinds and schemes have in common. */
export const commonOf = ({ members, nonce, epochNumber, dealers }: SuccessionPlan) => ({ members, nonce, epochNumber, dealers });

/**
 * Gives the share of this party, or undefined when it has none. `share` is undefined when a stored
 * round is restored. What is dealt stands in that round, so that the secret is not needed again.
 */
export function shareOf<Record extends { readonly exposed: Exposure | undefined }>(
  { record, isExported }: SuccessionPlan,
  share: OpenShare | undefined,
  read: { readonly record: (stored: Uint8Array) => Record; readonly secret: (stored: Uint8Array) => Uint8Array },
): { readonly record: Record; readonly secret: Uint8Array } | undefined {
  if (record === undefined) return undefined;
  const secret = share === undefined ? new Uint8Array(32) : share.keep(read.secret(share.secret));
  const held = read.record(record);
  return { record: isExported ? { ...held, exposed: "exported" } : held, secret };
}

/** Gives the share that a run cannot go without. Throws `party/bad-order` when there is none. */
export function needed<Share>(share: Share | undefined): Share {
  if (share === undefined) throw new CovaultError("party/bad-order", "This run needs a share of the epoch before.");
  return share;
}
