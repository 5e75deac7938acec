// Export: t shares make the key in one place (dkls23-spec section 8), with the consent of each of their holders. This ends threshold protection for
// good: the records of all who consent say so from then on.
import { type Consent, checkConsent, checkQuorum } from "../../protocol/dkg/consent.ts";
import { borrowed, fields, mapOf } from "../../protocol/encoding/inputs.ts";
import { blame, erase, type Fault, fault, type ShareIndex } from "../../protocol/index.ts";
import { readFrostKey, readFrostShare } from "../encoding/inputs.ts";
import { type FrostKeyRecord, type FrostKeyShare, openFrostSecret } from "../encoding/key-share.ts";
import { lagrange } from "../shamir.ts";
import { checkPredecessor, type FrostPredecessor } from "../succession/predecessor.ts";
import { type Element, type Group, type Scalar, suiteOf } from "../suite/index.ts";

export interface FrostExportSetup extends Consent {
  readonly key: FrostPredecessor;
  /** What at least t holders released, received over confidential channels. */
  readonly shares: ReadonlyMap<ShareIndex, Uint8Array>;
}

/**
 * A holder's consent: its share, for whoever exports, and the record that it stores in place of its own before the share leaves. Throws
 * `mpc/bad-setup` without the explicit flag, `mpc/bad-share-record` for a share that is damaged.
 */
export function releaseFrostShare(
  given: FrostKeyShare,
  consent: Consent,
): { readonly released: Uint8Array; readonly record: FrostKeyRecord } {
  checkConsent(consent);
  const share = readFrostShare(given, "share");
  return { released: openFrostSecret(share), record: { ...share.record, exposed: "exported" } };
}

const readSetup = fields<Pick<FrostExportSetup, "key" | "shares">>({ key: readFrostKey, shares: mapOf(borrowed()) });

/**
 * The secret scalar, 32 bytes in the byte order of the suite, for `frostImportMachine` or a tool that takes scalars. Ed25519: it is no seed (nobody
 * has one for it), and a tool that clamps it signs for another key. BIP-340: the scalar of the key with even y. Throws `mpc/bad-setup`, and
 * `mpc/bad-share` naming everybody whose share is not the one of its public share.
 */
export function exportFrostKey(setup: FrostExportSetup): Uint8Array {
  checkConsent(setup);
  const { key, shares } = readSetup(setup, "");
  const { group } = suiteOf(key.scheme);
  const publicShares = checkPredecessor(key);
  const quorum = checkQuorum([...shares.keys()], [...publicShares.keys()], key.threshold);

  const faults = new Map<ShareIndex, Fault>();
  const secrets = new Map<ShareIndex, Scalar>();
  for (const j of quorum) {
    const secret = group.scalar(shares.get(j) as Uint8Array);
    if (secret !== undefined && group.same(group.mulBase(secret), publicShares.get(j) as Element)) secrets.set(j, secret);
    else faults.set(j, fault("mpc/bad-share", "sent a share that is not the one of its public share"));
  }
  try {
    blame(faults, "export");
    const used = quorum.slice(0, key.threshold);
    return used.reduce((sum, j) => addTerm(group, sum, lagrange(group, j, used), secrets.get(j) as Scalar), group.public(0n));
  } finally {
    erase(...secrets.values());
  }
}

/** sum + lambda s, and the sum before is erased. */
function addTerm(group: Group, sum: Scalar, lambda: Scalar, s: Scalar): Scalar {
  const term = group.mul(lambda, s);
  const next = group.add(sum, term);
  erase(sum, term);
  return next;
}
