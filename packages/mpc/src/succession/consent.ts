// An export makes a key in one place, so it asks for the consent of a quorum before that, each
// holder's own (dkls23-spec section 8).
import { CovaultError } from "@covault/errors";
import { fields, oneOf } from "../protocol/encoding/inputs.ts";
import { ascending, type ShareIndex } from "../protocol/share-index.ts";

/**
 * A holder's consent to an export. There is no way back: the party that runs the export holds the
 * key alone.
 */
export interface Consent {
  readonly endThresholdProtection: true;
}

/** Checks a consent. Throws `mpc/bad-setup` without the explicit flag. */
export function checkConsent(consent: Consent): void {
  fields<Consent>({ endThresholdProtection: oneOf(true) })(consent, "");
}

/**
 * Gives the holders that released a share, ascending. Throws `mpc/bad-setup` unless they are at
 * least t holders of the key.
 */
export function checkQuorum(released: readonly ShareIndex[], holders: readonly ShareIndex[], threshold: number): readonly ShareIndex[] {
  const quorum = ascending(
    [...released].sort((a, b) => a - b),
    "shares",
  );
  const strangers = quorum.filter((j) => !holders.includes(j));
  if (strangers.length > 0) throw bad(`shares: party ${strangers.join(", ")} holds no share of this key`);
  if (quorum.length < threshold) throw bad(`shares: expected at least ${threshold}, got ${quorum.length}`);
  return quorum;
}

const bad = (message: string): CovaultError => new CovaultError("mpc/bad-setup", message);
