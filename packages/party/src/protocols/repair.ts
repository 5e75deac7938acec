// What a share repair (dkls23-spec 7.2) takes from the agreed intent, of every scheme in the same
// way. A helper brings its share. The receiver brings the record of the epoch, made of the epoch's
// certificate and of the public shares that the intent names and every helper has compared with its
// own. The session id binds all of it, so that helpers with another record are of another session.
import { CovaultError } from "@covault/errors";
import { ascending, type ShareIndex, shareIndex } from "@covault/mpc/protocol";
import { schemeOf, type VerifiedKey } from "@covault/trust";
import type { Member, RepairAction } from "@covault/wire";
import { repairing } from "../attempt/attempt-terms.ts";
import { nonceOf } from "./agreed-input.ts";
import type { Agreed, OpenShare } from "./protocol.ts";

/** The public input of a repair. */
export interface RepairPlan {
  /** The record of a helper's share, or the one of the share that the receiver is to get. */
  readonly record: Uint8Array;
  readonly isHelper: boolean;
  readonly helpers: readonly ShareIndex[];
  readonly receiver: ShareIndex;
  readonly members: readonly { readonly index: ShareIndex; readonly idpk: Uint8Array }[];
  readonly nonce: Uint8Array;
}

/** The record of a share of any scheme, in the forms of the mathematics. */
export interface RepairedRecord {
  readonly version: 1;
  readonly keyId: Uint8Array;
  readonly epoch: Uint8Array;
  readonly h2: Uint8Array;
  readonly self: ShareIndex;
  readonly threshold: number;
  readonly holders: readonly { readonly index: ShareIndex; readonly publicShare: Uint8Array }[];
  readonly publicKey: Uint8Array;
  readonly chain: Uint8Array;
  /** What this party knows of the key by itself: its own consent, and the founding certificate. */
  readonly exposed: "imported" | "exported" | undefined;
}

/** `encode` encodes a record of the scheme. Throws `mpc/bad-setup` for one that is none. */
export function planRepair(agreed: Agreed, encode: (record: RepairedRecord) => Uint8Array): RepairPlan {
  const { intent, key, members } = agreed;
  const terms = repairing(intent);
  if (terms === undefined || key === undefined)
    throw new CovaultError("party/bad-order", "A repair needs an intent that repairs a share, and its key.");
  // `openIntent` refuses a repair without a receiver.
  const receiver = terms.receiver as Member;
  return {
    record: agreed.record ?? encode(recordOf(agreed, terms, key)),
    isHelper: agreed.record !== undefined,
    helpers: ascending(terms.helpers, "helpers"),
    receiver: shareIndex(receiver.shareIndex),
    members: [...members].map(([index, { idpk }]) => ({ index: shareIndex(index), idpk })),
    nonce: nonceOf(agreed),
  };
}

function recordOf({ self, isExported }: Agreed, { publicShares }: RepairAction, key: VerifiedKey): RepairedRecord {
  const { charter, epoch, h2, threshold } = key;
  const { keyId, scheme, publicKey, chain, isImported } = charter;
  return {
    version: 1,
    ...{ keyId, epoch, h2, threshold, chain },
    self: shareIndex(self),
    holders: key.members.map((member, at) => ({ index: shareIndex(member.shareIndex), publicShare: publicShares[at] as Uint8Array })),
    publicKey: schemeOf(scheme).publicKey.hashed(publicKey),
    exposed: isExported ? "exported" : isImported ? "imported" : undefined,
  };
}

/** Gives what a member brings: a helper its share, and the receiver the record alone. */
export function broughtBy<Record>(
  { record, isHelper }: RepairPlan,
  share: OpenShare | undefined,
  read: { readonly record: (stored: Uint8Array) => Record; readonly secret: (stored: Uint8Array) => Uint8Array },
): { readonly record: Record } | { readonly record: Record; readonly secret: Uint8Array } {
  if (!isHelper) return { record: read.record(record) };
  if (share === undefined) throw new CovaultError("party/bad-order", "A helper of a repair needs its share.");
  return { record: read.record(record), secret: share.keep(read.secret(share.secret)) };
}
