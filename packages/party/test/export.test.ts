// Exports of a key: what a holder seals and to whom, what it refuses, and what an attacker gets who
// has everything but the operators of the honest parties.
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { sha256 } from "@covault/crypto";
import { CrashPoint, type Flight, memoryGeneration, type World } from "@covault/testkit";
import { verifyHolding, verifyRelease } from "@covault/trust";
import {
  CertificateSchema,
  EnvelopeSchema,
  ExportActionSchema,
  type Intent,
  IntentSchema,
  type Release,
  ReleaseSchema,
  type Signed,
} from "@covault/wire";
import { ed25519 } from "@noble/curves/ed25519.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { beforeAll, describe, expect, it } from "vitest";
import { checkBackup, decodeBackup, encodeBackup, openBackup, type RecipientKey, recoverKey } from "../src/backup/index.ts";
import { shareCodecOf } from "../src/protocols/registry.ts";
import { digest } from "./fixture.ts";
import { type Held, holdKey, Lifecycle, said } from "./lifecycle.ts";
import { loseStore, repair } from "./repairs.ts";

function recipient(): RecipientKey {
  const secretKey = secp256k1.utils.randomSecretKey();
  return { secretKey, publicKey: secp256k1.getPublicKey(secretKey, true) };
}
const [mine, second, attacker] = [recipient(), recipient(), recipient()];
const fingerprint = ({ publicKey }: RecipientKey): Uint8Array => sha256(publicKey);
const listed = { exportRecipientsOf: () => [mine.publicKey, second.publicKey] };

let held: Held;
beforeAll(async () => {
  held = await holdKey("ecdsa-secp256k1");
}, 300_000);

type Change = (action: ReturnType<typeof actionOf>, intent: Intent) => void;
const actionOf = (life: Lifecycle) => {
  const { charter, epoch, epochNumber } = life.key;
  const { keyId, scheme } = charter;
  return create(ExportActionSchema, { keyId, scheme, epoch, epochNumber, recipient: fingerprint(mine), reason: "leaving" });
};
const asks =
  (change: object): Change =>
  (action) => {
    Object.assign(action, change);
  };
const frames =
  (change: object): Change =>
  (_, intent) => {
    Object.assign(intent, change);
  };
/** The intent of an export. Unless `change` says otherwise it is an honest one. */
function exporting(life: Lifecycle, change: Change = () => {}): Signed {
  const value = actionOf(life);
  const intent = life.world.intent({});
  change(value, intent);
  intent.action = { case: "export", value };
  return life.world.sign(intent);
}
/** Puts the key's chain into a released document, as whoever has asked does. */
function withChain({ world, certificates }: Lifecycle, document: Uint8Array): Uint8Array {
  if (document.length === 0) return document;
  const chain = certificates.map((each) => toBinary(CertificateSchema, each));
  const initiators = world.roster.initiators.map(({ initiatorId, key }) => ({ initiatorId, key }));
  return encodeBackup({ ...decodeBackup(document), certificates: chain, initiators });
}
/** Asks these parties, and gives what each said, by its index, with the key's chain. */
async function ask(life: Lifecycle, intent: Signed, indices: readonly number[] = [1, 2, 3]): Promise<Map<number, Release>> {
  const { world, key } = life;
  const before = world.coordinator.releases.length;
  for (const index of indices) world.coordinator.askExport(index, intent);
  await world.hub.settle();
  const said = world.coordinator.releases.slice(before).map((signed): [number, Release] => {
    const actor = [...world.actors.values()].find(({ partyId }) => partyId === signed.signer);
    const holder = { partyId: signed.signer, idpk: actor?.identity.publicKey ?? digest(0) };
    const release = verifyRelease(signed, { holder, intentId: sha256(intent.body), keyId: key.charter.keyId });
    return [actor?.index ?? 0, { ...release, document: withChain(life, release.document) }];
  });
  return new Map(said.sort(([a], [b]) => a - b));
}
const codes = (said: ReadonlyMap<number, Release>): readonly string[] => [...said.values()].map(({ code }) => code);
const named = (said: ReadonlyMap<number, Release>) =>
  [...said].map(([index, { document }]) => ({ name: `party-${index}`, bytes: document }));
const exportedAt = async ({ world, key }: Lifecycle): Promise<readonly number[]> => {
  const marks = [...world.actors.values()].map(async ({ index, store }) => ((await store.isExported(key.charter.keyId)) ? [index] : []));
  return (await Promise.all(marks)).flat();
};

describe("an export that is meant", () => {
  it.each(["ecdsa-secp256k1", "eddsa-ed25519", "schnorr-bip340"])(
    "of %s gives each holder's share, and any t of them are the key",
    async (scheme) => {
      const life = await Lifecycle.of(scheme === held.scheme ? held : await holdKey(scheme), `export-${scheme}`, listed);
      const said = await ask(life, exporting(life));
      expect(codes(said)).toEqual(["", "", ""]);
      const { publicKey } = life.key.charter;
      for (const two of [
        [1, 2],
        [1, 3],
        [2, 3],
      ]) {
        const { secretKey } = recoverKey(
          named(said).filter((_, at) => two.includes(at + 1)),
          [mine],
        );
        if (scheme === "eddsa-ed25519") {
          const scalar = secretKey.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
          expect(ed25519.Point.BASE.multiply(scalar).toBytes()).toEqual(publicKey);
        } else expect(secp256k1.getPublicKey(secretKey, true).slice(-publicKey.length)).toEqual(publicKey);
      }
      expect(() => recoverKey(named(said).slice(0, 1), [mine])).toThrow(expect.objectContaining({ code: "backup/too-few" }));
      expect(await exportedAt(life)).toEqual([1, 2, 3]);
    },
    300_000,
  );

  it("leaves a party without the key's chain, so that no number of epochs makes a document longer", async () => {
    const life = await Lifecycle.of(held, "export-long-chain", listed);
    const released = async () => {
      await ask(life, exporting(life), [1]);
      const { document } = fromBinary(ReleaseSchema, life.world.coordinator.releases.at(-1)?.body ?? new Uint8Array());
      return document;
    };
    const first = await released();
    const whole = withChain(life, first);
    for (let epoch = 1; epoch <= 2; epoch++) await life.go();
    const later = await released();
    expect([decodeBackup(later).certificates, decodeBackup(later).initiators, decodeBackup(later).epochNumber]).toEqual([[], [], 2]);
    // The exposure of the record is told by another value of the same byte.
    expect(later.length).toBe(first.length);
    expect(withChain(life, later).length).toBeGreaterThan(whole.length);
    expect(() => checkBackup(later)).toThrow(expect.objectContaining({ code: "backup/not-proven" }));
  }, 300_000);

  it("leaves the key in use, and the records of every later epoch say that it was exported", async () => {
    const life = await Lifecycle.of(held, "export-goes-on", listed);
    await ask(life, exporting(life), [1, 2]);
    const exposed = async () => {
      const records = [1, 2, 3].map(async (index) =>
        shareCodecOf("ecdsa-secp256k1").record((await life.share(index))?.record as Uint8Array),
      );
      return (await Promise.all(records)).map((record) => (record as { readonly exposed?: string }).exposed);
    };
    expect(await exposed()).toEqual([undefined, undefined, undefined]);
    await life.go();
    await life.isWhole([1, 2, 3]);
    // The one that did not consent has nothing to say.
    expect(await exposed()).toEqual(["exported", "exported", undefined]);
    await life.go();
    expect(await exposed()).toEqual(["exported", "exported", undefined]);
    expect(await exportedAt(life)).toEqual([1, 2]);
  }, 300_000);

  /** What a party states of the key. */
  const stated = async ({ world, key }: Lifecycle, index: number): Promise<readonly [string, string]> => {
    const { keyId, scheme } = key.charter;
    const nonce = digest(world.coordinator.holdings.length);
    world.coordinator.askHolding(index, keyId, nonce);
    await world.hub.settle();
    const { partyId, identity } = world.actor(index);
    const { share, exposed } = verifyHolding(world.coordinator.holdings.at(-1) as Signed, {
      holder: { partyId, idpk: identity.publicKey },
      ...{ keyId, nonce, scheme },
    });
    return [share, exposed];
  };

  it("is stated by its holder from the consent on, also when a refresh was under way, whose record does not say it", async () => {
    const life = await Lifecycle.of(held, "export-during-refresh", listed);
    const { hub, actors } = life.world;
    expect(await stated(life, 1)).toEqual(["held", ""]);
    const last: Flight[] = [];
    hub.intercept = (flight, { body }) => {
      if (body.case !== "round" || body.value.header[2] !== 3) return [flight];
      last.push(flight);
      return [];
    };
    const session = life.open(await life.asked());
    await hub.settle();
    await ask(life, exporting(life), [1]);
    hub.intercept = (flight) => [flight];
    for (const flight of last) hub.inject(flight);
    await hub.settle();
    expect([last.length > 0, session.certificate === undefined]).toEqual([true, false]);
    life.commit(session);
    const { record } = (await life.share(1)) ?? {};
    expect(shareCodecOf("ecdsa-secp256k1").record(record as Uint8Array)).toMatchObject({ exposed: undefined });
    expect([await stated(life, 1), await stated(life, 2)]).toEqual([
      ["held", "exported"],
      ["held", ""],
    ]);
    expect([...actors.values()].flatMap(({ events }) => events.filter(({ kind }) => kind === "failed"))).toEqual([]);
  }, 300_000);

  it("is known to newcomers, and to whoever gets its share back, by the intent, and from then on by the key's certificates", async () => {
    const life = await Lifecycle.of(held, "export-newcomers", listed);
    await ask(life, exporting(life), [1]);
    await life.go((action) => {
      action.kind = "reshare";
      action.members = [2, 3, 4, 5].map((index) => life.seat(index));
      action.exported = true;
    });
    expect(life.key.charter.isExported).toBe(true);
    for (const index of [2, 3, 4, 5]) expect(await stated(life, index)).toEqual(["held", "exported"]);
    // Whoever consented and has left still says so.
    expect(await stated(life, 1)).toEqual(["left", "exported"]);
    // No later intent takes it back.
    await life.go();
    await life.isWhole([2, 3, 4, 5]);
    for (const index of [2, 3, 4, 5]) expect(await stated(life, index)).toEqual(["held", "exported"]);
    await loseStore(life, 4);
    expect(said(await repair(life, [2, 3], 4))).toEqual([]);
    expect(await stated(life, 4)).toEqual(["held", "exported"]);
    const { record } = (await life.share(4)) ?? {};
    expect(shareCodecOf("ecdsa-secp256k1").record(record as Uint8Array)).toMatchObject({ exposed: "exported" });
  }, 300_000);

  it("is in the record of a share that a repair gives back, when no certificate says it yet", async () => {
    const life = await Lifecycle.of(held, "export-repaired", listed);
    await loseStore(life, 3);
    const session = await repair(life, [1, 2], 3, (action) => {
      action.exported = true;
    });
    expect([said(session), await stated(life, 3)]).toEqual([[], ["held", "exported"]]);
    // The next epoch goes on from that record.
    await life.go();
    expect(await stated(life, 3)).toEqual(["held", "exported"]);
  }, 300_000);

  it("says the same to the same intent, byte for byte, and to a second instance that was asked at once", async () => {
    const life = await Lifecycle.of(held, "export-again", listed);
    const intent = exporting(life);
    const first = await ask(life, intent);
    expect(await ask(life, intent)).toEqual(first);
    await life.world.boot(1);
    expect((await ask(life, intent, [1])).get(1)).toEqual(first.get(1));

    const raced = exporting(life);
    const { world } = life;
    const one = world.actor(2).party;
    await world.boot(2, undefined, { instanceId: "i2" });
    const request = { case: "exportRequest", value: { $typeName: "covault.v1.ExportRequest", intent: raced } } as const;
    const before = world.coordinator.releases.length;
    world.coordinator.say(2, request, "i1");
    world.coordinator.say(2, request, "i2");
    await Promise.all([one.idle(), world.hub.settle()]);
    const bodies = world.coordinator.releases.slice(before).map(({ body }) => body);
    expect(bodies).toHaveLength(2);
    expect(bodies[0]).toEqual(bodies[1]);
  }, 300_000);

  it("tells the operator of each consent and of each refusal, and says nothing of the share", async () => {
    const life = await Lifecycle.of(held, "export-told", listed);
    const said = await ask(life, exporting(life), [1]);
    await ask(life, exporting(life, asks({ recipient: fingerprint(attacker) })), [1]);
    const events = life.world.actor(1).events.filter(({ kind }) => kind === "exported" || kind === "declined");
    expect(events).toMatchObject([
      { kind: "exported", reason: "leaving", recipient: Buffer.from(fingerprint(mine)).toString("hex") },
      { kind: "declined", code: "party/recipient-refused" },
    ]);
    const { share } = openBackup(said.get(1)?.document as Uint8Array, [mine]);
    const text = JSON.stringify(life.world.actor(1).events, (_, value) =>
      value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value,
    );
    expect(text).not.toContain(Buffer.from(share).toString("hex"));
  });
});

describe("an export is refused", () => {
  it("by everybody where no recipient is listed, which is the default", async () => {
    const life = await Lifecycle.of(held, "export-default");
    expect(codes(await ask(life, exporting(life)))).toEqual(Array(3).fill("party/recipient-refused"));
    expect(await exportedAt(life)).toEqual([]);
  });

  it("by each party whose own list lacks the recipient, so that fewer than t consents are no key", async () => {
    const lists = new Map([
      [1, [attacker.publicKey]],
      [2, [mine.publicKey]],
      [3, []],
    ]);
    const life = await Lifecycle.of(held, "export-lists", { exportRecipientsOf: (index) => lists.get(index) ?? [] });
    const said = await ask(life, exporting(life, asks({ recipient: fingerprint(attacker) })));
    expect(codes(said)).toEqual(["", "party/recipient-refused", "party/recipient-refused"]);
    expect(() => recoverKey(named(said).slice(0, 1), [attacker])).toThrow(expect.objectContaining({ code: "backup/too-few" }));
    expect(await exportedAt(life)).toEqual([1]);
  });

  it.each<[string, Change, string]>([
    ["the fingerprint of nothing", asks({ recipient: digest(0) }), "party/recipient-refused"],
    ["a fingerprint that differs in one bit", asks({ recipient: flipped(fingerprint(mine)) }), "party/recipient-refused"],
    ["another epoch", asks({ epoch: digest(1) }), "trust/bad-intent"],
    ["another epoch number", asks({ epochNumber: 1 }), "trust/bad-intent"],
    ["another scheme", asks({ scheme: "schnorr-bip340" }), "trust/bad-intent"],
    ["another tenant", frames({ tenantId: "other" }), "trust/bad-intent"],
    ["another account", frames({ accountId: "acc_other" }), "trust/bad-intent"],
  ])("for %s", async (name, change, code) => {
    const life = await Lifecycle.of(held, `export-wrong-${name}`, listed);
    expect(codes(await ask(life, exporting(life, change)))).toEqual(Array(3).fill(code));
    expect(await exportedAt(life)).toEqual([]);
  });

  it("for a key that the party knows nothing of, or holds no share of", async () => {
    const life = await Lifecycle.of(held, "export-unknown", listed);
    const unknown = exporting(life, asks({ keyId: digest(3) }));
    life.world.coordinator.askExport(1, unknown);
    life.world.coordinator.askExport(4, exporting(life));
    await life.world.hub.settle();
    const said = life.world.coordinator.releases.map(({ body }) => fromBinary(ReleaseSchema, body).code);
    expect(said).toEqual(["party/unknown-share", "party/unknown-share"]);
  });

  it("for an initiator that the roster does not let export, and for one that is none of the key's", async () => {
    const life = await Lifecycle.of(held, "export-entitled", listed);
    const [initiator] = life.world.roster.initiators;
    if (initiator === undefined) throw new Error("the roster has no initiator");
    const intent = exporting(life);
    initiator.kinds = ["keygen", "sign"];
    expect(codes(await ask(life, intent))).toEqual(Array(3).fill("trust/not-entitled"));
    initiator.kinds = [];
    life.world.roster.initiators.push({ ...initiator, initiatorId: "other" });
    expect(codes(await ask(life, exporting(life, frames({ initiatorId: "other" }))))).toEqual(Array(3).fill("trust/not-entitled"));
    expect(await exportedAt(life)).toEqual([]);
  });

  it("for an intent of the past, an intent that nobody signed, and one that asks for something else: there is no answer", async () => {
    const life = await Lifecycle.of(held, "export-not-an-intent", listed);
    const { world } = life;
    const intent = exporting(life);
    const silent = async (given: Signed | undefined, from: "coordinator" | "party" = "coordinator") => {
      const before = world.coordinator.releases.length;
      const body = { case: "exportRequest", value: { $typeName: "covault.v1.ExportRequest", intent: given } } as never;
      if (from === "coordinator") world.coordinator.say(1, body);
      else await world.actor(1).party.receive({ partyId: "party-2", instanceId: "i1" }, encoded(body));
      await world.hub.settle();
      expect(world.coordinator.releases).toHaveLength(before);
    };
    await silent({ ...intent, signature: flipped(intent.signature) });
    await silent({ ...intent, body: flipped(intent.body) });
    await silent(world.sign(fromBinary(IntentSchema, intent.body), world.actor(1).identity));
    await silent(undefined);
    await silent(await life.asked().then((made) => made.intent));
    await silent(intent, "party");
    expect([
      world.dropped(1, "not-authentic"),
      world.dropped(1, "malformed"),
      world.dropped(1, "unexpected"),
      world.dropped(1, "wrong-sender"),
    ]).toEqual([3, 1, 1, 1]);
    world.clock.advance(200_000);
    await silent(intent);
    expect(await exportedAt(life)).toEqual([]);
  });

  it("for an intent whose session was used, and for one that was made before the store was restored", async () => {
    const life = await Lifecycle.of(held, "export-used", listed);
    const signed = await life.signs([1, 2]);
    expect(signed.signatures).toHaveLength(2);
    const used = exporting(life, frames({ sessionId: signed.sessionId }));
    expect(codes(await ask(life, used, [1]))).toEqual(["party/intent-replayed"]);
    const early = exporting(life);
    await life.world.actor(1).store.markRestored({ seen: 0, generation: 1, refuseUpToMs: life.world.clock.nowMs() });
    expect(codes(await ask(life, early, [1]))).toEqual(["party/restored"]);
    expect(await exportedAt(life)).toEqual([]);
  });

  it("for an epoch that was superseded, also of an intent that was answered before: its share is gone everywhere", async () => {
    const life = await Lifecycle.of(held, "export-superseded", listed);
    const [answered, late] = [exporting(life), exporting(life)];
    await ask(life, answered, [1]);
    const { keyId } = life.key.charter;
    await life.go();
    expect(codes(await ask(life, late))).toEqual(Array(3).fill("trust/bad-intent"));
    expect(codes(await ask(life, answered, [1]))).toEqual(["trust/bad-intent"]);
    expect(await life.world.actor(1).store.releaseOf(sha256(answered.body))).toBeUndefined();
    expect(await life.world.actor(1).store.isExported(keyId)).toBe(true);
  }, 300_000);

  it("while so many are made that another one has to wait: it is dropped, and its caller asks again", async () => {
    const life = await Lifecycle.of(held, "export-flood", listed);
    const { party } = life.world.actor(1);
    const asked = Array.from({ length: 12 }, () => exporting(life));
    const request = (intent: Signed) =>
      encoded({ case: "exportRequest", value: { $typeName: "covault.v1.ExportRequest", intent } } as never);
    await Promise.all(asked.map((intent) => party.receive({ partyId: "coordinator", instanceId: "c" }, request(intent))));
    await life.world.hub.settle();
    expect([life.world.dropped(1, "too-often"), life.world.coordinator.releases.length]).toEqual([4, 8]);
  });
});

describe("a party that dies in an export", () => {
  it.each(["before", "after"] as const)(
    "%s any of its steps: no share leaves before the mark is durable, and asking again gives the answer",
    async (when) => {
      const places: string[] = [];
      for (let at = 1; ; at++) {
        const life = await Lifecycle.of(held, `export-crash-${when}-${at}`, listed);
        const { world } = life;
        const generation = memoryGeneration();
        const idle = new CrashPoint(0, "before");
        await world.boot(1, idle, { generation });
        // The steps of a start come before those of the export.
        const crash = new CrashPoint(idle.steps + at, when);
        await world.boot(1, crash, { generation });
        const intent = exporting(life);
        const first = await ask(life, intent, [1]);
        if (!crash.crashed) break;
        places.push(crash.where);
        const isMarked = await world.actor(1).store.isExported(life.key.charter.keyId);
        if (first.size > 0) expect(isMarked).toBe(true);
        await world.boot(1, undefined, { generation });
        const again = await ask(life, intent, [1]);
        expect(codes(again)).toEqual([""]);
        if (first.size > 0) expect(again).toEqual(first);
        expect(await exportedAt(life)).toEqual([1]);
        await world.boot(1, undefined, { generation });
        await life.isWhole([1, 2, 3]);
      }
      expect(places).toContain("releaseShare");
      expect(places.at(-1)).toBe("send to coordinator");
    },
    300_000,
  );
});

describe("an attacker with the initiator key, the account service, the coordinator and t - 1 parties", () => {
  // Party 1 is the attacker's, and lists the attacker's key. Two of three sign, so that is t - 1.
  const lists = (index: number) => (index === 1 ? [attacker.publicKey, mine.publicKey] : [mine.publicKey, second.publicKey]);
  const options = {
    exportRecipientsOf: lists,
    backupsOf: (index: number) => ({ recipients: [index === 1 ? attacker.publicKey : second.publicKey] }),
  };
  const isOpenTo = (bytes: Uint8Array, key: RecipientKey): boolean => {
    try {
      openBackup(bytes, [key]);
      return true;
    } catch {
      return false;
    }
  };

  it("gets no document that opens to a key which an honest party's operator did not list", async () => {
    const life = await Lifecycle.of(held, "export-hostile", options);
    const { world } = life;
    const carried: Uint8Array[] = [];
    world.hub.intercept = (flight) => {
      carried.push(flight.bytes);
      return [flight];
    };
    const got = new Map<string, Uint8Array>();
    const keep = (bytes: Uint8Array): void => {
      if (bytes.length > 0) got.set(Buffer.from(sha256(bytes)).toString("hex"), bytes);
    };
    const asked = async (change: Change) => {
      const said = await ask(life, exporting(life, change));
      for (const { document } of said.values()) keep(document);
      return said;
    };
    // Every fingerprint that could be taken for a listed one, for itself, or for any.
    const tries = [
      fingerprint(attacker),
      attacker.publicKey.slice(1),
      sha256(secp256k1.getPublicKey(attacker.secretKey, false)),
      sha256(attacker.publicKey.slice(1)),
      sha256(attacker.publicKey, mine.publicKey),
      sha256(mine.publicKey, attacker.publicKey),
      digest(0),
      digest(0xff),
    ];
    for (const recipient of tries) {
      const said = await asked(asks({ recipient }));
      expect(codes(said).slice(1)).toEqual(["party/recipient-refused", "party/recipient-refused"]);
    }
    // The key itself, or one beside a fingerprint, has no place in an intent: it is none then.
    for (const recipient of [attacker.publicKey, Uint8Array.of(...fingerprint(mine), ...attacker.publicKey)])
      expect(await asked(asks({ recipient }))).toEqual(new Map());
    // The listed ones are had. The same intent again gives the same, and so does another way.
    const honest = exporting(life, asks({ recipient: fingerprint(second) }));
    for (let k = 0; k < 3; k++) for (const { document } of (await ask(life, honest)).values()) keep(document);
    for (const flight of carried.slice())
      world.hub.inject({ from: { partyId: "coordinator", instanceId: "c" }, to: { partyId: "party-2", instanceId: "i1" }, bytes: flight });
    await world.hub.settle();
    await asked(() => {});
    // Backups are stored, too.
    for (const { party, store } of world.actors.values()) {
      await party.idle();
      for (const { document } of await store.backups(life.key.charter.keyId)) keep(document);
    }

    const whose = [...got.values()].map((bytes) => ({ bytes, ...decodeBackup(bytes) }));
    // Of the attacker's own party: its own key twice, with and without an export, and the listed
    // one.
    const own = whose.filter(({ partyId }) => partyId === "party-1");
    const honestOnes = whose.filter(({ partyId }) => partyId !== "party-1");
    expect([own.length, honestOnes.length]).toEqual([3, 6]);
    for (const { bytes, recipient: to, partyId, ...document } of honestOnes) {
      expect([mine.publicKey, second.publicKey].map(String)).toContain(String(to));
      expect([isOpenTo(bytes, attacker), isOpenTo(bytes, String(to) === String(mine.publicKey) ? mine : second)]).toEqual([false, true]);
      // Neither does it open under another name for its recipient, nor as another's document.
      const changes = [{ recipient: attacker.publicKey }, { intentId: digest(9) }, { partyId: "party-1", shareIndex: 1 }];
      for (const change of changes) {
        const altered = encodeBackup({ ...document, partyId, recipient: to, ...change });
        expect(isOpenTo(altered, attacker)).toBe(false);
        expect(() => checkBackup(altered)).toThrow(expect.objectContaining({ code: "backup/not-proven" }));
      }
    }
    const names = whose.map(({ bytes }, at) => ({ name: String(at), bytes }));
    expect(() => recoverKey(names, [attacker])).toThrow(expect.objectContaining({ code: "backup/too-few" }));
    // With the key of the listed recipient, t of them are the key: so the test had the shares.
    expect(secp256k1.getPublicKey(recoverKey(names, [second]).secretKey, true)).toEqual(life.key.charter.publicKey);
    // And no plain share is in anything that was carried.
    const shares = honestOnes.map(({ bytes }) => openBackup(bytes, [mine, second]).share);
    for (const bytes of carried) for (const share of shares) expect(Buffer.from(bytes).includes(Buffer.from(share))).toBe(false);
  }, 300_000);
});

const flipped = (bytes: Uint8Array): Uint8Array => bytes.map((byte, at) => (at === 0 ? byte ^ 1 : byte));
const encoded = (body: Parameters<World["coordinator"]["say"]>[1]): Uint8Array =>
  toBinary(EnvelopeSchema, create(EnvelopeSchema, { body }));
