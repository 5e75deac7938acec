// In an export t shares make the key in one place (dkls23-spec section 8), with the consent of each
// of their holders. This ends threshold protection for good. The records of all holders that
// consent say so from then on.
import { type Family, openSecret, type Predecessor, type Share } from "../dkg/index.ts";
import type { Element, Scalar } from "../group/group.ts";
import { interpolateSecret } from "../group/shamir.ts";
import { borrowed, fields, mapOf } from "../protocol/encoding/inputs.ts";
import { blame, erase, type Fault, fault, type ShareIndex } from "../protocol/index.ts";
import { type Consent, checkConsent, checkQuorum } from "./consent.ts";
import { checkPredecessor } from "./predecessor.ts";

export interface ExportSetup<Made extends Share> extends Consent {
  readonly key: Predecessor<Made["record"]>;
  /** What at least t holders released, received over confidential channels. */
  readonly shares: ReadonlyMap<ShareIndex, Uint8Array>;
}

/** What leaves a holder, and the record that the holder stores in place of its own before that. */
export interface Released<Made extends Share> {
  readonly released: Uint8Array;
  readonly record: Made["record"];
}

/**
 * Gives a holder's consent, which is its share, for the party that exports. Pairs take no part, so
 * a share that was restored from a backup is enough. Throws `mpc/bad-setup` without the explicit
 * flag, and `mpc/bad-share-record` for a share that is damaged.
 */
export function releaseShare<Made extends Share>({ readShare, suiteOf }: Family<Made>, given: Made, consent: Consent): Released<Made> {
  checkConsent(consent);
  const share = readShare(given, "share");
  return { released: openSecret(suiteOf(share.record), share), record: { ...share.record, exposed: "exported" } };
}

/**
 * Gives the secret scalar, 32 bytes as the group encodes it. Throws `mpc/bad-setup`, and
 * `mpc/bad-share`, which names every holder whose share does not belong to its public share.
 */
export function exportKey<Made extends Share>({ readKey, suiteOf }: Family<Made>, setup: ExportSetup<Made>): Uint8Array {
  checkConsent(setup);
  const read = fields<Pick<ExportSetup<Made>, "key" | "shares">>({ key: readKey, shares: mapOf(borrowed()) });
  const { key, shares } = read(setup, "");
  const suite = suiteOf(key);
  const { group } = suite;
  const publicShares = checkPredecessor(suite, key);
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
    return interpolateSecret(group, new Map([...secrets].slice(0, key.threshold)));
  } finally {
    erase(...secrets.values());
  }
}
