// Export: t shares make the key in one place (dkls23-spec section 8), with the consent of each of their holders. This ends threshold protection for
// good: the records of all who consent say so from then on.
import type { Point } from "../../kernel/point.ts";
import * as point from "../../kernel/point.ts";
import type { Scalar } from "../../kernel/scalar.ts";
import * as scalar from "../../kernel/scalar.ts";
import { type Consent, checkConsent, checkQuorum } from "../../protocol/dkg/consent.ts";
import { borrowed, fields, mapOf } from "../../protocol/encoding/inputs.ts";
import { blame, erase, type Fault, fault, type ShareIndex } from "../../protocol/index.ts";
import { readKey, readShare } from "../encoding/inputs.ts";
import { type KeyRecord, type KeyShare, openSecret } from "../encoding/key-share.ts";
import { lagrange } from "../shamir.ts";
import { checkPredecessor, type Predecessor } from "../succession/predecessor.ts";

export interface ExportSetup extends Consent {
  readonly key: Predecessor;
  /** What at least t holders released, received over confidential channels. */
  readonly shares: ReadonlyMap<ShareIndex, Uint8Array>;
}

/**
 * A holder's consent: its share (be32), for whoever exports, and the record that it stores in place of its own before the share leaves. Pairs take
 * no part, so a share that was restored from a backup is enough. Throws `mpc/bad-setup` without the explicit flag, `mpc/bad-share-record` for a
 * share that is damaged.
 */
export function releaseShare(given: KeyShare, consent: Consent): { readonly released: Uint8Array; readonly record: KeyRecord } {
  checkConsent(consent);
  const share = readShare(given, "share");
  const secret = openSecret(share);
  const released = scalar.toBytes(secret);
  erase(secret);
  return { released, record: { ...share.record, exposed: "exported" } };
}

const readSetup = fields<Pick<ExportSetup, "key" | "shares">>({ key: readKey, shares: mapOf(borrowed()) });

/** The secret key, be32. Throws `mpc/bad-setup`, and `mpc/bad-share` naming everybody whose share is not the one of its public share. */
export function exportKey(setup: ExportSetup): Uint8Array {
  checkConsent(setup);
  const { key, shares } = readSetup(setup, "");
  const publicShares = checkPredecessor(key);
  const quorum = checkQuorum([...shares.keys()], [...publicShares.keys()], key.threshold);

  const faults = new Map<ShareIndex, Fault>();
  const secrets = new Map<ShareIndex, Scalar>();
  for (const j of quorum) {
    const secret = scalar.fromBytes(shares.get(j) as Uint8Array);
    if (secret !== undefined && point.equal(point.mulBase(secret), publicShares.get(j) as Point)) secrets.set(j, secret);
    else faults.set(j, fault("mpc/bad-share", "sent a share that is not the one of its public share"));
  }
  try {
    blame(faults, "export");
    const used = quorum.slice(0, key.threshold);
    const x = used.reduce((sum, j) => addTerm(sum, lagrange(j, used), secrets.get(j) as Scalar), scalar.fromInt(0));
    const exported = scalar.toBytes(x);
    erase(x);
    return exported;
  } finally {
    erase(...secrets.values());
  }
}

/** sum + lambda s, and the sum before is erased. */
function addTerm(sum: Scalar, lambda: Scalar, s: Scalar): Scalar {
  const term = scalar.mul(lambda, s);
  const next = scalar.add(sum, term);
  erase(sum, term);
  return next;
}
