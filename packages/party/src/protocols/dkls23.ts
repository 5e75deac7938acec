// DKLs23 for ECDSA on secp256k1 (docs/protocols/dkls23.md): keygen, signing, and what continues a
// key, as entries of the registry.
import { same } from "@covault/crypto";
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
  importMachine,
  type KeygenOutput,
  type KeyShare,
  keygenMachine,
  type NamedPairs,
  type Pairs,
  publicKeyOf,
  type RepairOutput,
  recordFor,
  recoveryMachine,
  refreshMachine,
  repairMachine,
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
import type { Agreed, OpenShare, Outcome, PlainPair, Protocol, PublicRecord, ShareFacts, SharePlain } from "./protocol.ts";
import { broughtBy, planRepair, type RepairPlan } from "./repair.ts";
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
  readonly pairIds: NamedPairs;
}

export const dklsSign: Protocol<SignPlan, SignOutput> = {
  name: "sign",
  kind: "sign",
  scheme,
  usesPairs: true,
  plan(agreed) {
    const { message, tweak } = signInput(agreed);
    return {
      signers: ascending(agreed.signers, "signers"),
      digest: message,
      tweak,
      nonce: nonceOf(agreed),
      burned: agreed.burned.map(shareIndex),
      pairIds: named(agreed.pairIds),
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
  const pairs = joinPairs(share.pairs.map((pair) => openPair(pair, share)));
  return { record: decodeRecord(share.record), secret: share.keep(decodeSecret(share.secret)), pairs };
}

/** Decodes one pair, which must be the one that its row names. */
function openPair({ partner, generation, pairId, state }: PlainPair, { keep }: OpenShare): Pairs {
  const pairs = decodePairs(state);
  for (const secret of secretsOf(pairs)) keep(secret);
  const pair = pairs.partners.get(shareIndex(partner));
  if (pairs.partners.size !== 1 || pair?.generation !== generation || !same(pair.id, pairId))
    throw new CovaultError("mpc/pairs-mismatch", `The stored pair with party ${partner} is that of another partner or generation.`);
  return pairs;
}

/** Puts pairs together that were stored one by one. Gives undefined when there are none. */
function joinPairs(stored: readonly Pairs[]): Pairs | undefined {
  const [first] = stored;
  if (first === undefined) return undefined;
  const { keyId, epoch, self } = first;
  // The machine compares the owner of all with the record.
  if (stored.some((each) => !same(each.keyId, keyId) || !same(each.epoch, epoch) || each.self !== self))
    throw new CovaultError("mpc/pairs-mismatch", "The stored pairs are those of different keys, epochs or parties.");
  return { keyId, epoch, self, partners: new Map(stored.flatMap(({ partners }) => [...partners])) };
}

/** Encodes each pair by itself, as the pairs of a party that has no other. */
const plainPairs = ({ partners, ...owner }: Pairs): readonly PlainPair[] =>
  [...partners].map(([partner, pair]) => ({
    partner,
    generation: pair.generation,
    pairId: pair.id,
    state: encodePairs({ ...owner, partners: new Map([[partner, pair]]) }),
  }));

const secretsOf = (pairs: Pairs | undefined): readonly Uint8Array[] =>
  [...(pairs?.partners.values() ?? [])].flatMap(({ send, recv, zeroSeed }) => [send.delta, send.seeds, recv.pairs, zeroSeed]);

const named = (pairIds: Agreed["pairIds"]): NamedPairs =>
  new Map(
    [...pairIds].map(([from, ids]) => [shareIndex(from), new Map([...ids].map(([to, id]) => [shareIndex(to), id] as const))] as const),
  );

/** Encodes a new share, and overwrites the plain one. */
function plain(share: KeyShare): SharePlain {
  const encoded = {
    record: encodeRecord(share.record),
    secret: encodeSecret(share.secret),
    pairs: share.pairs === undefined ? [] : plainPairs(share.pairs),
  };
  for (const secret of [share.secret, ...secretsOf(share.pairs)]) secret.fill(0);
  return encoded;
}

const made = (share: KeyShare): Outcome => ({ kind: "share", facts: factsOf(share.record, share.record.self), share: plain(share) });

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

export const dklsRepair: Protocol<RepairPlan, RepairOutput> = {
  name: "repair",
  kind: "repair",
  scheme,
  publicRecord: succession.publicRecord,
  plan: (agreed) => planRepair(agreed, encodeRecord),
  make(setup, share) {
    const { helpers, receiver, members, nonce } = setup;
    const mine = broughtBy(setup, share, read);
    return repairMachine({ helpers, receiver, members, nonce, mine: "secret" in mine ? { ...mine, pairs: undefined } : mine });
  },
  restore() {
    throw new CovaultError("mpc/not-storable", "The state of a repair is never stored.");
  },
  outcome: ({ share }) => ({ kind: "repaired", share: share && plain(share) }),
};

export const dklsShares: ShareCodec = {
  scheme,
  keyForm: "The private key of ECDSA on secp256k1, 32 bytes as every wallet imports them.",
  record(stored) {
    const record = decodeRecord(stored);
    return recordFor(record, record.self);
  },
  secret: decodeSecret,
  stored: encodeSecret,
  join: (stored, shares) => exportKey({ ...consent, key: decodeRecord(stored), shares: shares as ReadonlyMap<ShareIndex, Uint8Array> }),
};
