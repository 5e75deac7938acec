// Sealed backups: what a party seals, to whom, when, and what anybody can tell of the documents.
import { hex } from "@covault/crypto";
import { asCovaultError } from "@covault/errors";
import { sealShare } from "@covault/mpc/backup";
import { decodeRecord, encodeRecord } from "@covault/mpc/dkls23";
import { CrashPoint, World } from "@covault/testkit";
import { keysOf } from "@covault/trust";
import { ed25519 } from "@noble/curves/ed25519.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { beforeAll, describe, expect, it } from "vitest";
import { statementOf } from "../src/backup/check-backup.ts";
import {
  type BackupDocument,
  checkBackup,
  checkBackups,
  decodeBackup,
  encodeBackup,
  openBackup,
  type RecipientKey,
  recoverKey,
} from "../src/backup/index.ts";
import type { BackupFiles, BackupSettings } from "../src/ports/backups.ts";
import { shareCodecOf } from "../src/protocols/registry.ts";
import { type Held, holdKey, Lifecycle } from "./lifecycle.ts";

function recipient(): RecipientKey {
  const secretKey = secp256k1.utils.randomSecretKey();
  return { secretKey, publicKey: secp256k1.getPublicKey(secretKey, true) };
}
const [mine, other] = [recipient(), recipient()];
const settings = (...keys: readonly RecipientKey[]): BackupSettings => ({ recipients: keys.map(({ publicKey }) => publicKey) });

/** A folder in memory. */
class Folder implements BackupFiles {
  readonly place = "memory";
  readonly files = new Map<string, Uint8Array>();
  async write(name: string, document: Uint8Array): Promise<void> {
    this.files.set(name, document);
  }
  async names(): Promise<readonly string[]> {
    return [...this.files.keys()];
  }
  async remove(name: string): Promise<void> {
    this.files.delete(name);
  }
}

async function documents(world: World, keyId: Uint8Array): Promise<{ name: string; bytes: Uint8Array }[]> {
  const found: { name: string; bytes: Uint8Array }[] = [];
  for (const { partyId, store, party } of world.actors.values()) {
    await party.idle();
    for (const { document } of await store.backups(keyId)) found.push({ name: partyId, bytes: document });
  }
  return found;
}
const code = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return asCovaultError(error)?.code ?? String(error);
  }
  return "none";
};

let held: Held;
let key: Lifecycle["key"];
let world: World;
let backups: { name: string; bytes: Uint8Array }[];

beforeAll(async () => {
  held = await holdKey("ecdsa-secp256k1");
  const life = await Lifecycle.of(held, "sealing", { backupsOf: () => settings(mine) });
  ({ key, world } = life);
  backups = await documents(world, key.charter.keyId);
});
const bytesOf = (index: number): Uint8Array => backups[index - 1]?.bytes as Uint8Array;
const changed = (index: number, change: Partial<BackupDocument>): Uint8Array =>
  encodeBackup({ ...decodeBackup(bytesOf(index)), ...change });
const refused = (bytes: Uint8Array): string => checkBackups([{ name: "it", bytes }]).faults[0]?.message ?? "accepted";

describe("what a party seals", () => {
  it("is every committed share, to every listed recipient, and t of them are the key", () => {
    expect(backups.map(({ name }) => name)).toEqual(["party-1", "party-2", "party-3"]);
    const { keys, faults } = checkBackups(backups);
    expect(faults).toEqual([]);
    expect(keys).toMatchObject([{ backedUp: 0, epochs: [{ threshold: 2, holders: 3, isWhole: true, shares: [{}, {}, {}] }] }]);
    const { secretKey } = recoverKey(backups.slice(1), [mine]);
    expect(secp256k1.getPublicKey(secretKey, true)).toEqual(key.charter.publicKey);
  });

  it("goes to nobody where no recipient is listed, and the key is not backed up", async () => {
    const { world: alone } = await Lifecycle.of(held, "none");
    await alone.pass(120_000);
    expect(await documents(alone, key.charter.keyId)).toEqual([]);
  });

  it.each(["eddsa-ed25519", "schnorr-bip340"])("opens for %s as well, right after the keygen's commit", async (scheme) => {
    const fresh = await World.create({ seed: `backup-${scheme}`, backupsOf: () => settings(mine) });
    const session = fresh.coordinator.open(fresh.keygenIntent(2, scheme), [1, 2, 3]);
    await fresh.hub.settle();
    const [share] = await fresh.actor(1).store.sharesOfSession(session.sessionId);
    const ofFresh = (await documents(fresh, share?.keyId as Uint8Array)).slice(1);
    const recovered = recoverKey(ofFresh, [mine]);
    // Of two keys none is joined, and the files of each are named.
    expect(code(() => recoverKey([...ofFresh, ...backups], [mine]))).toBe("backup/several-keys");
    expect(() => recoverKey([...ofFresh, { name: "another key's", bytes: bytesOf(1) }], [mine])).toThrow("(another key's)");
    const { publicKey } = recovered.key.charter;
    const scalar = recovered.secretKey.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
    if (scheme === "eddsa-ed25519") expect(ed25519.Point.BASE.multiply(scalar).toBytes()).toEqual(publicKey);
    else expect(secp256k1.getPublicKey(recovered.secretKey, true).slice(1)).toEqual(publicKey);
  });

  it("is sealed to a new recipient later, and what was sealed to one that is listed no more goes with its epoch", async () => {
    const life = await Lifecycle.of(held, "listed", { backupsOf: () => settings(mine) });
    const { world: again } = life;
    await documents(again, key.charter.keyId);
    await again.boot(1, undefined, { backups: settings(other) });
    const found = async () =>
      (await documents(again, key.charter.keyId)).map(({ name, bytes }) => {
        const { recipient: to, epochNumber } = decodeBackup(bytes);
        return `${name} to ${hex(to) === hex(mine.publicKey) ? "mine" : "the other"} of epoch ${epochNumber}`;
      });
    const ofOthers = (epoch: number) => [2, 3].map((index) => `party-${index} to mine of epoch ${epoch}`);
    expect((await found()).sort()).toEqual(["party-1 to mine of epoch 0", "party-1 to the other of epoch 0", ...ofOthers(0)]);
    await life.go();
    await life.isWhole([1, 2, 3]);
    expect(await found()).toEqual(["party-1 to the other of epoch 1", ...ofOthers(1)]);
  });

  it.each(["before", "after"] as const)("is there after a process that died %s it was stored", async (when) => {
    const { world: torn } = await Lifecycle.of(held, `torn-${when}`);
    // The start itself writes first. The steps of the backups come after it.
    const whole = new CrashPoint(0, "before");
    await torn.boot(2, whole, { backups: settings(mine) });
    await torn.actor(2).party.idle();
    const step = whole.names.indexOf("keepBackup") + 1;
    expect(step).toBeGreaterThan(0);
    const crash = new CrashPoint(step, when);
    await Promise.race([torn.boot(1, crash, { backups: settings(mine) }), crash.death]);
    await crash.death;
    await torn.boot(1, undefined, { backups: settings(mine) });
    await torn.actor(1).party.idle();
    const [kept] = await torn.actor(1).store.backups(key.charter.keyId);
    expect(code(() => checkBackup(kept?.document ?? new Uint8Array()))).toBe("none");
  });

  it("is made anew by the clock where its operator says how old it may be", async () => {
    const folder = new Folder();
    const backupsOf = () => ({ ...settings(mine), files: folder, everyMs: 3_600_000 });
    const { world: old } = await Lifecycle.of(held, "clock", { backupsOf });
    await documents(old, key.charter.keyId);
    expect(folder.files.size).toBe(3);
    folder.files.clear();
    await old.pass(1_800_000, 60_000);
    await documents(old, key.charter.keyId);
    expect(folder.files.size).toBe(0);
    await old.pass(1_900_000, 60_000);
    await documents(old, key.charter.keyId);
    expect(folder.files.size).toBe(3);
  });

  it("holds no pair, no seed and nothing else that is secret beside the sealed share", async () => {
    const { store, vault, partyId } = world.actor(1);
    const share = (await store.committedShare(key.charter.keyId)) as NonNullable<Awaited<ReturnType<typeof store.committedShare>>>;
    const { share: plain } = openBackup(bytesOf(1), [mine]);
    const { sealed, ...rest } = decodeBackup(bytesOf(1));
    const text = Buffer.from(bytesOf(1)).toString("latin1");
    const states = (await store.pairs(key.charter.keyId, key.epoch)).map(({ state }) => state as Uint8Array);
    expect(states).toHaveLength(key.members.length - 1);
    for (const secret of [plain, share.secret, ...states])
      for (const form of ["hex", "base64", "latin1"] as const)
        for (let at = 0; at + 24 <= secret.length; at += 24)
          expect(text.includes(Buffer.from(secret.subarray(at, at + 24)).toString(form))).toBe(false);
    // The document is these fields alone, each of which is public.
    expect(Object.keys(rest).sort()).toEqual(
      ["certificates", "epoch", "epochNumber", "initiators", "keyId", "partyId", "recipient", "record", "scheme", "shareIndex"].sort(),
    );
    expect([rest.partyId, sealed.length, vault.masterIds.length]).toEqual([partyId, 6_027, 1]);
  });
});

describe("a further epoch", () => {
  it("takes the place of the one before, party by party, and check says which epoch has t shares", async () => {
    const folder = new Folder();
    const backupsOf = () => ({ ...settings(mine), files: folder });
    const life = await Lifecycle.of(held, "refreshed", { backupsOf });
    const { keyId } = key.charter;
    await documents(life.world, keyId);
    const before = [...folder.files].map(([name, bytes]) => ({ name, bytes }));
    await life.go();
    await documents(life.world, keyId);
    const after = [...folder.files].map(([name, bytes]) => ({ name, bytes }));
    expect([before.length, after.length]).toEqual([3, 3]);
    const whole = (files: typeof before) => checkBackups(files).keys[0]?.epochs.map(({ epochNumber, isWhole }) => [epochNumber, isWhole]);
    expect(whole(before)).toEqual([[0, true]]);
    expect(whole([after[0], before[1], before[2]] as typeof before)).toEqual([
      [1, false],
      [0, true],
    ]);
    expect(whole([after[0], after[1], before[2]] as typeof before)).toEqual([
      [1, true],
      [0, false],
    ]);
    expect(whole(after)).toEqual([[1, true]]);
    expect(secp256k1.getPublicKey(recoverKey(after, [mine]).secretKey, true)).toEqual(key.charter.publicKey);
    // Shares of two epochs do not mix, and are never joined.
    expect(code(() => recoverKey([after[0], before[1]] as typeof before, [mine]))).toBe("backup/too-few");
  });

  it("that a holder has left takes its backup away, row and file", async () => {
    const folder = new Folder();
    const backupsOf = () => ({ ...settings(mine), files: folder });
    const life = await Lifecycle.of(held, "left", { backupsOf });
    await documents(life.world, key.charter.keyId);
    await life.go((action) => {
      action.kind = "reshare";
      action.dealers = [1, 2];
      action.members = action.members.slice(0, 2);
    });
    const left = await documents(life.world, key.charter.keyId);
    expect(left.map(({ name }) => name)).toEqual(["party-1", "party-2"]);
    expect([...folder.files.keys()].map((name) => name.split(".")[2]).sort()).toEqual(["party-1", "party-2"]);
  });

  it("takes no file away for a store that knows nothing of the key", async () => {
    const folder = new Folder();
    const backupsOf = () => ({ ...settings(mine), files: folder });
    const life = await Lifecycle.of(held, "lost", { backupsOf });
    await documents(life.world, key.charter.keyId);
    const empty = await World.create({ seed: "empty", indices: [1, 2, 3], backupsOf });
    await empty.pass(120_000, 30_000);
    expect(folder.files.size).toBe(3);
  });
});

describe("a document", () => {
  it("is the same after it was written and read, and none with another byte", () => {
    const bytes = bytesOf(1);
    expect(encodeBackup(decodeBackup(bytes))).toEqual(bytes);
    const codes = new Set<string>();
    for (let at = 0; at < bytes.length; at++) {
      const flipped = bytes.slice();
      flipped[at] = (flipped[at] as number) ^ 1;
      codes.add(code(() => decodeBackup(flipped)));
    }
    expect([...codes].sort()).toEqual(["backup/damaged", "backup/foreign", "backup/newer-version"].filter((each) => codes.has(each)));
    expect(code(() => decodeBackup(bytes.subarray(0, 1_000)))).toBe("backup/foreign");
    expect(code(() => decodeBackup(Uint8Array.of(...bytes, 10)))).toBe("backup/damaged");
  });

  it("opens with its recipient's key alone", () => {
    expect(code(() => openBackup(bytesOf(1), [other]))).toBe("backup/wrong-key");
    // A liar may write another recipient over it, and the sealed share is bound to the first one.
    expect(code(() => openBackup(changed(1, { recipient: other.publicKey }), [other]))).toBe("backup/not-proven");
    expect(code(() => recoverKey(backups, [other]))).toBe("backup/too-few");
  });

  it("proves itself against the roster, and its own word is not the roster's", () => {
    expect(code(() => checkBackup(bytesOf(1), keysOf(world.roster)))).toBe("none");
    expect(code(() => checkBackup(bytesOf(1), () => []))).toBe("backup/not-proven");
  });

  it.each<[string, () => Uint8Array, string]>([
    ["another party's sealed share", () => changed(1, { sealed: decodeBackup(bytesOf(2)).sealed }), "runs do not give"],
    ["a share index of another", () => changed(1, { shareIndex: 2 }), "party-1 does not hold share 2"],
    ["another party's name", () => changed(1, { partyId: "party-2" }), "party-2 does not hold share 1"],
    ["another party's record", () => changed(1, { record: decodeBackup(bytesOf(2)).record }), "record is that of share 2"],
    ["another epoch number", () => changed(1, { epochNumber: 7 }), "lead to epoch 0"],
    ["another epoch", () => changed(1, { epoch: new Uint8Array(32).fill(1) }), "lead to epoch 0"],
    ["another scheme", () => changed(1, { scheme: "schnorr-bip340" }), "a key for ecdsa-secp256k1"],
    ["another key", () => changed(1, { keyId: new Uint8Array(32).fill(1) }), "another key"],
    ["no certificate", () => changed(1, { certificates: [] }), "it has no intent"],
    ["no initiator", () => changed(1, { initiators: [] }), "does not prove"],
    ["an intent that asked for nothing", () => changed(1, { intentId: new Uint8Array(32) }), "runs do not give"],
    [
      "public shares on no polynomial",
      () => {
        const record = decodeRecord(decodeBackup(bytesOf(1)).record);
        const [one, two, three] = record.holders.map(({ publicShare }) => publicShare) as [Uint8Array, Uint8Array, Uint8Array];
        const holders = record.holders.map(({ index }, at) => ({ index, publicShare: [one, three, two][at] as Uint8Array }));
        return changed(1, { record: encodeRecord({ ...record, holders }) });
      },
      "one polynomial",
    ],
  ])("with %s is named by check", (_name, make, text) => {
    expect(refused(make())).toContain(text);
  });

  it("with the certificates of another key is named by check", async () => {
    const elsewhere = await World.create({ seed: "elsewhere", backupsOf: () => settings(mine) });
    const session = elsewhere.coordinator.open(elsewhere.keygenIntent(2), [1, 2, 3]);
    await elsewhere.hub.settle();
    const [share] = await elsewhere.actor(1).store.sharesOfSession(session.sessionId);
    const [theirs] = await documents(elsewhere, share?.keyId as Uint8Array);
    const { certificates, record } = decodeBackup(theirs?.bytes as Uint8Array);
    expect(refused(changed(1, { certificates }))).toContain("it is that of another key");
    expect(refused(changed(1, { record }))).toContain("record is that of another key");
  });

  it("of a liar that makes up public shares counts for nothing beside two that agree", () => {
    const document = decodeBackup(bytesOf(1));
    const record = decodeRecord(document.record);
    // A line through the public key and a share of the liar's own.
    const { Point } = secp256k1;
    const own = Buffer.alloc(32, 5);
    const line = Point.fromBytes(secp256k1.getPublicKey(own, true)).subtract(Point.fromBytes(record.publicKey));
    const holders = record.holders.map(({ index }) => ({
      index,
      publicShare: Point.fromBytes(record.publicKey)
        .add(line.multiply(BigInt(index)))
        .toBytes(true),
    }));
    const terms = { ...document, record: encodeRecord({ ...record, holders }) };
    const statement = statementOf(terms, shareCodecOf(document.scheme).record(terms.record));
    const lie = encodeBackup({ ...terms, sealed: sealShare(statement, own, Buffer.alloc(32, 9)) });
    expect(code(() => checkBackup(lie))).toBe("none");
    const liar = { name: "liar", bytes: lie };
    const report = checkBackups([liar, ...backups.slice(1)]);
    expect(report.faults).toMatchObject([{ name: "liar", code: "backup/not-proven" }]);
    expect(report.keys[0]?.epochs[0]?.shares.map(({ partyId }) => partyId)).toEqual(["party-2", "party-3"]);
    const { secretKey } = recoverKey([liar, ...backups.slice(1)], [mine]);
    expect(secp256k1.getPublicKey(secretKey, true)).toEqual(key.charter.publicKey);
    // One honest share and one made up are no key.
    expect(checkBackups([liar, backups[1] as typeof liar]).keys[0]?.backedUp).toBeUndefined();
    expect(code(() => recoverKey([liar, backups[1] as typeof liar], [mine]))).toBe("backup/too-few");
  });
});
