// FROST (RFC 9591) for Ed25519 and for BIP-340: keygen and signing as entries of the registry, one
// pair of entries for each scheme.
import { CovaultError } from "@covault/errors";
import {
  decodeFrostRecord,
  decodeFrostSecret,
  encodeFrostRecord,
  encodeFrostSecret,
  type FrostKeygenOutput,
  type FrostSignOutput,
  frostKeygenMachine,
  frostSignMachine,
  restoreFrostKeygen,
  type Scheme,
} from "@covault/mpc/frost";
import { ascending, type ShareIndex } from "@covault/mpc/protocol";
import { schemeOf } from "@covault/trust";
import { type KeygenPlan, nonceOf, planKeygen, signInput } from "./agreed-input.ts";
import type { Outcome, Protocol } from "./protocol.ts";

export const frostKeygen = (scheme: Scheme): Protocol<KeygenPlan, FrostKeygenOutput> => ({
  name: "frost-keygen",
  kind: "keygen",
  scheme,
  plan: planKeygen,
  make: (setup, _share, own) => frostKeygenMachine(scheme, setup, own),
  restore: (setup, snapshot) => restoreFrostKeygen(scheme, setup, snapshot),
  outcome({ share }): Outcome {
    const { keyId, epoch, h2, publicKey, chain, self } = share.record;
    const encoded = { record: encodeFrostRecord(share.record), secret: encodeFrostSecret(share.secret), pairs: undefined };
    share.secret.fill(0);
    const facts = { keyId, epoch, h2, publicKey: inSchemesForm(scheme, publicKey), chain, shareIndex: self };
    return { kind: "share", facts, share: encoded };
  },
});

/**
 * Gives a public key in the form of its scheme. The protocol has a BIP-340 key compressed, with an
 * even y. Everywhere else it is the x coordinate alone, which stands at the end.
 */
const inSchemesForm = (scheme: Scheme, publicKey: Uint8Array): Uint8Array => publicKey.slice(-schemeOf(scheme).publicKey.bytes);

interface SignPlan {
  readonly signers: readonly ShareIndex[];
  readonly message: Uint8Array;
  readonly tweak: Uint8Array;
  readonly merkleRoot?: Uint8Array;
  readonly nonce: Uint8Array;
}

export const frostSign = (scheme: Scheme): Protocol<SignPlan, FrostSignOutput> => ({
  name: "frost-sign",
  kind: "sign",
  scheme,
  plan(agreed) {
    const { message, tweak, merkleRoot } = signInput(agreed);
    const terms = { signers: ascending(agreed.signers, "signers"), message, tweak, nonce: nonceOf(agreed) };
    return merkleRoot === undefined ? terms : { ...terms, merkleRoot };
  },
  make(setup, share) {
    if (share === undefined) throw new CovaultError("party/bad-order", "Signing needs a share.");
    return frostSignMachine({
      ...setup,
      share: { record: decodeFrostRecord(share.record), secret: share.keep(decodeFrostSecret(share.secret)) },
    });
  },
  restore() {
    throw new CovaultError("mpc/not-storable", "Signing state is never stored.");
  },
  outcome: ({ signature, publicKey }): Outcome => ({ kind: "signature", signature, publicKey: inSchemesForm(scheme, publicKey) }),
});
