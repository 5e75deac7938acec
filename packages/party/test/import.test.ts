// Imports of a whole key: one party deals what was sealed to a key of its own, which serves once.
import { create } from "@bufbuild/protobuf";
import { hex } from "@covault/crypto";
import { CrashPoint, World } from "@covault/testkit";
import { keysOf, openKey as openChain, type SchemeName, sealedKeyBytes, verifyImportRecipient } from "@covault/trust";
import { type Certificate, ImportActionSchema, type Intent, type Signed } from "@covault/wire";
import { ed25519 } from "@noble/curves/ed25519.js";
import { schnorr, secp256k1 } from "@noble/curves/secp256k1.js";
import { describe, expect, it } from "vitest";
import { dkgContext, dkgMachine } from "../../mpc/src/dkg/index.ts";
import { dkls23 } from "../../mpc/src/dkls23/key-share.ts";
import { suite } from "../../mpc/src/dkls23/suite.ts";
import { epochNumberField } from "../../mpc/src/protocol/encoding/names.ts";
import { openKey, type PrivateKey, sealKey } from "../src/import/sealed-key.ts";
import type { ImportPlan } from "../src/protocols/agreed-input.ts";
import { protocols, shareCodecOf } from "../src/protocols/registry.ts";
import { digest } from "./fixture.ts";
import { Lifecycle, said } from "./lifecycle.ts";
import { loseStore, repair } from "./repairs.ts";

type Scheme = SchemeName;
interface Whole extends PrivateKey {
  readonly publicKey: Uint8Array;
}
const wholeKeys: Readonly<Record<Scheme, () => Whole>> = {
  "ecdsa-secp256k1"() {
    const bytes = secp256k1.utils.randomSecretKey();
    return { form: "scalar", bytes, publicKey: secp256k1.getPublicKey(bytes, true) };
  },
  "schnorr-bip340"() {
    const bytes = secp256k1.utils.randomSecretKey();
    return { form: "scalar", bytes, publicKey: schnorr.getPublicKey(bytes) };
  },
  "eddsa-ed25519"() {
    const bytes = ed25519.utils.randomSecretKey();
    return { form: "seed", bytes, publicKey: ed25519.getPublicKey(bytes) };
  },
};
const schemes = Object.keys(wholeKeys) as Scheme[];
const importer = 2;
const worldOf = (seed: string, options: Partial<Parameters<typeof World.create>[0]> = {}) =>
  World.create({ seed, importAllowedFor: (index) => index === importer, ...options });

async function recipientOf(world: World, index = importer): Promise<Uint8Array> {
  const before = world.coordinator.importRecipients.length;
  world.coordinator.askImportRecipient(index, digest(7));
  await world.hub.settle();
  const { partyId, identity } = world.actor(index);
  const signed = world.coordinator.importRecipients[before] as Signed;
  const expected = { party: { partyId, idpk: identity.publicKey }, nonce: digest(7), nowMs: world.clock.nowMs() };
  return verifyImportRecipient(signed, expected).x25519;
}

interface Asked {
  readonly scheme: Scheme;
  readonly key: Whole;
  readonly recipient: Uint8Array;
}
const actionOf = (world: World, { scheme, key, recipient }: Asked) => {
  const keygen = { scheme, threshold: 2, members: [...world.members()], initiators: ["account"], custody: "server" };
  const terms = { scheme, publicKey: key.publicKey, threshold: keygen.threshold, partyId: `party-${importer}`, recipient };
  return create(ImportActionSchema, {
    keygen,
    publicKey: key.publicKey,
    chain: digest(0xcc),
    importer,
    recipient,
    sealedKey: sealKey(terms, key),
  });
};
/** The intent of an import. Unless `change` says otherwise it is an honest one. */
function importing(world: World, asked: Asked, change: (action: ReturnType<typeof actionOf>, intent: Intent) => void = () => {}): Signed {
  const value = actionOf(world, asked);
  const intent = world.intent({});
  change(value, intent);
  intent.action = { case: "import", value };
  return world.sign(intent);
}
async function imported(world: World, scheme: Scheme, key = wholeKeys[scheme]()) {
  const recipient = await recipientOf(world);
  const session = world.coordinator.open(importing(world, { scheme, key, recipient }), [1, 2, 3]);
  await world.hub.settle();
  return { session, key, recipient };
}
const keyOf = (world: World, certificate: Certificate | undefined) =>
  openChain(certificate as Certificate, [], { keysOf: keysOf(world.roster), foundingIntentId: "any" });

describe("an import", () => {
  it.each(schemes)(
    "of %s makes a key of the same public key, which signs, and says for good that it was imported",
    async (scheme) => {
      const world = await worldOf(`import-${scheme}`);
      const { session, key, recipient } = await imported(world, scheme);
      expect(said(session)).toEqual([]);
      const { charter } = keyOf(world, session.certificate);
      expect([charter.publicKey, charter.isImported]).toEqual([key.publicKey, true]);
      const life = new Lifecycle(world, { scheme, certificate: session.certificate as Certificate });
      const exposed = async () => {
        const records = [1, 2, 3].map(async (index) => shareCodecOf(scheme).record((await life.share(index))?.record as Uint8Array));
        return (await Promise.all(records)).map((record) => (record as { readonly exposed?: string }).exposed);
      };
      expect(await exposed()).toEqual(["imported", "imported", "imported"]);
      for (const signers of [
        [1, 2],
        [1, 3],
        [2, 3],
      ]) {
        const message = digest(9);
        const { signatures } = await life.signs(signers, 9);
        const signature = signatures[0] as Uint8Array;
        if (scheme === "eddsa-ed25519") expect(ed25519.verify(signature, message, key.publicKey)).toBe(true);
        else if (scheme === "schnorr-bip340") expect(schnorr.verify(signature, message, key.publicKey)).toBe(true);
        else expect(secp256k1.verify(signature.slice(0, 64), message, key.publicKey, { prehash: false })).toBe(true);
      }
      await life.go();
      expect(await exposed()).toEqual(["imported", "imported", "imported"]);
      expect(await world.actor(importer).store.importKey(recipient)).toBeUndefined();
    },
    300_000,
  );

  it("says so in the record of a newcomer, too, which was at no run before", async () => {
    const world = await worldOf("import-newcomer", { indices: [1, 2, 3, 4] });
    const asked = { scheme: "ecdsa-secp256k1", key: wholeKeys["ecdsa-secp256k1"](), recipient: await recipientOf(world) } as const;
    const ofThree = importing(world, asked, ({ keygen }) => void keygen?.members.pop());
    const session = world.coordinator.open(ofThree, [1, 2, 3]);
    await world.hub.settle();
    const life = new Lifecycle(world, { scheme: "ecdsa-secp256k1", certificate: session.certificate as Certificate });
    await life.go((action) => {
      action.kind = "reshare";
      action.members.push(life.seat(4));
      action.dealers = [1, 3];
    });
    const record = shareCodecOf("ecdsa-secp256k1").record((await life.share(4))?.record as Uint8Array);
    expect(record).toMatchObject({ self: 4, exposed: "imported" });
  }, 60_000);

  it("is told of by a share that was lost with its record and repaired: the founding certificate says it", async () => {
    const scheme = "eddsa-ed25519";
    const world = await worldOf("import-repaired");
    const { session } = await imported(world, scheme);
    const life = new Lifecycle(world, { scheme, certificate: session.certificate as Certificate });
    await loseStore(life, 3);
    expect(said(await repair(life, [1, 2], 3)).filter((code) => code !== "party/chain-missing")).toEqual([]);
    const share = await life.share(3);
    expect(share?.status).toBe("committed");
    expect(shareCodecOf(scheme).record(share?.record as Uint8Array)).toMatchObject({ exposed: "imported" });
    expect((await life.signs([2, 3])).signatures).toHaveLength(2);
  }, 120_000);

  it("leaves the whole key in no store, in no message and in no event, and nothing that opens what was sealed", async () => {
    const world = await worldOf("import-nowhere");
    const carried: Uint8Array[] = [];
    world.hub.intercept = (flight) => {
      carried.push(flight.bytes);
      return [flight];
    };
    const { session, key, recipient } = await imported(world, "ecdsa-secp256k1");
    expect(said(session)).toEqual([]);
    for (const bytes of carried) expect(Buffer.from(bytes).includes(Buffer.from(key.bytes))).toBe(false);
    for (const { store, events } of world.actors.values()) {
      const [share] = await store.sharesOfSession(session.sessionId);
      for (const part of [share?.record, share?.secret, share?.intent, share?.ack])
        expect(Buffer.from(part ?? []).includes(Buffer.from(key.bytes))).toBe(false);
      expect(await store.runningSessions()).toEqual([]);
      expect(await store.importKey(recipient)).toBeUndefined();
      const told = JSON.stringify(events, (_, value) =>
        value instanceof Uint8Array ? hex(value) : typeof value === "bigint" ? String(value) : value,
      );
      expect(told).not.toContain(hex(key.bytes));
    }
  });

  it("is off by default: such a party hands out no key, and deals none", async () => {
    const world = await worldOf("import-off", { importAllowedFor: () => false });
    await expect(recipientOf(world)).resolves.toEqual(new Uint8Array());
    const other = await worldOf("import-other");
    const recipient = await recipientOf(other);
    const session = world.coordinator.open(
      importing(world, { scheme: "ecdsa-secp256k1", key: wholeKeys["ecdsa-secp256k1"](), recipient }),
      [1, 2, 3],
    );
    await world.hub.settle();
    expect(session.declines.map(({ code }) => code)).toEqual(["party/import-refused"]);
    expect(await world.actor(importer).store.sharesOfSession(session.sessionId)).toEqual([]);
  });

  it("is refused when it is sealed to a key that the party does not have, and when its time is over", async () => {
    const world = await worldOf("import-late");
    const recipient = await recipientOf(world);
    const key = wholeKeys["ecdsa-secp256k1"]();
    const declined = async (to: Uint8Array) => {
      const session = world.coordinator.open(importing(world, { scheme: "ecdsa-secp256k1", key, recipient: to }), [1, 2, 3]);
      await world.hub.settle();
      return session.declines.map(({ code }) => code);
    };
    expect(await declined(digest(9))).toEqual(["party/import-refused"]);
    world.clock.advance(600_001);
    await recipientOf(world);
    expect(await declined(recipient)).toEqual(["party/import-refused"]);
  });

  it.each<[string, (asked: Asked) => Asked, (action: ReturnType<typeof actionOf>) => void]>([
    [
      "that of another key",
      (asked) => asked,
      (action) => void Object.assign(action, { publicKey: wholeKeys["ecdsa-secp256k1"]().publicKey }),
    ],
    [
      "sealed for another party",
      (asked) => asked,
      (action) =>
        void Object.assign(action, {
          sealedKey: sealKey(
            { scheme: "ecdsa-secp256k1", publicKey: action.publicKey, threshold: 2, partyId: "party-9", recipient: action.recipient },
            wholeKeys["ecdsa-secp256k1"](),
          ),
        }),
    ],
    [
      "for more parties than the intent shares it between",
      (asked) => asked,
      (action) =>
        void Object.assign(action, {
          sealedKey: sealKey(
            {
              scheme: "ecdsa-secp256k1",
              publicKey: action.publicKey,
              threshold: 3,
              partyId: `party-${importer}`,
              recipient: action.recipient,
            },
            wholeKeys["ecdsa-secp256k1"](),
          ),
        }),
    ],
    ["altered", (asked) => asked, (action) => void action.sealedKey.fill(7, 50, 51)],
    [
      "another private key than the intent's public key",
      (asked) => ({ ...asked, key: { ...asked.key, bytes: secp256k1.utils.randomSecretKey() } }),
      () => {},
    ],
    ["a seed of a scheme that has none", (asked) => ({ ...asked, key: { ...asked.key, form: "seed" } }), () => {}],
  ])("ends without a share anywhere when what is sealed is %s", async (name, of, change) => {
    const world = await worldOf(`import-wrong-${name}`);
    const recipient = await recipientOf(world);
    const asked = of({ scheme: "ecdsa-secp256k1", key: wholeKeys["ecdsa-secp256k1"](), recipient });
    const session = world.coordinator.open(importing(world, asked, change), [1, 2, 3]);
    await world.pass(30_000, 5_000);
    expect(session.certificate).toBeUndefined();
    expect(session.aborts.map(({ code }) => code)).toContain(name.startsWith("another private") ? "mpc/bad-setup" : "party/import-refused");
    for (const { store } of world.actors.values()) expect(await store.sharesOfSession(session.sessionId)).toEqual([]);
  });

  it("of a dealer that deals another key than the intent names ends at everybody else, who names the dealer", async () => {
    const another = secp256k1.utils.randomSecretKey();
    const protocolsOf = (index: number) =>
      protocols.map((protocol) => {
        if (index !== importer || protocol.name !== "import") return protocol;
        // The library refuses a key that is not that of the intent. The liar runs without that
        // check.
        const make = (setup: ImportPlan) => {
          const { publicKey, chain, epochNumber } = setup;
          const context = dkgContext(suite, {
            ...{ ...setup, kind: "import", dealers: [setup.importer], exposed: "imported" },
            follows: [epochNumberField(epochNumber), publicKey, chain],
            prescribed: { publicKey, chain, constants: new Map([[setup.importer, publicKey]]) },
          });
          return dkgMachine(dkls23, context, { constant: another.slice() }, (output) => output);
        };
        return { ...protocol, make: make as never };
      });
    const world = await worldOf("import-liar", { protocolsOf });
    const recipient = await recipientOf(world);
    const asked = { scheme: "ecdsa-secp256k1", key: wholeKeys["ecdsa-secp256k1"](), recipient } as const;
    const session = world.coordinator.open(importing(world, asked), [1, 2, 3]);
    await world.pass(30_000, 5_000);
    expect(session.certificate).toBeUndefined();
    // The liar says of itself that it failed.
    const blamed = session.aborts.flatMap(({ code, culprits }) => (culprits.length === 0 ? [] : [[code, culprits]]));
    expect(blamed).toEqual([
      ["mpc/dealer-mismatch", [importer]],
      ["mpc/dealer-mismatch", [importer]],
    ]);
    for (const { store } of world.actors.values()) expect(await store.sharesOfSession(session.sessionId)).toEqual([]);
  });

  it("goes on after a crash of its dealer at any step, and erases what opened the key", async () => {
    // The steps are those of any scheme. This one has no pairs, whose making would take most of
    // the time.
    const scheme = "schnorr-bip340";
    const places: string[] = [];
    for (let at = 1; at <= 40; at++) {
      const world = await worldOf(`import-crash-${at}`);
      const recipient = await recipientOf(world);
      const idle = new CrashPoint(0, "before");
      await world.boot(importer, idle);
      const crash = new CrashPoint(idle.steps + at, "after");
      await world.boot(importer, crash);
      const key = wholeKeys[scheme]();
      const session = world.coordinator.open(importing(world, { scheme, key, recipient }), [1, 2, 3]);
      await world.hub.settle();
      if (!crash.crashed) break;
      places.push(crash.where);
      if (crash.where === "stageShare") expect(await world.actor(importer).store.importKey(recipient)).toBeUndefined();
      await world.boot(importer);
      await world.pass(20_000, 2_000);
      for (let attempt = 2; session.certificate === undefined && attempt <= 3; attempt++) {
        world.coordinator.attempt(session, [1, 2, 3]);
        await world.pass(8_000, 2_000);
      }
      expect([crash.where, session.certificate === undefined]).toEqual([crash.where, false]);
      expect(keyOf(world, session.certificate).charter.publicKey).toEqual(key.publicKey);
      await world.pass(600_000, 60_000);
      await recipientOf(world);
      expect([crash.where, await world.actor(importer).store.importKey(recipient)]).toEqual([crash.where, undefined]);
    }
    expect(places).toContain("stageShare");
  }, 300_000);
});

describe("a sealed key", () => {
  const secret = digest(3);
  const terms = { scheme: "ecdsa-secp256k1", publicKey: digest(4), threshold: 3, partyId: "party-2", recipient: new Uint8Array() };
  it("opens with the recipient's key alone, for its scheme, public key, threshold and party, and no byte of it may be another", async () => {
    const { makeJoinKeys } = await import("@covault/channel");
    const [mine, other] = [makeJoinKeys(digest(1)), makeJoinKeys(digest(2))];
    const of = { ...terms, recipient: mine.publicKey };
    const sealed = sealKey(of, { form: "seed", bytes: secret });
    expect(sealed).toHaveLength(sealedKeyBytes);
    expect(openKey(of, sealed, mine.privateKey)).toEqual({ form: "seed", bytes: secret });
    const refused = (act: () => unknown) => expect(act).toThrow(expect.objectContaining({ code: "party/import-refused" }));
    refused(() => openKey(of, sealed, other.privateKey));
    const changes = [{ scheme: "schnorr-bip340" }, { publicKey: digest(5) }, { threshold: 2 }, { partyId: "party-3" }];
    for (const change of [...changes, { recipient: other.publicKey }])
      refused(() => openKey({ ...of, ...change }, sealed, mine.privateKey));
    for (let at = 0; at < sealed.length; at++)
      refused(() =>
        openKey(
          of,
          sealed.map((byte, k) => (k === at ? byte ^ 1 : byte)),
          mine.privateKey,
        ),
      );
    refused(() => openKey(of, sealed.slice(1), mine.privateKey));
    refused(() => sealKey({ ...of, recipient: new Uint8Array(32) }, { form: "seed", bytes: secret }));
    expect(sealKey(of, { form: "seed", bytes: secret })).not.toEqual(sealed);
    expect(Buffer.from(sealed).includes(Buffer.from(secret))).toBe(false);
  });
});
