// A party that has lost a share takes it back from its own sealed backup, while it is stopped and
// without anybody else. What may be restored is judged by the roster and by what its store knows.
import { identityKeyFromSeed } from "@covault/channel";
import { asCovaultError } from "@covault/errors";
import { sealShare } from "@covault/mpc/backup";
import { decodeRecord, encodeRecord } from "@covault/mpc/dkls23";
import { seeded } from "@covault/testkit";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { describe, expect, it } from "vitest";
import { statementOf } from "../src/backup/check-backup.ts";
import { decodeBackup, encodeBackup, openBackup, type RecipientKey } from "../src/backup/index.ts";
import { restoreShare, type ToRestore } from "../src/backup/restore-share.ts";
import type { StoredShare } from "../src/ports/store.ts";
import { shareCodecOf } from "../src/protocols/registry.ts";
import { chainOf } from "./epochs.ts";
import { type Held, holdKey, Lifecycle, said } from "./lifecycle.ts";
import { renew } from "./renewing.ts";
import { damage, loseStore, repair, secretOf } from "./repairs.ts";

const recipientOf = (name: string): RecipientKey => {
  const secretKey = seeded(name).bytes(32);
  return { secretKey, publicKey: secp256k1.getPublicKey(secretKey, true) };
};
const [mine, other] = [recipientOf("restore mine"), recipientOf("restore other")];
const accountId = "acc_test";

/** A key whose holders have sealed their shares. */
async function backedUp(scheme: string, seed: string): Promise<Lifecycle> {
  return Lifecycle.of(await held(scheme), seed, { backupsOf: () => ({ recipients: [mine.publicKey] }) });
}

async function documentOf({ world, key }: Lifecycle, index: number): Promise<Uint8Array> {
  const { party, store } = world.actor(index);
  await party.idle();
  const [backup] = await store.backups(key.charter.keyId);
  return backup?.document as Uint8Array;
}

/** Restores into the store that the party has now, as its operator's command does. */
function restore({ world }: Lifecycle, index: number, asked: Partial<ToRestore>, over: { partyId?: string; roster?: object } = {}) {
  const { partyId, store, vault } = world.actor(index);
  const party = { partyId, store, vault, roster: world.roster, nowMs: world.clock.nowMs(), entropy: seeded("restore entropy"), ...over };
  return restoreShare(party as Parameters<typeof restoreShare>[0], {
    document: new Uint8Array(),
    opener: { keys: [mine] },
    accountId,
    ...asked,
  });
}
const codeOf = async (act: Promise<unknown>): Promise<string> => {
  try {
    await act;
  } catch (error) {
    return asCovaultError(error)?.code ?? String(error);
  }
  return "none";
};

/** The row of the share is there, and nothing in it can be read any more. */
async function spoilRow(life: Lifecycle, index: number): Promise<void> {
  const { store } = life.world.actor(index);
  const { status: _, ...share } = (await life.share(index)) as StoredShare;
  const spoiled = { ...share, record: Uint8Array.of(9), secret: Uint8Array.of(9) };
  expect(await store.keepRepaired(spoiled, await chainOf(life.world, index, life.key.charter))).toBe(true);
}

/** Makes a document of party 2 whose public shares are another line through the public key. */
function forged(document: Uint8Array): Uint8Array {
  const read = decodeBackup(document);
  const { Point } = secp256k1;
  const before = decodeRecord(read.record);
  const [key, share] = [Point.fromBytes(before.publicKey), seeded("restore forged").bytes(32)];
  const slope = Point.fromBytes(secp256k1.getPublicKey(share)).subtract(key).multiply(Point.Fn.inv(2n));
  const holders = before.holders.map((each) => ({ ...each, publicShare: key.add(slope.multiply(BigInt(each.index))).toBytes() }));
  const record = encodeRecord({ ...before, holders });
  const terms = { ...read, record };
  const statement = statementOf(terms, shareCodecOf(read.scheme).record(record));
  return encodeBackup({ ...terms, sealed: sealShare(statement, share, seeded("restore forgery").bytes(32)) });
}

const heldKeys = new Map<string, Promise<Held>>();
/** One key of each scheme does for all tests. Each of them has stores of its own. */
function held(scheme: string): Promise<Held> {
  const made = heldKeys.get(scheme) ?? holdKey(scheme);
  heldKeys.set(scheme, made);
  return made;
}

describe.each(["ecdsa-secp256k1", "eddsa-ed25519", "schnorr-bip340"])("a share of a key for %s", (scheme) => {
  const hasPairs = scheme === "ecdsa-secp256k1";
  it("comes back from the party's own document, is what it was, and signs once its pair is renewed", async () => {
    const life = await backedUp(scheme, `restored ${scheme}`);
    const { world, key } = life;
    const { keyId } = key.charter;
    const [document, secret, before] = [await documentOf(life, 2), await secretOf(life, 2), await life.share(2)];
    await loseStore(life, 2);
    await world.actor(2).party.stop();
    const restored = await restore(life, 2, { document, epochNumber: 0 });
    expect(restored).toMatchObject({ keyId: Buffer.from(keyId).toString("hex"), scheme, epochNumber: 0, shareIndex: 2 });
    expect(await secretOf(life, 2)).toEqual(secret);
    expect({ ...(await life.share(2)), secret: undefined }).toEqual({ ...before, secret: undefined });
    expect(await chainOf(world, 2, { keyId })).toEqual(await chainOf(world, 1, { keyId }));
    expect((await world.actor(2).store.pairs(keyId, key.epoch)).map(({ state }) => state)).toEqual([]);
    expect(await codeOf(restore(life, 2, { document }))).toBe("party/share-held");

    await world.boot(2);
    const first = await life.signs([1, 2]);
    if (hasPairs) {
      expect([[...new Set(said(first))], first.signatures]).toEqual([["party/pairs-missing"], []]);
      world.coordinator.cancel(first);
      await world.hub.settle();
      const renewal = await renew(life, [1, 2], (action) => {
        action.oldPairId = new Uint8Array(32);
      });
      expect(said(renewal)).toEqual([]);
      const again = await life.signs([1, 2], 2);
      expect([said(again), again.signatures.length]).toEqual([[], 2]);
    } else expect([said(first), first.signatures.length]).toEqual([[], 2]);
  }, 300_000);
});

it("comes back to a party that the roster has given another identity key, and signs", async () => {
  const life = await backedUp("eddsa-ed25519", "restored successor");
  const { world } = life;
  const document = await documentOf(life, 2);
  await loseStore(life, 2);
  await world.actor(2).party.stop();
  const identity = identityKeyFromSeed(seeded("restored successor").bytes(32));
  const parties = world.roster.parties.map((each) => (each.partyId === "party-2" ? { ...each, idpk: identity.publicKey } : each));
  Object.assign(world, { roster: { ...world.roster, serial: world.roster.serial + 1n, parties } });
  Object.assign(world.actor(2), { identity });
  expect(await codeOf(restore(life, 2, { document, epochNumber: 0 }))).toBe("none");
  await world.boot(2);
  const session = await life.signs([1, 2]);
  expect([said(session), session.signatures.length]).toEqual([[], 2]);
}, 300_000);

describe("what is not restored", () => {
  it("nothing that is not this party's own share of this account, opened by its recipient", async () => {
    const life = await backedUp("ecdsa-secp256k1", "refused");
    const document = await documentOf(life, 2);
    await loseStore(life, 2);
    const refused = (asked: Partial<ToRestore>, over?: { partyId?: string; roster?: object }) =>
      codeOf(restore(life, 2, { document, epochNumber: 0, ...asked }, over));
    expect(await refused({ opener: { keys: [other] } })).toBe("backup/wrong-key");
    const opened = openBackup(await documentOf(life, 3), [mine]).share;
    expect(await refused({ opener: { share: opened } })).toBe("backup/other-share");
    expect(await refused({ document: await documentOf(life, 3) })).toBe("backup/other-share");
    expect(await refused({ accountId: "acc_other" })).toBe("backup/other-share");
    const altered = document.slice();
    altered[document.length - 100] = (altered[document.length - 100] as number) ^ 1;
    expect(await refused({ document: altered })).toBe("backup/damaged");
    const moved = encodeBackup({ ...decodeBackup(document), partyId: "party-3" });
    expect(await refused({ document: moved })).toBe("backup/not-proven");
    // The roster's initiators count, and not those that the document names.
    expect(await refused({}, { roster: { ...life.world.roster, initiators: [] } })).toBe("backup/not-proven");
    const idpk = new Uint8Array(32).fill(7);
    for (const change of [{ idpk, role: "temporary" }, { idpk, validUntilMs: 1n }, { validUntilMs: 1n }, { partyId: "party-9" }]) {
      const parties = life.world.roster.parties.map((each) => (each.partyId === "party-2" ? { ...each, ...change } : each));
      expect(await refused({}, { roster: { ...life.world.roster, parties } })).toBe("trust/unknown-party");
    }
    expect(await life.share(2)).toBeUndefined();
    expect(await refused({})).toBe("none");
  }, 300_000);

  it("no epoch that is over, and none of which nothing says that it is the key's", async () => {
    const life = await backedUp("ecdsa-secp256k1", "epochs");
    const first = await documentOf(life, 2);
    await life.go();
    const second = await documentOf(life, 2);
    expect(await codeOf(restore(life, 2, { document: first }))).toBe("backup/epoch-behind");
    await loseStore(life, 2);
    expect(await codeOf(restore(life, 2, { document: second }))).toBe("backup/epoch-unknown");
    expect(await codeOf(restore(life, 2, { document: first, epochNumber: 1 }))).toBe("backup/epoch-behind");
    expect(await life.world.actor(2).store.certificates(life.key.charter.keyId)).toEqual([]);
    expect(await codeOf(restore(life, 2, { document: second, epochNumber: 1 }))).toBe("none");
    expect((await life.share(2))?.status).toBe("committed");
  }, 300_000);

  it("what a forged document has left stays until its row is gone, and then the true share comes back", async () => {
    const life = await backedUp("ecdsa-secp256k1", "forged");
    const [document, secret] = [await documentOf(life, 2), await secretOf(life, 2)];
    await loseStore(life, 2);
    expect(await codeOf(restore(life, 2, { document: forged(document), epochNumber: 0 }))).toBe("none");
    expect(await codeOf(restore(life, 2, { document, epochNumber: 0 }))).toBe("party/share-held");
    expect(said(await repair(life, [1, 3], 2))).toEqual(["party/share-held"]);
    await loseStore(life, 2);
    expect(await codeOf(restore(life, 2, { document, epochNumber: 0 }))).toBe("none");
    expect(await secretOf(life, 2)).toEqual(secret);
  }, 300_000);

  it("no share in the place of one that opens or waits for its certificate, and one in the place of a lost one", async () => {
    const life = await backedUp("ecdsa-secp256k1", "held");
    const document = await documentOf(life, 2);
    const secret = await secretOf(life, 2);
    expect(await codeOf(restore(life, 2, { document }))).toBe("party/share-held");
    await damage(life, 2);
    expect(await codeOf(restore(life, 2, { document }))).toBe("none");
    expect(await secretOf(life, 2)).toEqual(secret);

    // The recipient's key need not come here: its owner opens the document elsewhere.
    await spoilRow(life, 2);
    const { share } = openBackup(document, [mine]);
    expect(await codeOf(restore(life, 2, { document, opener: { share } }))).toBe("none");
    expect(await secretOf(life, 2)).toEqual(secret);

    // A store that is behind takes a document that is not.
    const old = life.world.actor(2).store.copy();
    await life.go();
    const newer = await documentOf(life, 2);
    await life.world.actor(2).party.stop();
    Object.assign(life.world.actor(2), { store: old });
    expect(await codeOf(restore(life, 2, { document: newer }))).toBe("none");
    expect([(await life.share(2))?.status, (await chainOf(life.world, 2, life.key.charter)).length]).toEqual(["committed", 2]);
  }, 300_000);
});
