// What an export asks before it makes a key in one place (dkls23-spec section 8): the consent of a quorum, each holder's own.
import { CovaultError } from "@covault/errors";
import { fields, oneOf } from "../protocol/encoding/inputs.ts";
import { ascending, type ShareIndex } from "../protocol/share-index.ts";

/** There is no way back: whoever runs the export holds the key alone. */
export interface Consent {
  readonly endThresholdProtection: true;
}

/** Throws `mpc/bad-setup` without the explicit flag. */
export function checkConsent(consent: Consent): void {
  fields<Consent>({ endThresholdProtection: oneOf(true) })(consent, "");
}

/** Who released a share, ascending. Throws `mpc/bad-setup` unless they are at least t holders of the key. */
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
