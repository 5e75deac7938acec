// FROST (RFC 9591) for Ed25519 and for BIP-340: keygen and signing as entries of the registry, one pair for each scheme.
import { CovaultError } from "@covault/errors";
import { derivePath, derivePathEd25519 } from "@covault/mpc/derive";
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
import { type KeygenPlan, nonceOf, planKeygen, signInput } from "./agreed-input.ts";
import type { Outcome, Protocol } from "./protocol.ts";

export const frostKeygen = (scheme: Scheme): Protocol<KeygenPlan, FrostKeygenOutput> => ({
  name: "frost-keygen",
  action: "keygen",
  scheme,
  stored: true,
  usesPairs: false,
  plan: planKeygen,
  make: (setup, _share, own) => frostKeygenMachine(scheme, setup, own),
  restore: (setup, snapshot) => restoreFrostKeygen(scheme, setup, snapshot),
  outcome({ share }): Outcome {
    const { keyId, epoch, h2, publicKey, chain, self } = share.record;
    const encoded = { record: encodeFrostRecord(share.record), secret: encodeFrostSecret(share.secret), pairs: undefined };
    share.secret.fill(0);
    // A BIP-340 record has its key compressed, with an even y. Everywhere else it is the x coordinate alone.
    const key = scheme === "schnorr-bip340" ? publicKey.slice(1) : publicKey;
    return { kind: "share", facts: { keyId, epoch, h2, publicKey: key, chain, shareIndex: self }, share: encoded };
  },
});

interface SignPlan {
  readonly signers: readonly ShareIndex[];
  readonly message: Uint8Array;
  readonly tweak: Uint8Array;
  readonly nonce: Uint8Array;
}

export const frostSign = (scheme: Scheme): Protocol<SignPlan, FrostSignOutput> => ({
  name: "frost-sign",
  action: "sign",
  scheme,
  stored: false,
  usesPairs: false,
  plan(agreed) {
    const { sign, record } = signInput(agreed);
    const { publicKey, chain } = decodeFrostRecord(record);
    const derive = scheme === "eddsa-ed25519" ? derivePathEd25519 : derivePath;
    return {
      signers: ascending(agreed.signers, "signers"),
      message: sign.message,
      tweak: derive(publicKey, chain, sign.derivationPath).tweak,
      nonce: nonceOf(agreed),
    };
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
  outcome: ({ signature }): Outcome => ({ kind: "signature", signature }),
});
