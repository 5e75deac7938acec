// Secrets at rest: they are bound to party, key, epoch, intent and round, and master keys can be
// rotated.

import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { identityKeyFromSeed } from "@covault/channel";
import type { Store, StoredShare } from "@covault/party";
import { CrashPoint, seeded } from "@covault/testkit";
import {
  AckSchema,
  type Certificate,
  CertificateSchema,
  IntentSchema,
  RosterInitiatorSchema,
  type Signed,
  SignedSchema,
} from "@covault/wire";
import { beforeAll, describe, expect, it } from "vitest";
import { openBlob, sealBlob } from "../src/vault/blob.ts";
import { pairAad, shareAad, Vault } from "../src/vault/vault.ts";
import { digest, type Fixture, makeFixture, worldOf } from "./fixture.ts";

const bytes = (label: string, length = 32): Uint8Array => seeded(label).bytes(length);
const [keyId, epoch, record, intentId] = [bytes("key"), bytes("epoch"), bytes("record", 99), bytes("intent")];
const plain = bytes("plain", 77);
const aad = (party = "p", key = keyId, of = epoch, rec = record, intent = intentId) => shareAad(party, key, of, rec, intent);
const unreadable = { code: "party/unreadable-secret" };

describe("the vault", () => {
  it("opens what it sealed, and nothing else: another party, key, epoch, record, intent, purpose or byte", async () => {
    const vault = await Vault.open("p", [bytes("master")]);
    const ring = await vault.shareKeys(keyId, epoch);
    const blob = await sealBlob(ring, aad(), plain, bytes("nonce", 12));
    expect(await openBlob(ring, aad(), blob)).toEqual(plain);
    for (const other of [
      aad("q"),
      aad("p", epoch),
      aad("p", keyId, keyId),
      aad("p", keyId, epoch, plain),
      aad("p", keyId, epoch, record, plain),
    ])
      await expect(openBlob(ring, other, blob)).rejects.toMatchObject(unreadable);
    const pair = pairAad("p", { keyId, epoch, partner: 2 }, { generation: 0, pairId: intentId });
    await expect(openBlob(ring, pair, blob)).rejects.toMatchObject(unreadable);
    const foreign = await Vault.open("q", [bytes("master")]);
    for (const wrong of [
      await vault.pairKeys(keyId, epoch),
      await vault.shareKeys(keyId, keyId),
      await vault.sessionKeys(keyId),
      await foreign.shareKeys(keyId, epoch),
    ])
      await expect(openBlob(wrong, aad(), blob)).rejects.toMatchObject(unreadable);
    for (const at of [0, 1, 5, 17, blob.length - 1])
      await expect(
        openBlob(
          ring,
          aad(),
          blob.map((byte, k) => (k === at ? byte ^ 1 : byte)),
        ),
      ).rejects.toMatchObject(unreadable);
    for (const cut of [0, 16, 17, blob.length - 1])
      await expect(openBlob(ring, aad(), blob.slice(0, cut))).rejects.toMatchObject(unreadable);
  });

  it("seals under the current master key and still opens under former ones", async () => {
    const old = await Vault.open("p", [bytes("old")]);
    const both = await Vault.open("p", [bytes("new"), bytes("old")]);
    const only = await Vault.open("p", [bytes("new")]);
    const blob = await sealBlob(await old.shareKeys(keyId, epoch), aad(), plain, bytes("nonce", 12));
    expect(await openBlob(await both.shareKeys(keyId, epoch), aad(), blob)).toEqual(plain);
    await expect(openBlob(await only.shareKeys(keyId, epoch), aad(), blob)).rejects.toMatchObject(unreadable);
    const fresh = await sealBlob(await both.shareKeys(keyId, epoch), aad(), plain, bytes("nonce", 12));
    expect(await openBlob(await only.shareKeys(keyId, epoch), aad(), fresh)).toEqual(plain);
  });

  it("takes master keys of 32 bytes only", async () => {
    await expect(Vault.open("p", [])).rejects.toThrow(RangeError);
    await expect(Vault.open("p", [bytes("short", 31)])).rejects.toThrow(RangeError);
  });
});

describe("a stolen database of a party", () => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await makeFixture({ seed: "stolen" }, 2);
  });
  const thief = identityKeyFromSeed(bytes("thief"));

  /** What is read of the database, altered. */
  type Alter = { readonly share?: (share: StoredShare) => StoredShare; readonly certificates?: (chain: Uint8Array[]) => Uint8Array[] };
  /**
   * The thief's own initiator stands in the roster too (for another tenant's keys), and now in the
   * intent of the key as well.
   */
  const named = (encoded: Uint8Array): Signed => {
    const signed = fromBinary(SignedSchema, encoded);
    const intent = fromBinary(IntentSchema, signed.body);
    if (intent.action.case === "keygen") intent.action.value.initiators.push("thief");
    return { ...signed, body: toBinary(IntentSchema, intent) };
  };
  const inShare = (share: StoredShare): StoredShare => ({ ...share, intent: toBinary(SignedSchema, named(share.intent)) });
  const inCertificate = (change: (certificate: Certificate) => void) => (chain: Uint8Array[]) =>
    chain.map((bytes) => {
      const certificate = fromBinary(CertificateSchema, bytes);
      change(certificate);
      return toBinary(CertificateSchema, certificate);
    });
  const withInitiator = inCertificate((certificate) => {
    certificate.intent = named(toBinary(SignedSchema, certificate.intent as Signed));
  });
  const withKey = inCertificate(({ acks }) => {
    for (const signed of acks) {
      const ack = fromBinary(AckSchema, signed.body);
      ack.publicKey = ack.publicKey.map((byte, k) => (k === 0 ? byte ^ 1 : byte));
      signed.body = toBinary(AckSchema, ack);
    }
  });

  /** Both signers' databases are altered, so that nobody else stands in the way. */
  async function signWith(alter: Alter, key: typeof fixture.key, initiatorId: string) {
    const world = await worldOf(fixture, { seed: `stolen-${initiatorId}-${key === fixture.key}` });
    world.roster.initiators.push(create(RosterInitiatorSchema, { initiatorId: "thief", key: thief.publicKey }));
    for (const index of [1, 2]) {
      const altered = new Proxy<Store>(world.actor(index).store, {
        get: (target, property) => {
          const method = Reflect.get(target, property) as (...args: unknown[]) => Promise<unknown>;
          const change = (alter as Record<string, unknown>)[String(property)] as ((read: unknown) => unknown) | undefined;
          if (change === undefined) return typeof method === "function" ? method.bind(target) : method;
          return async (...args: unknown[]) => change(await method.apply(target, args));
        },
      });
      await world.boot(index, new CrashPoint(0, "before"), { store: altered });
    }
    const intent = { ...fromBinary(IntentSchema, world.signIntent(key, digest(1)).body), initiatorId };
    const session = world.coordinator.open(world.sign(intent, initiatorId === "thief" ? thief : world.initiator), [1, 2]);
    await world.hub.settle();
    return session;
  }

  it("signs nothing for an initiator that was written into a share's intent", async () => {
    for (const alter of [{ certificates: withInitiator }, { certificates: withInitiator, share: inShare }] as Alter[]) {
      const session = await signWith(alter, fixture.key, "thief");
      expect(session.declines.map(({ code }) => code)).toEqual(["trust/bad-chain", "trust/bad-chain"]);
      expect(session.signatures).toEqual([]);
    }
  });

  it("signs nothing with a share whose intent is not that of the key's certificate", async () => {
    const session = await signWith({ share: inShare }, fixture.key, "account");
    expect(session.declines.map(({ code }) => code)).toEqual(["party/unreadable-secret", "party/unreadable-secret"]);
  });

  it("signs nothing under another public key than the key id's", async () => {
    const publicKey = fixture.key.publicKey.map((byte, k) => (k === 0 ? byte ^ 1 : byte));
    const session = await signWith({ certificates: withKey }, { ...fixture.key, publicKey }, "account");
    expect(session.declines.map(({ code }) => code)).toEqual(["trust/bad-chain", "trust/bad-chain"]);
  });

  it("signs as before when nothing was altered", async () => {
    expect((await signWith({}, fixture.key, "account")).signatures).toHaveLength(2);
  });
});
