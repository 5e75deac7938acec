// No protocol takes a record of another scheme, by whatever door it comes. A Taproot key would
// otherwise become an ECDSA key without an error. The id of a key says which scheme it is of, also
// where the keys of two schemes have one form.
import { beforeAll, describe, expect, it } from "vitest";
import * as dkls23 from "../src/dkls23/index.ts";
import * as frost from "../src/frost/index.ts";
import * as cast from "./frost/cast.ts";
import { bytesFrom, idx, makeKey, nonceFrom } from "./simulation.ts";

const holders = [1, 2, 3].map(idx);
const [self, lost] = [idx(1), idx(3)];
const nonce = nonceFrom("schemes", holders);
const consent = { endThresholdProtection: true } as const;
const succession = { members: cast.membersOf(holders), dealers: holders, nonce, epochNumber: 1 };
const reshare = { ...succession, receivers: holders, threshold: 2 };
const signing = { signers: [1, 2].map(idx), nonce, tweak: new Uint8Array(32), burned: [] };
const repair = { helpers: signing.signers, receiver: lost, members: succession.members, nonce };
const snapshot = new Uint8Array(100);

const schemes = ["ecdsa-secp256k1", "schnorr-bip340", "eddsa-ed25519"] as const;
type Share = { readonly record: { readonly keyId: Uint8Array; readonly publicKey: Uint8Array }; readonly secret: Uint8Array };
const shares = new Map<string, Share>();
beforeAll(() => {
  shares.set("ecdsa-secp256k1", makeKey([1, 2, 3], 2, "schemes").get(self) as never);
  for (const scheme of cast.schemes) shares.set(scheme, cast.makeKey(scheme, [1, 2, 3], 2, "schemes").get(self) as never);
});

/** Every door of a protocol that a record can come by. */
type Doors = Readonly<Record<string, (share: never, key: never) => unknown>>;
const ofDkls23: Doors = {
  signMachine: (share) => dkls23.signMachine({ ...signing, share, digest: bytesFrom("digest") }),
  presignMachine: (share) => dkls23.presignMachine({ ...signing, share }),
  refreshMachine: (share) => dkls23.refreshMachine({ ...succession, share }),
  restoreRefresh: (share) => dkls23.restoreRefresh({ ...succession, share }, snapshot),
  "recoveryMachine, a helper": (mine) => dkls23.recoveryMachine({ ...succession, mine }),
  "recoveryMachine, the recovered": (_, key) =>
    dkls23.recoveryMachine({ ...succession, dealers: signing.signers, mine: { self: lost, key } }),
  "restoreRecovery, a helper": (mine) => dkls23.restoreRecovery({ ...succession, mine }, snapshot),
  "restoreRecovery, the recovered": (_, key) => dkls23.restoreRecovery({ ...succession, mine: { self: lost, key } }, snapshot),
  "reshareMachine, an old holder": (mine) => dkls23.reshareMachine({ ...reshare, mine }),
  "reshareMachine, a new one": (_, key) => dkls23.reshareMachine({ ...reshare, dealers: signing.signers, mine: { self: lost, key } }),
  "restoreReshare, an old holder": (mine) => dkls23.restoreReshare({ ...reshare, mine }, snapshot),
  "restoreReshare, a new one": (_, key) => dkls23.restoreReshare({ ...reshare, mine: { self: lost, key } }, snapshot),
  "repairMachine, a helper": (mine) => dkls23.repairMachine({ ...repair, mine }),
  "repairMachine, the receiver": (_, record) => dkls23.repairMachine({ ...repair, mine: { record } }),
  recordFor: (_, record) => dkls23.recordFor(record, lost),
  releaseShare: (share) => dkls23.releaseShare(share, consent),
  exportKey: (_, key) => dkls23.exportKey({ key, shares: new Map(), ...consent }),
  encodeRecord: (_, key) => dkls23.encodeRecord(key),
};
const ofFrost: Doors = {
  frostSignMachine: (share) => frost.frostSignMachine({ ...signing, share, message: bytesFrom("digest") }),
  frostRefreshMachine: (share) => frost.frostRefreshMachine({ ...succession, share }),
  restoreFrostRefresh: (share) => frost.restoreFrostRefresh({ ...succession, share }, snapshot),
  "frostRecoveryMachine, a helper": (mine) => frost.frostRecoveryMachine({ ...succession, mine }),
  "frostRecoveryMachine, the recovered": (_, key) =>
    frost.frostRecoveryMachine({ ...succession, dealers: signing.signers, mine: { self: lost, key } }),
  "restoreFrostRecovery, a helper": (mine) => frost.restoreFrostRecovery({ ...succession, mine }, snapshot),
  "restoreFrostRecovery, the recovered": (_, key) => frost.restoreFrostRecovery({ ...succession, mine: { self: lost, key } }, snapshot),
  "frostReshareMachine, an old holder": (mine) => frost.frostReshareMachine({ ...reshare, mine }),
  "frostReshareMachine, a new one": (_, key) =>
    frost.frostReshareMachine({ ...reshare, dealers: signing.signers, mine: { self: lost, key } }),
  "restoreFrostReshare, an old holder": (mine) => frost.restoreFrostReshare({ ...reshare, mine }, snapshot),
  "restoreFrostReshare, a new one": (_, key) => frost.restoreFrostReshare({ ...reshare, mine: { self: lost, key } }, snapshot),
  "frostRepairMachine, a helper": (mine) => frost.frostRepairMachine({ ...repair, mine }),
  "frostRepairMachine, the receiver": (_, record) => frost.frostRepairMachine({ ...repair, mine: { record } }),
  frostRecordFor: (_, record) => frost.frostRecordFor(record, lost),
  releaseFrostShare: (share) => frost.releaseFrostShare(share, consent),
  exportFrostKey: (_, key) => frost.exportFrostKey({ key, shares: new Map(), ...consent }),
  encodeFrostRecord: (_, key) => frost.encodeFrostRecord(key),
};

/**
 * Gives a record of `scheme` under a claim that it is of another: the same key, and the id of the
 * true scheme.
 */
const claimed = (scheme: string, claim: string | undefined): Share => {
  const share = shares.get(scheme) as Share;
  return { ...share, record: { ...share.record, scheme: claim } as never };
};
const unnamed = (scheme: string): Share => {
  const share = shares.get(scheme) as Share;
  const { scheme: _, ...record } = share.record as Share["record"] & { readonly scheme?: unknown };
  return { ...share, record };
};

describe.each([
  ["DKLs23", ofDkls23, ["ecdsa-secp256k1"]],
  ["FROST", ofFrost, ["schnorr-bip340", "eddsa-ed25519"]],
] as const)("%s", (protocol, doors, own) => {
  describe.each(Object.entries(doors))("%s", (_, door) => {
    it.each(schemes)("takes a record of %s if it is one of its own, and refuses it by name otherwise", (scheme) => {
      const offer = (share: Share) => () => door(share as never, share.record as never);
      const taken = offer(shares.get(scheme) as Share);
      if ((own as readonly string[]).includes(scheme)) {
        // An error, if there is one, is about the snapshot, or says that nobody released a share.
        expect(taken).not.toThrowError(expect.objectContaining({ message: expect.stringContaining("got one of") }));
        return;
      }
      const other = protocol === "DKLs23" ? "FROST" : "DKLs23";
      const refusal = expect.objectContaining({
        code: "mpc/bad-setup",
        message: expect.stringContaining(`got one of ${other} (${scheme})`),
      });
      expect(taken).toThrowError(refusal);
      // The record is refused under the name of the protocol's own schemes, too, and without any.
      for (const claim of own) expect(offer(claimed(scheme, claim))).toThrowError(refusal);
      if (protocol === "DKLs23") expect(offer(unnamed(scheme))).toThrowError(refusal);
    });

    it("refuses a record of its own under the name of another scheme, and one whose id is no scheme's", () => {
      for (const scheme of own)
        for (const claim of schemes.filter((each) => each !== scheme)) {
          const share = claimed(scheme, claim);
          expect(() => door(share as never, share.record as never)).toThrowError(expect.objectContaining({ code: "mpc/bad-setup" }));
          const forged = {
            ...(shares.get(scheme) as Share),
            record: { ...(shares.get(scheme) as Share).record, keyId: bytesFrom("none") },
          };
          expect(() => door(forged as never, forged.record as never)).toThrowError(
            expect.objectContaining({ code: "mpc/bad-setup", message: expect.stringContaining("the key id is not that of") }),
          );
        }
    });
  });
});

describe("a stored round of one scheme", () => {
  it("goes on under no other", () => {
    const setup = { self, threshold: 2, members: cast.membersOf(holders), nonce };
    const machines = {
      "ecdsa-secp256k1": dkls23.keygenMachine(setup),
      "schnorr-bip340": frost.frostKeygenMachine("schnorr-bip340", setup),
      "eddsa-ed25519": frost.frostKeygenMachine("eddsa-ed25519", setup),
    };
    for (const scheme of schemes) {
      machines[scheme].start(bytesFrom("entropy"));
      const stored = machines[scheme].snapshot();
      for (const other of schemes.filter((each) => each !== scheme)) {
        const act = () =>
          other === "ecdsa-secp256k1" ? dkls23.restoreKeygen(setup, stored) : frost.restoreFrostKeygen(other, setup, stored);
        const code = expect.stringMatching(/^mpc\/(bad-state|context-mismatch)$/);
        expect(act).toThrowError(expect.objectContaining({ code }));
      }
    }
  });
});
