// Export: t shares make the key in one place (dkls23-spec section 8), with the consent of each of their holders. This ends threshold protection for
// good: the records of all who consent say so from then on.
import { CovaultError } from "@covault/errors";
import { ascending, blame, erase, type Fault, fault, type ShareIndex } from "../../protocol/index.ts";
import { type FrostKeyRecord, type FrostKeyShare, openFrostSecret } from "../encoding/key-share.ts";
import { lagrange } from "../shamir.ts";
import { checkPredecessor, type FrostPredecessor } from "../succession/predecessor.ts";
import { type Element, type Scalar, suiteOf } from "../suite/index.ts";

/** There is no way back: whoever runs the export holds the key alone. */
interface Consent {
  readonly endThresholdProtection: true;
}

export interface FrostExportSetup extends Consent {
  readonly key: FrostPredecessor;
  /** What at least t holders released, received over confidential channels. */
  readonly shares: ReadonlyMap<ShareIndex, Uint8Array>;
}

const bad = (message: string): CovaultError => new CovaultError("mpc/bad-setup", message);

/**
 * A holder's consent: its share, for whoever exports, and the record that it stores in place of its own before the share leaves. Throws
 * `mpc/bad-setup` without the explicit flag, `mpc/bad-share-record` for a share that is damaged.
 */
export function releaseFrostShare(
  share: FrostKeyShare,
  { endThresholdProtection }: Consent,
): { readonly released: Uint8Array; readonly record: FrostKeyRecord } {
  if (endThresholdProtection !== true) throw bad("endThresholdProtection: expected true");
  return { released: openFrostSecret(share), record: { ...share.record, exposed: "exported" } };
}

/**
 * The secret scalar, 32 bytes in the byte order of the suite, for `frostImportMachine` or a tool that takes scalars. Ed25519: it is no seed (nobody
 * has one for it), and a tool that clamps it signs for another key. BIP-340: the scalar of the key with even y. Throws `mpc/bad-setup`, and
 * `mpc/bad-share` naming everybody whose share is not the one of its public share.
 */
export function exportFrostKey({ key, shares, endThresholdProtection }: FrostExportSetup): Uint8Array {
  if (endThresholdProtection !== true) throw bad("endThresholdProtection: expected true");
  const { group } = suiteOf(key.scheme);
  const publicShares = checkPredecessor(key);
  const holders = ascending(
    [...shares.keys()].sort((a, b) => a - b),
    "shares",
  );
  const strangers = holders.filter((j) => !publicShares.has(j));
  if (strangers.length > 0) throw bad(`shares: party ${strangers.join(", ")} holds no share of this key`);
  if (holders.length < key.threshold) throw bad(`shares: expected at least ${key.threshold}, got ${holders.length}`);

  const faults = new Map<ShareIndex, Fault>();
  const secrets = new Map<ShareIndex, Scalar>();
  for (const j of holders) {
    const secret = group.scalar(shares.get(j) as Uint8Array);
    if (secret !== undefined && group.same(group.mulBase(secret), publicShares.get(j) as Element)) secrets.set(j, secret);
    else faults.set(j, fault("mpc/bad-share", "sent a share that is not the one of its public share"));
  }
  blame(faults, "export");
  const used = holders.slice(0, key.threshold);
  const terms = used.map((j) => group.mul(lagrange(group, j, used), secrets.get(j) as Scalar));
  const exported = terms.reduce((sum, term) => group.add(sum, term));
  erase(...terms, ...secrets.values());
  return exported;
}
