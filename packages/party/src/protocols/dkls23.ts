// DKLs23 for ECDSA on secp256k1 (docs/protocols/dkls23.md): keygen and signing as entries of the registry.
import { CovaultError } from "@covault/errors";
import {
  decodePairs,
  decodeRecord,
  decodeSecret,
  encodePairs,
  encodeRecord,
  encodeSecret,
  type KeygenOutput,
  type KeygenSetup,
  keygenMachine,
  restoreKeygen,
  type SignOutput,
  sessionNonce,
  signMachine,
} from "@covault/mpc/dkls23";
import { ascending, type ShareIndex, shareIndex } from "@covault/mpc/protocol";
import type { Agreed, Outcome, Protocol, SharePlain } from "./protocol.ts";

const scheme = "ecdsa-secp256k1";

const nonceOf = (agreed: Agreed): Uint8Array =>
  sessionNonce(new Map([...agreed.contributions].map(([index, contribution]) => [shareIndex(index), contribution] as const)));

export const dklsKeygen: Protocol<KeygenSetup, KeygenOutput> = {
  name: "keygen",
  action: "keygen",
  scheme,
  stored: true,
  signatureBytes: 0,
  plan(agreed) {
    const { action } = agreed.intent;
    if (action.case !== "keygen") throw new CovaultError("party/bad-order", "A keygen needs a keygen intent.");
    return {
      self: shareIndex(agreed.self),
      threshold: action.value.threshold,
      members: action.value.members.map((member) => ({ index: shareIndex(member.shareIndex), idpk: member.idpk })),
      nonce: nonceOf(agreed),
    };
  },
  make: (setup) => keygenMachine(setup),
  restore: (setup, snapshot) => restoreKeygen(setup, snapshot),
  outcome({ share }): Outcome {
    const { keyId, epoch, h2, publicKey, chain, self } = share.record;
    const encoded = {
      record: encodeRecord(share.record),
      secret: encodeSecret(share.secret),
      pairs: share.pairs === undefined ? undefined : encodePairs(share.pairs),
    };
    share.secret.fill(0);
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
  action: "sign",
  scheme,
  stored: false,
  signatureBytes: 65,
  plan(agreed) {
    const { action } = agreed.intent;
    if (action.case !== "sign") throw new CovaultError("party/bad-order", "A signature needs a signing intent.");
    return {
      signers: ascending(agreed.signers, "signers"),
      digest: action.value.message,
      tweak: new Uint8Array(32),
      nonce: nonceOf(agreed),
      burned: agreed.burned.map(shareIndex),
    };
  },
  make: (setup, share) => signMachine({ ...setup, share: openShare(share) }),
  restore() {
    throw new CovaultError("mpc/not-storable", "Signing state is never stored.");
  },
  outcome({ signature, recovery }): Outcome {
    return { kind: "signature", signature: Uint8Array.of(...signature, recovery) };
  },
};

function openShare(share: SharePlain | undefined) {
  if (share === undefined) throw new CovaultError("party/bad-order", "Signing needs a share.");
  return {
    record: decodeRecord(share.record),
    secret: decodeSecret(share.secret),
    pairs: share.pairs === undefined ? undefined : decodePairs(share.pairs),
  };
}
