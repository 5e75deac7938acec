// FROST (RFC 9591) for Ed25519 and for BIP-340: keygen, signing, and what continues a key, as
// entries of the registry, one set of entries for each scheme.
import { CovaultError } from "@covault/errors";
import {
  decodeFrostRecord,
  decodeFrostSecret,
  encodeFrostRecord,
  encodeFrostSecret,
  exportFrostKey,
  type FrostDkgOutput,
  type FrostKeygenOutput,
  type FrostKeyShare,
  type FrostRepairOutput,
  type FrostSecretKey,
  type FrostSignOutput,
  frostImportMachine,
  frostKeygenMachine,
  frostPublicKey,
  frostRecordFor,
  frostRecoveryMachine,
  frostRefreshMachine,
  frostRepairMachine,
  frostReshareMachine,
  frostSignMachine,
  restoreFrostImport,
  restoreFrostKeygen,
  restoreFrostRecovery,
  restoreFrostRefresh,
  restoreFrostReshare,
  type Scheme,
} from "@covault/mpc/frost";
import { ascending, type ShareIndex } from "@covault/mpc/protocol";
import { schemeOf } from "@covault/trust";
import type { PrivateKey } from "../import/sealed-key.ts";
import { type ImportPlan, type KeygenPlan, nonceOf, planImport, planKeygen, receivedBy, signInput } from "./agreed-input.ts";
import type { OpenShare, Outcome, Protocol, PublicRecord, ShareFacts, SharePlain } from "./protocol.ts";
import { broughtBy, planRepair, type RepairPlan } from "./repair.ts";
import { consent, type ShareCodec } from "./share-codec.ts";
import { commonOf, needed, planSuccession, type SuccessionPlan, shareOf } from "./succession.ts";

export const frostKeygen = (scheme: Scheme): Protocol<KeygenPlan, FrostKeygenOutput> => ({
  name: "frost-keygen",
  kind: "keygen",
  scheme,
  plan: planKeygen,
  make: (setup, _share, own) => frostKeygenMachine(scheme, setup, own),
  restore: (setup, snapshot) => restoreFrostKeygen(scheme, setup, snapshot),
  outcome: ({ share }) => made(scheme, share),
});

export const frostImport = (scheme: Scheme): Protocol<ImportPlan, FrostDkgOutput> => ({
  name: "frost-import",
  kind: "import",
  scheme,
  plan: planImport,
  publicKeyOf: (key) => inSchemesForm(scheme, frostPublicKey(scheme, secretKeyOf(key))),
  make(setup, _share, own, imported) {
    if (imported === undefined) return frostImportMachine(scheme, setup, undefined, own);
    return frostImportMachine(scheme, setup, secretKeyOf(imported));
  },
  restore: (setup, snapshot) => restoreFrostImport(scheme, setup, snapshot),
  outcome: ({ share }) => made(scheme, receivedBy(share)),
});

const secretKeyOf = ({ form, bytes }: PrivateKey): FrostSecretKey => (form === "seed" ? { seed: bytes } : { scalar: bytes });

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

/** Encodes a new share, and overwrites the plain one. */
function plain({ record, secret }: FrostKeyShare): SharePlain {
  const encoded = { record: encodeFrostRecord(record), secret: encodeFrostSecret(secret), pairs: [] };
  secret.fill(0);
  return encoded;
}

function made(scheme: Scheme, share: FrostKeyShare): Outcome {
  const { record } = share;
  return { kind: "share", facts: factsOf(scheme, record, record.self), share: plain(share) };
}

const factsOf = (scheme: Scheme, { keyId, epoch, h2, publicKey, chain }: FrostDkgOutput["generation"], self: number): ShareFacts => ({
  ...{ keyId, epoch, h2, chain },
  publicKey: inSchemesForm(scheme, publicKey),
  shareIndex: self,
});

const read = { record: decodeFrostRecord, secret: decodeFrostSecret };
const refreshOf = (setup: SuccessionPlan, share?: OpenShare) => ({ ...commonOf(setup), share: needed(shareOf(setup, share, read)) });
const recoveryOf = (scheme: Scheme, setup: SuccessionPlan, share?: OpenShare) => ({
  ...commonOf(setup),
  mine: shareOf(setup, share, read) ?? { self: setup.self, key: { ...setup.before, scheme } },
});
const reshareOf = (scheme: Scheme, setup: SuccessionPlan, share?: OpenShare) => ({
  ...recoveryOf(scheme, setup, share),
  receivers: setup.receivers,
  threshold: setup.threshold,
});

const succession = (scheme: Scheme) => ({
  scheme,
  plan: planSuccession,
  publicRecord(stored: Uint8Array): PublicRecord {
    const record = decodeFrostRecord(stored);
    return { ...record, publicKey: inSchemesForm(scheme, record.publicKey) };
  },
});

export const frostRefresh = (scheme: Scheme): Protocol<SuccessionPlan, FrostKeygenOutput> => ({
  ...succession(scheme),
  name: "frost-refresh",
  kind: "refresh",
  needsShare: true,
  make: (setup, share, own) => frostRefreshMachine(refreshOf(setup, share), own),
  restore: (setup, snapshot) => restoreFrostRefresh(refreshOf(setup), snapshot),
  outcome: ({ share }) => made(scheme, share),
});

export const frostRecovery = (scheme: Scheme): Protocol<SuccessionPlan, FrostKeygenOutput> => ({
  ...succession(scheme),
  name: "frost-recovery",
  kind: "recover",
  make: (setup, share, own) => frostRecoveryMachine(recoveryOf(scheme, setup, share), own),
  restore: (setup, snapshot) => restoreFrostRecovery(recoveryOf(scheme, setup), snapshot),
  outcome: ({ share }) => made(scheme, share),
});

export const frostReshare = (scheme: Scheme): Protocol<SuccessionPlan, FrostDkgOutput> => ({
  ...succession(scheme),
  name: "frost-reshare",
  kind: "reshare",
  make: (setup, share, own) => frostReshareMachine(reshareOf(scheme, setup, share), own),
  restore: (setup, snapshot) => restoreFrostReshare(reshareOf(scheme, setup), snapshot),
  outcome: ({ generation, share }, self) =>
    share === undefined ? { kind: "left", facts: factsOf(scheme, generation, self) } : made(scheme, share),
});

export const frostRepair = (scheme: Scheme): Protocol<RepairPlan, FrostRepairOutput> => ({
  name: "frost-repair",
  kind: "repair",
  scheme,
  publicRecord: succession(scheme).publicRecord,
  plan: (agreed) => planRepair(agreed, (record) => encodeFrostRecord({ ...record, scheme })),
  make(setup, share) {
    const { helpers, receiver, members, nonce } = setup;
    return frostRepairMachine({ helpers, receiver, members, nonce, mine: broughtBy(setup, share, read) });
  },
  restore() {
    throw new CovaultError("mpc/not-storable", "The state of a repair is never stored.");
  },
  outcome: ({ share }) => ({ kind: "repaired", share: share && plain(share) }),
});

export const frostShares = (scheme: Scheme): ShareCodec => ({
  scheme,
  // A scheme with an extended key has its private keys as BIP-32 has them.
  keyForm:
    schemeOf(scheme).extendedKey === undefined
      ? "The scalar of Ed25519, 32 little-endian bytes. It is no seed: a wallet that asks for one cannot import it, and a signer for raw scalars can."
      : "The private key of BIP-340, 32 bytes as a wallet imports them for the untweaked key.",
  record(stored) {
    const record = decodeFrostRecord(stored);
    return frostRecordFor(record, record.self);
  },
  secret: decodeFrostSecret,
  stored: encodeFrostSecret,
  join: (stored, shares) =>
    exportFrostKey({ ...consent, key: decodeFrostRecord(stored), shares: shares as ReadonlyMap<ShareIndex, Uint8Array> }),
});
