// DKLs23 for ECDSA on secp256k1 (docs/protocols/dkls23.md): keygen and signing as entries of the
// registry.
import { CovaultError } from "@covault/errors";
import {
  decodePairs,
  decodeRecord,
  decodeSecret,
  encodePairs,
  encodeRecord,
  encodeSecret,
  firstPairId,
  type KeygenOutput,
  type KeyShare,
  keygenMachine,
  type Pairs,
  restoreKeygen,
  type SignOutput,
  signMachine,
} from "@covault/mpc/dkls23";
import { ascending, type ShareIndex, shareIndex } from "@covault/mpc/protocol";
import { type KeygenPlan, nonceOf, planKeygen, signInput } from "./agreed-input.ts";
import type { OpenShare, Outcome, Protocol } from "./protocol.ts";

const scheme = "ecdsa-secp256k1";

export const dklsKeygen: Protocol<KeygenPlan, KeygenOutput> = {
  name: "keygen",
  kind: "keygen",
  scheme,
  plan: planKeygen,
  make: (setup, _share, own) => keygenMachine(setup, own),
  restore: (setup, snapshot) => restoreKeygen(setup, snapshot),
  outcome({ share }): Outcome {
    const { keyId, epoch, h2, publicKey, chain, self } = share.record;
    const encoded = {
      record: encodeRecord(share.record),
      secret: encodeSecret(share.secret),
      pairs: share.pairs === undefined ? undefined : encodePairs(share.pairs),
    };
    for (const secret of [share.secret, ...secretsOf(share.pairs)]) secret.fill(0);
    return { kind: "share", facts: { keyId, epoch, h2, publicKey, chain, shareIndex: self }, share: encoded };
  },
};

interface SignPlan {
  readonly signers: readonly ShareIndex[];
  readonly digest: Uint8Array;
  readonly tweak: Uint8Array;
  readonly nonce: Uint8Array;
  readonly burned: readonly ShareIndex[];
}

export const dklsSign: Protocol<SignPlan, SignOutput> = {
  name: "sign",
  kind: "sign",
  scheme,
  // A party renews no pair, so all that it has are the first ones of their epoch.
  pairId: (key, self, partner) => firstPairId(key, shareIndex(self), shareIndex(partner)),
  plan(agreed) {
    const { message, tweak } = signInput(agreed);
    return {
      signers: ascending(agreed.signers, "signers"),
      digest: message,
      tweak,
      nonce: nonceOf(agreed),
      burned: agreed.burned.map(shareIndex),
    };
  },
  make: (setup, share) => signMachine({ ...setup, share: openShare(share) }),
  restore() {
    throw new CovaultError("mpc/not-storable", "Signing state is never stored.");
  },
  outcome: ({ signature, recovery, publicKey }): Outcome => ({
    kind: "signature",
    signature: Uint8Array.of(...signature, recovery),
    publicKey,
  }),
};

function openShare(share: OpenShare | undefined): KeyShare {
  if (share === undefined) throw new CovaultError("party/bad-order", "Signing needs a share.");
  const pairs = share.pairs === undefined ? undefined : decodePairs(share.pairs);
  for (const secret of secretsOf(pairs)) share.keep(secret);
  return { record: decodeRecord(share.record), secret: share.keep(decodeSecret(share.secret)), pairs };
}

const secretsOf = (pairs: Pairs | undefined): readonly Uint8Array[] =>
  [...(pairs?.partners.values() ?? [])].flatMap(({ send, recv, zeroSeed }) => [send.delta, send.seeds, recv.pairs, zeroSeed]);
