// DKLs23 for ECDSA on secp256k1 (docs/protocols/dkls23.md): keygen, signing, and what continues a
// key, as entries of the registry.
import { CovaultError } from "@covault/errors";
import {
  type DkgOutput,
  decodePairs,
  decodeRecord,
  decodeSecret,
  encodePairs,
  encodeRecord,
  encodeSecret,
  exportKey,
  firstPairId,
  importMachine,
  type KeygenOutput,
  type KeyShare,
  keygenMachine,
  type Pairs,
  publicKeyOf,
  recordFor,
  recoveryMachine,
  refreshMachine,
  reshareMachine,
  restoreImport,
  restoreKeygen,
  restoreRecovery,
  restoreRefresh,
  restoreReshare,
  type SignOutput,
  signMachine,
} from "@covault/mpc/dkls23";
import { ascending, type ShareIndex, shareIndex } from "@covault/mpc/protocol";
import type { PrivateKey } from "../import/sealed-key.ts";
import { type ImportPlan, type KeygenPlan, nonceOf, planImport, planKeygen, receivedBy, signInput } from "./agreed-input.ts";
import type { OpenShare, Outcome, Protocol, PublicRecord, ShareFacts } from "./protocol.ts";
import { consent, type ShareCodec } from "./share-codec.ts";
import { commonOf, needed, planSuccession, type SuccessionPlan, shareOf } from "./succession.ts";

const scheme = "ecdsa-secp256k1";

export const dklsKeygen: Protocol<KeygenPlan, KeygenOutput> = {
  name: "keygen",
  kind: "keygen",
  scheme,
  plan: planKeygen,
  make: (setup, _share, own) => keygenMachine(setup, own),
  restore: (setup, snapshot) => restoreKeygen(setup, snapshot),
  outcome: ({ share }) => made(share),
};

export const dklsImport: Protocol<ImportPlan, DkgOutput> = {
  name: "import",
  kind: "import",
  scheme,
  plan: planImport,
  publicKeyOf: (key) => publicKeyOf(scalarOf(key)),
  make: (setup, _share, own, imported) => importMachine(setup, imported && scalarOf(imported), imported === undefined ? own : undefined),
  restore: (setup, snapshot) => restoreImport(setup, snapshot),
  outcome: ({ share }) => made(receivedBy(share)),
};

function scalarOf({ form, bytes }: PrivateKey): Uint8Array {
  if (form !== "scalar") throw new CovaultError("party/import-refused", `A key of ${scheme} is imported as its scalar, not as a ${form}.`);
  return bytes;
}

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

/** Encodes a new share, and overwrites the plain one. */
function made(share: KeyShare): Outcome {
  const encoded = {
    record: encodeRecord(share.record),
    secret: encodeSecret(share.secret),
    pairs: share.pairs === undefined ? undefined : encodePairs(share.pairs),
  };
  for (const secret of [share.secret, ...secretsOf(share.pairs)]) secret.fill(0);
  return { kind: "share", facts: factsOf(share.record, share.record.self), share: encoded };
}

const factsOf = ({ keyId, epoch, h2, publicKey, chain }: DkgOutput["generation"], self: number): ShareFacts => ({
  ...{ keyId, epoch, h2, publicKey, chain },
  shareIndex: self,
});

const read = { record: decodeRecord, secret: decodeSecret };
const mineOf = (setup: SuccessionPlan, share: OpenShare | undefined) => {
  const held = shareOf(setup, share, read);
  return held === undefined ? { self: setup.self, key: setup.before } : { ...held, pairs: undefined };
};
const refreshOf = (setup: SuccessionPlan, share?: OpenShare) => ({
  ...commonOf(setup),
  share: { ...needed(shareOf(setup, share, read)), pairs: undefined },
});
const recoveryOf = (setup: SuccessionPlan, share?: OpenShare) => ({ ...commonOf(setup), mine: mineOf(setup, share) });
const reshareOf = (setup: SuccessionPlan, share?: OpenShare) => ({
  ...recoveryOf(setup, share),
  receivers: setup.receivers,
  threshold: setup.threshold,
});

const succession = { scheme, plan: planSuccession, publicRecord: (record: Uint8Array): PublicRecord => decodeRecord(record) } as const;

export const dklsRefresh: Protocol<SuccessionPlan, KeygenOutput> = {
  ...succession,
  name: "refresh",
  kind: "refresh",
  needsShare: true,
  make: (setup, share, own) => refreshMachine(refreshOf(setup, share), own),
  restore: (setup, snapshot) => restoreRefresh(refreshOf(setup), snapshot),
  outcome: ({ share }) => made(share),
};

export const dklsRecovery: Protocol<SuccessionPlan, KeygenOutput> = {
  ...succession,
  name: "recovery",
  kind: "recover",
  make: (setup, share, own) => recoveryMachine(recoveryOf(setup, share), own),
  restore: (setup, snapshot) => restoreRecovery(recoveryOf(setup), snapshot),
  outcome: ({ share }) => made(share),
};

export const dklsReshare: Protocol<SuccessionPlan, DkgOutput> = {
  ...succession,
  name: "reshare",
  kind: "reshare",
  make: (setup, share, own) => reshareMachine(reshareOf(setup, share), own),
  restore: (setup, snapshot) => restoreReshare(reshareOf(setup), snapshot),
  outcome: ({ generation, share }, self) => (share === undefined ? { kind: "left", facts: factsOf(generation, self) } : made(share)),
};

export const dklsShares: ShareCodec = {
  scheme,
  keyForm: "The private key of ECDSA on secp256k1, 32 bytes as every wallet imports them.",
  record(stored) {
    const record = decodeRecord(stored);
    return recordFor(record, record.self);
  },
  secret: decodeSecret,
  join: (stored, shares) => exportKey({ ...consent, key: decodeRecord(stored), shares: shares as ReadonlyMap<ShareIndex, Uint8Array> }),
};
