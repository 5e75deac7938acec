// The recipients of backups are the operator's alone. The attacker has the initiator's key, the
// account service, the coordinator and t - 1 parties with their operators' settings. No blob of an
// honest party opens to a key that its operator did not list.
import { create, toBinary } from "@bufbuild/protobuf";
import { hex } from "@covault/crypto";
import { asCovaultError } from "@covault/errors";
import { verifyBackup } from "@covault/trust";
import { BackupRequestSchema, BackupSchema, coordinatorAddress, EnvelopeSchema, HoldingRequestSchema } from "@covault/wire";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { beforeAll, describe, expect, it } from "vitest";
import { fingerprintOf } from "../src/backup/backup-document.ts";
import { checkBackup, checkBackups, decodeBackup, encodeBackup, openBackup, type RecipientKey, recoverKey } from "../src/backup/index.ts";
import { digest } from "./fixture.ts";
import { type Held, holdKey, Lifecycle } from "./lifecycle.ts";

function recipient(): RecipientKey {
  const secretKey = secp256k1.utils.randomSecretKey();
  return { secretKey, publicKey: secp256k1.getPublicKey(secretKey, true) };
}
const [listed, thief] = [recipient(), recipient()];
const code = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return asCovaultError(error)?.code ?? String(error);
  }
  return "none";
};

let held: Held;
beforeAll(async () => {
  held = await holdKey("ecdsa-secp256k1");
});
/** Party 1 is the attacker's, and the others list one recipient. */
const attacked = (seed: string): Promise<Lifecycle> =>
  Lifecycle.of(held, seed, { backupsOf: (index) => ({ recipients: [(index === 1 ? thief : listed).publicKey] }) });

/** Hands every honest party these bytes, as the coordinator. */
async function say(life: Lifecycle, bytes: Uint8Array): Promise<void> {
  const from = { partyId: coordinatorAddress, instanceId: "c" };
  for (const index of [2, 3]) await life.world.actor(index).party.receive(from, bytes);
}
async function blobs(life: Lifecycle): Promise<readonly Uint8Array[]> {
  const found: Uint8Array[] = [];
  for (const index of [2, 3]) {
    const { party, store } = life.world.actor(index);
    await party.idle();
    found.push(...(await store.backups(life.key.charter.keyId)).map(({ document }) => document));
  }
  return found;
}

describe("an attacker with the initiator, the account service, the coordinator and t - 1 parties", () => {
  it("gets no blob of an honest party that opens to a key that its operator did not list", async () => {
    const life = await attacked("hostile-backups");
    const { world } = life;
    const { keyId } = life.key.charter;
    const traffic: Uint8Array[] = [];
    world.hub.intercept = (flight) => {
      traffic.push(flight.bytes);
      return [flight];
    };
    const request = toBinary(BackupRequestSchema, create(BackupRequestSchema, { keyId, nonce: digest(1) }));
    // A field that could name a recipient, under each number that is free, as bytes.
    for (let field = 3; field <= 15; field++) {
      const more = Uint8Array.of(...request, (field << 3) | 2, 33, ...thief.publicKey);
      await say(life, Uint8Array.of((8 << 3) | 2, ...varint(more.length), ...more));
    }
    for (const index of [2, 3]) expect(world.dropped(index, "malformed")).toBe(13);
    for (const index of [2, 3]) world.coordinator.askBackup(index, keyId, digest(index));
    await world.hub.settle();
    // Further epochs are asked for by the initiator, as an attacker with its key may.
    await life.go();
    await world.hub.settle();

    const found = await blobs(life);
    expect(found.map((blob) => decodeBackup(blob).recipient)).toEqual([listed.publicKey, listed.publicKey]);
    for (const blob of found) {
      expect(code(() => openBackup(blob, [thief]))).toBe("backup/wrong-key");
      expect(code(() => openBackup(encodeBackup({ ...decodeBackup(blob), recipient: thief.publicKey }), [thief]))).toBe(
        "backup/not-proven",
      );
    }
    const [own] = await world.actor(1).store.backups(keyId);
    const all = [own?.document as Uint8Array, ...found].map((bytes, at) => ({ name: `party ${at + 1}`, bytes }));
    expect(code(() => recoverKey(all, [thief]))).toBe("backup/too-few");
    // A liar's own share counts for nothing beside those that another key opens.
    const [mine, , third] = all as [(typeof all)[number], unknown, (typeof all)[number]];
    const verdict = (of: typeof all, to?: RecipientKey[]) =>
      checkBackups(of, { recipients: to?.map(({ publicKey }) => hex(fingerprintOf(publicKey))) });
    expect(verdict([mine, third]).keys[0]?.backedUp).toBeUndefined();
    expect(verdict(all).keys[0]?.backedUp).toBe(1);
    expect(verdict([mine, third], [listed])).toMatchObject({
      keys: [{ backedUp: undefined }],
      faults: [{ name: mine.name, code: "backup/wrong-key" }],
    });
    expect(verdict([mine, third], [listed, thief]).keys[0]?.backedUp).toBe(1);
    expect(code(() => recoverKey([mine, third], [listed]))).toBe("backup/too-few");
    // What the honest operators' recipient opens is in no message, and no document is.
    for (const blob of found) {
      const { share } = openBackup(blob, [listed]);
      const { sealed } = decodeBackup(blob);
      for (const secret of [share, sealed.subarray(0, 64), blob.subarray(0, 64)])
        expect(traffic.some((bytes) => Buffer.from(bytes).includes(Buffer.from(secret)))).toBe(false);
    }
    expect(traffic.length).toBeGreaterThan(10);
  });

  it("hears from each party whom it has sealed to, signed and for one question, and nothing that opens", async () => {
    const life = await attacked("reports");
    const { world } = life;
    const { keyId } = life.key.charter;
    for (const index of [2, 3, 4]) world.coordinator.askBackup(index, keyId, digest(index));
    await world.hub.settle();
    const said = [2, 3, 4].map((index) => {
      const { partyId, identity } = world.actor(index);
      const signed = world.coordinator.backups.find(({ signer }) => signer === partyId);
      return verifyBackup(signed as NonNullable<typeof signed>, {
        holder: { partyId, idpk: identity.publicKey },
        keyId,
        nonce: digest(index),
      });
    });
    expect(said.map(({ shareIndex, copies }) => [shareIndex, copies.map((copy) => copy.recipient)])).toEqual([
      [2, [fingerprintOf(listed.publicKey)]],
      [3, [fingerprintOf(listed.publicKey)]],
      [0, []],
    ]);
    expect(said[0]).toMatchObject({ epoch: life.key.epoch, epochNumber: 0 });
    // A second question is answered with the same documents: nothing is sealed twice.
    const [before] = await world.actor(2).store.backups(keyId);
    world.coordinator.askBackup(2, keyId, digest(9));
    await world.hub.settle();
    expect(await world.actor(2).store.backups(keyId)).toEqual([before]);
    expect(code(() => checkBackup(before?.document ?? new Uint8Array()))).toBe("none");
  });

  it("moves nothing by a request of another party than the coordinator, or of another form", async () => {
    const life = await attacked("forms");
    const { keyId } = life.key.charter;
    const encode = (nonce: Uint8Array, id = keyId): Uint8Array =>
      toBinary(
        EnvelopeSchema,
        create(EnvelopeSchema, { body: { case: "backupRequest", value: create(BackupRequestSchema, { keyId: id, nonce }) } }),
      );
    const { party } = life.world.actor(2);
    await party.receive({ partyId: "party-1", instanceId: "i1" }, encode(digest(1)));
    expect(life.world.dropped(2, "wrong-sender")).toBe(1);
    await party.receive({ partyId: coordinatorAddress, instanceId: "c" }, encode(new Uint8Array(31)));
    await party.receive({ partyId: coordinatorAddress, instanceId: "c" }, encode(digest(1), new Uint8Array(33)));
    expect(life.world.dropped(2, "malformed")).toBe(2);
    await life.world.hub.settle();
    expect(life.world.coordinator.backups).toEqual([]);
  });

  it("finds no field for a recipient in what it may ask a party for", () => {
    const names = [BackupRequestSchema, HoldingRequestSchema].map(({ fields }) => fields.map(({ name }) => name));
    expect(names).toEqual([
      ["key_id", "nonce"],
      ["key_id", "nonce"],
    ]);
    expect(BackupSchema.fields.map(({ name }) => name)).toContain("copies");
  });
});

function varint(value: number): readonly number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >> 7)];
}
