// This table has every function of every public entry with arguments that it takes. The tests of
// wrong values and of shared memory go through it. They fail for a function that an entry exports
// and this table does not have.
import { secp256k1 } from "@noble/curves/secp256k1.js";
import * as backup from "../src/backup/index.ts";
import * as dkls23 from "../src/dkls23/index.ts";
import * as frost from "../src/frost/index.ts";
import * as protocol from "../src/protocol/driver.ts";
import * as frostCast from "./frost/cast.ts";
import { namedBy, renewalMachines, renewalSetup } from "./renewed.ts";
import { bytesFrom, idx, makeKey, nonceFrom, outputOf, runSession } from "./simulation.ts";

/** The argument lists that a function takes. */
type Calls = Readonly<Record<string, readonly (readonly unknown[])[]>>;
type Functions = Readonly<Record<string, (...args: readonly never[]) => unknown>>;

const holders = [1, 2, 3].map(idx);
const signers = [1, 2].map(idx);
const [self, newcomer] = [idx(1), idx(9)];
const [nonce, own, chain, entropy] = [nonceFrom("entries", holders), bytesFrom("own"), bytesFrom("chain"), bytesFrom("entropy")];
const consent = { endThresholdProtection: true };
const members = frostCast.membersOf(holders);
const keygen = { self, threshold: 2, members, nonce };
const importing = { ...keygen, importer: self, receivers: holders, chain, epochNumber: 1 };
const succession = { members, dealers: holders, nonce, epochNumber: 1 };
const grown = { ...succession, members: frostCast.membersOf([...holders, newcomer]), receivers: [...holders, newcomer], threshold: 2 };
const repair = { helpers: signers, receiver: idx(3), members, nonce };
const contributions = new Map(holders.map((j) => [j, bytesFrom(`${j}`)]));
/** Gives the machine's state after round 1, for `restore…`. */
const rest = (machine: protocol.Machine<unknown>): Uint8Array => {
  machine.start(entropy);
  return machine.snapshot();
};
const session = { signers, nonce, burned: [idx(3)] };
const signing = { ...session, tweak: new Uint8Array(32) };

function dkls23Calls(): Calls {
  const shares = makeKey([1, 2, 3], 2, "entries");
  const share = shares.get(self) as dkls23.KeyShare;
  const { record, secret } = share;
  const pairs = share.pairs as dkls23.Pairs;
  const marked = { ...record, exposed: "imported" } as const;
  const presigned = runSession(
    new Map(signers.map((j) => [j, dkls23.presignMachine({ ...signing, share: shares.get(j) as dkls23.KeyShare })])),
    { seed: "entries" },
  );
  const { presignature, id } = outputOf(presigned, self);
  const online = {
    id,
    signers,
    pairIds: namedBy(shares, signers),
    epoch: record.epoch,
    digest: bytesFrom("digest"),
    tweak: new Uint8Array(32),
    intent: bytesFrom("intent"),
  };
  const imported = { ...importing, publicKey: record.publicKey };
  const other = { ...imported, importer: idx(2) };
  const whole = dkls23.exportKey({
    key: record,
    shares: new Map([...shares].map(([j, each]) => [j, each.secret])),
    endThresholdProtection: true,
  });
  const { version: _, h2: __, self: ___, ...known } = marked;
  const refresh = { ...succession, share };
  const [helper, lost] = [share, { self: idx(3), key: known }].map((mine) => ({ ...succession, mine, dealers: signers })) as [never, never];
  const [old, fresh] = [share, { self: newcomer, key: known }].map((mine) => ({ ...grown, mine })) as [never, never];
  const pairIds = namedBy(shares, signers);
  const renewal = { ends: [1, 2], generation: 2, seed: "entries" } as const;
  const renewing = { ...renewalSetup(shares, self, renewal), acknowledged: 1 };
  const { renewed } = outputOf(runSession(renewalMachines(shares, renewal), { seed: "entries" }), self);
  return {
    sessionNonce: [[contributions]],
    keyIdOf: [["ecdsa-secp256k1", record.publicKey, record.chain]],
    epochOf: [[record.keyId, record.h2]],
    publicKeyOf: [[bytesFrom("imported")]],
    firstPairId: [[{ epoch: record.epoch, h2: record.h2 }, self, newcomer]],
    holdersOf: [[{ holders: record.holders.map(({ index }) => ({ index })) }]],
    encodeRecord: [[marked]],
    encodeSecret: [[secret]],
    encodePairs: [[pairs]],
    decodeRecord: [[dkls23.encodeRecord(marked)]],
    decodeSecret: [[dkls23.encodeSecret(secret)]],
    decodePairs: [[dkls23.encodePairs(pairs)]],
    keygenMachine: [[keygen, own]],
    restoreKeygen: [[keygen, rest(dkls23.keygenMachine(keygen))]],
    signMachine: [[{ ...signing, share, pairIds, digest: bytesFrom("digest") }]],
    signBatchMachine: [
      [
        {
          ...session,
          share,
          pairIds,
          items: [
            { tweak: own, digest: chain },
            { tweak: new Uint8Array(32), digest: own },
          ],
        },
      ],
    ],
    presignMachine: [[{ ...signing, share, pairIds }]],
    presignBatchMachine: [[{ ...session, share, pairIds, items: [{ tweak: own }, { tweak: new Uint8Array(32) }] }]],
    onlineMachine: [[presignature, online]],
    refreshMachine: [[refresh, own]],
    restoreRefresh: [[refresh, rest(dkls23.refreshMachine(refresh))]],
    recoveryMachine: [[helper], [lost, own]],
    restoreRecovery: [[helper, rest(dkls23.recoveryMachine(helper))]],
    renewalMachine: [[renewing, secret]],
    restoreRenewal: [[renewing, rest(dkls23.renewalMachine(renewing, secret))]],
    replacePairs: [[renewed], [renewed, pairs]],
    reshareMachine: [[old], [fresh, own]],
    restoreReshare: [[old, rest(dkls23.reshareMachine(old))]],
    importMachine: [
      [imported, whole],
      [other, undefined, own],
    ],
    restoreImport: [[other, rest(dkls23.importMachine(other))]],
    repairMachine: [[{ ...repair, mine: share }], [{ ...repair, mine: { record: { ...marked, self: idx(3) } } }]],
    recordFor: [[marked, idx(3)]],
    releaseShare: [[share, consent]],
    exportKey: [[{ key: known, shares: new Map([...shares].map(([j, each]) => [j, each.secret])), ...consent }]],
  };
}

function frostCalls(scheme: frost.Scheme): Calls {
  const shares = frostCast.makeKey(scheme, [1, 2, 3], 2, "entries");
  const share = shares.get(self) as frost.FrostKeyShare;
  const { record, secret } = share;
  const marked = { ...record, exposed: "exported" } as const;
  const imported = { ...importing, publicKey: record.publicKey };
  const other = { ...imported, importer: idx(2) };
  const released = new Map([...shares].map(([j, each]) => [j, each.secret]));
  const scalar = frost.exportFrostKey({ key: record, shares: released, endThresholdProtection: true });
  const { version: _, h2: __, self: ___, ...known } = marked;
  const refresh = { ...succession, share };
  const [helper, lost] = [share, { self: idx(3), key: known }].map((mine) => ({ ...succession, mine, dealers: signers })) as [never, never];
  const [old, fresh] = [share, { self: newcomer, key: known }].map((mine) => ({ ...grown, mine })) as [never, never];
  const tap = scheme === "schnorr-bip340" ? { merkleRoot: bytesFrom("root") } : {};
  const item = { message: bytesFrom("message"), tweak: new Uint8Array(32), ...tap };
  const preprocessing = signers.map((j) => {
    return [j, frost.frostPreprocessMachine({ share: shares.get(j) as frost.FrostKeyShare, signers, nonce, count: 1 })] as const;
  });
  const [{ id, preprocessed }] = outputOf(runSession(new Map(preprocessing), { seed: "entries" }), self) as [frost.FrostPreprocessed];
  return {
    sessionNonce: [[contributions]],
    keyIdOf: [[scheme, record.publicKey, record.chain]],
    epochOf: [[record.keyId, record.h2]],
    encodeFrostRecord: [[marked]],
    encodeFrostSecret: [[secret]],
    decodeFrostRecord: [[frost.encodeFrostRecord(marked)]],
    decodeFrostSecret: [[frost.encodeFrostSecret(secret)]],
    frostKeygenMachine: [[scheme, keygen, own]],
    restoreFrostKeygen: [[scheme, keygen, rest(frost.frostKeygenMachine(scheme, keygen))]],
    frostSignMachine: [[{ share, signers, nonce, ...item }]],
    frostSignBatchMachine: [[{ share, signers, nonce, items: [item, { message: chain }] }]],
    frostPreprocessMachine: [[{ share, signers, nonce, count: 2 }]],
    frostOnlineMachine: [[preprocessed, { share, signers, nonce, id, ...item }]],
    frostRefreshMachine: [[refresh, own]],
    restoreFrostRefresh: [[refresh, rest(frost.frostRefreshMachine(refresh))]],
    frostRecoveryMachine: [[helper], [lost, own]],
    restoreFrostRecovery: [[helper, rest(frost.frostRecoveryMachine(helper))]],
    frostReshareMachine: [[old], [fresh, own]],
    restoreFrostReshare: [[old, rest(frost.frostReshareMachine(old))]],
    frostImportMachine: [
      [scheme, imported, { scalar }],
      [scheme, other, undefined, own],
    ],
    restoreFrostImport: [[scheme, other, rest(frost.frostImportMachine(scheme, other))]],
    frostPublicKey:
      scheme === "eddsa-ed25519"
        ? [
            [scheme, { seed: bytesFrom("seed") }],
            [scheme, { scalar }],
          ]
        : [[scheme, { scalar }]],
    frostRepairMachine: [[{ ...repair, mine: share }], [{ ...repair, mine: { record: { ...marked, self: idx(3) } } }]],
    frostRecordFor: [[marked, idx(3)]],
    releaseFrostShare: [[share, consent]],
    exportFrostKey: [[{ key: known, shares: released, ...consent }]],
  };
}

function backupCalls(): Calls {
  const { record, secret } = makeKey([1, 2, 3], 2, "entries").get(self) as dkls23.KeyShare;
  const secretKey = bytesFrom("recipient");
  const recipient = secp256k1.getPublicKey(secretKey);
  const publicShare = record.holders[0]?.publicShare as Uint8Array;
  const statement = { curve: "secp256k1", publicShare, recipient, context: bytesFrom("context") } as const;
  const sealed = backup.sealShare(statement, secret, entropy);
  return {
    sealShare: [[statement, secret, entropy]],
    verifySealedShare: [[statement, sealed]],
    openSealedShare: [[statement, sealed, secretKey]],
  };
}

function protocolCalls(): Calls {
  const about = { protocol: "keygen", sid: nonce, peers: signers, rounds: 1, bodyBytes: () => 0 };
  const wipe = (): void => undefined;
  return {
    shareIndex: [[1]],
    ascending: [[[1, 2]]],
    sequence: [[about, { start: () => ({ kind: "done" }), wipe }]],
    resumed: [[about, { kind: "done" }]],
  };
}

export const entries: readonly (readonly [string, Functions, () => Calls])[] = [
  ["dkls23", dkls23 as never, dkls23Calls],
  ["frost (eddsa-ed25519)", frost as never, () => frostCalls("eddsa-ed25519")],
  ["frost (schnorr-bip340)", frost as never, () => frostCalls("schnorr-bip340")],
  ["backup", backup as never, backupCalls],
  ["protocol", protocol as never, protocolCalls],
];
