// Every entry of the registry through the same driver: DKLs23, FROST for Ed25519 and for BIP-340.
// Each key signs for itself and for its children, BIP-340 with a Taproot tweak as well, and ECDSA a
// personal message. Then come liars: a party that changes what is signed, or under which key, gets
// nothing.

import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { encodeEnvelope, World } from "@covault/testkit";
import { bip32Child, ed25519Child, noScripts, type SchemeName, schemeNames, schemeOf, taprootOutput, verifyBip340 } from "@covault/trust";
import { AckSchema, IntentSchema, PayloadSchema, type SignAction, type SignActionSchema, type Signed, SignedSchema } from "@covault/wire";
import { hashMessage, recoverPublicKey } from "viem";
import { beforeAll, describe, expect, it } from "vitest";
import { type Protocol, protocols } from "../src/index.ts";
import { digest, type Fixture, type Key, worldOf } from "./fixture.ts";

const path = [44, 60, 7];
type Change = MessageInitShape<typeof SignActionSchema>;
type OwnKey = Key & { readonly chain: Uint8Array };
const messages: Record<SchemeName, Uint8Array> = {
  "ecdsa-secp256k1": digest(7),
  "eddsa-ed25519": new TextEncoder().encode("a message of any length"),
  "schnorr-bip340": digest(7),
};
const children: Record<SchemeName, (key: OwnKey) => Uint8Array> = {
  "ecdsa-secp256k1": ({ publicKey, chain }) => bip32Child(publicKey, chain, path).publicKey,
  "eddsa-ed25519": ({ publicKey, chain }) => ed25519Child(publicKey, chain, path).publicKey,
  "schnorr-bip340": ({ publicKey, chain }) => bip32Child(Uint8Array.of(2, ...publicKey), chain, path).publicKey.slice(1),
};

const made = new Map<SchemeName, { readonly key: OwnKey; readonly fixture: Fixture }>();
beforeAll(async () => {
  for (const scheme of schemeNames) {
    const world = await World.create({ seed: `scheme-${scheme}` });
    const keygen = world.coordinator.open(world.keygenIntent(2, scheme), [1, 2, 3]);
    await world.hub.settle();
    const share = (await world.actor(1).store.sharesOfSession(keygen.sessionId))[0];
    expect(share?.status).toBe("committed");
    const { keyId, epoch, publicKey, chain } = fromBinary(AckSchema, fromBinary(SignedSchema, share?.ack ?? new Uint8Array(0)).body);
    const key = { keyId, epoch, publicKey, chain, threshold: 2 };
    made.set(scheme, { key, fixture: { key, stores: new Map([...world.actors].map(([index, { store }]) => [index, store])) } });
  }
});

const madeOf = (scheme: SchemeName) => made.get(scheme) as { readonly key: OwnKey; readonly fixture: Fixture };
let worlds = 0;
const worldOfScheme = (scheme: SchemeName, protocolsOf?: (index: number) => readonly Protocol[]): Promise<World> =>
  worldOf(madeOf(scheme).fixture, { seed: `${scheme}-${++worlds}`, ...(protocolsOf && { protocolsOf }) });
const intentFor = (world: World, scheme: SchemeName, over: Change = {}): Signed =>
  world.signIntent(madeOf(scheme).key, over.payload === undefined ? messages[scheme] : new Uint8Array(), { scheme, ...over });

/** What parties 1 and 3 sign. Both sign the same. */
async function signed(scheme: SchemeName, over: Change = {}): Promise<Uint8Array> {
  const world = await worldOfScheme(scheme);
  const session = world.coordinator.open(intentFor(world, scheme, over), [1, 3]);
  await world.hub.settle();
  expect([...session.declines, ...session.aborts].map(({ code }) => code)).toEqual([]);
  expect(session.signatures).toHaveLength(2);
  expect(session.signatures[0]).toEqual(session.signatures[1]);
  return session.signatures[0] as Uint8Array;
}

/** How parties 1 and 3 refuse. Nobody joins. */
async function refused(scheme: SchemeName, over: Change, change: (signed: Signed) => Signed = (same) => same): Promise<string[]> {
  const world = await worldOfScheme(scheme);
  const session = world.coordinator.open(change(intentFor(world, scheme, over)), [1, 3]);
  await world.hub.settle();
  expect([session.joins.size, session.signatures]).toEqual([0, []]);
  return [...new Set(session.declines.map(({ code, message }) => `${code}: ${message}`))];
}

describe.each(schemeNames)("%s", (scheme) => {
  const { verify } = schemeOf(scheme).signature;

  it("signs for the key itself", async () => {
    expect(verify(madeOf(scheme).key.publicKey, messages[scheme], await signed(scheme))).toBe(true);
  });

  it("signs for a child by its path, also after a restart of everybody, and for no other key", async () => {
    const { key } = madeOf(scheme);
    const signature = await signed(scheme, { derivationPath: path });
    expect(verify(children[scheme](key), messages[scheme], signature)).toBe(true);
    expect(verify(key.publicKey, messages[scheme], signature)).toBe(false);
  });
});

describe("a Taproot tweak", () => {
  it.each([
    ["without scripts", noScripts, []],
    ["with a Merkle root", digest(9), []],
    ["of a child", noScripts, path],
  ])("%s: signs for the output", async (_, taprootMerkleRoot, derivationPath) => {
    const { key } = madeOf("schnorr-bip340");
    const internal = derivationPath.length === 0 ? key.publicKey : children["schnorr-bip340"](key);
    const signature = await signed("schnorr-bip340", { taprootMerkleRoot, derivationPath });
    expect(verifyBip340(taprootOutput(internal, taprootMerkleRoot).outputKey, digest(7), signature)).toBe(true);
    expect(verifyBip340(internal, digest(7), signature)).toBe(false);
  });
});

const personal = (text: string, over: MessageInitShape<typeof PayloadSchema> = {}): Change => ({
  payload: create(PayloadSchema, { kind: "evm_personal_message", body: new TextEncoder().encode(text), inputs: [{ index: 0 }], ...over }),
});

describe("a personal message", () => {
  it.each([
    ["the key itself", [] as number[]],
    ["a child", path],
  ])("is prefixed and hashed by each party, for %s", async (_, derivationPath) => {
    const { key } = madeOf("ecdsa-secp256k1");
    const text = "pay 1 €";
    const signature = await signed("ecdsa-secp256k1", personal(text, { inputs: [{ index: 0, derivationPath }] }));
    const v = (27 + (signature[64] as number)).toString(16);
    const recovered = await recoverPublicKey({
      hash: hashMessage(text),
      signature: `0x${Buffer.from(signature.subarray(0, 64)).toString("hex")}${v}`,
    });
    const expected = derivationPath.length === 0 ? key.publicKey : children["ecdsa-secp256k1"](key);
    expect(recovered.slice(4, 68)).toBe(Buffer.from(expected.subarray(1)).toString("hex"));
  });

  it("is nothing that a key of another scheme signs, and its inputs are one", async () => {
    for (const scheme of ["eddsa-ed25519", "schnorr-bip340"] as const)
      expect(await refused(scheme, personal("text"))).toEqual([
        expect.stringMatching(/^trust\/bad-intent: .*signed by a key of ecdsa-secp256k1/),
      ]);
    expect(await refused("ecdsa-secp256k1", personal("text", { inputs: [{ index: 0 }, { index: 1 }] }))).toEqual([
      expect.stringMatching(/^trust\/bad-intent: .*is not input 0 alone/),
    ]);
  });
});

/**
 * The shortest messages of Solana transactions. An account service that checks nothing asks for
 * them.
 */
const solana = Uint8Array.from([1, 0, 0, 1, ...digest(5), ...digest(6), 0]);
const solana0 = Uint8Array.from([0x80, ...solana, 0]);

describe("what a scheme does not take is refused by the parties, whoever signed it", () => {
  it.each<[string, SchemeName, Change, RegExp]>([
    ["a payload of a kind that is not known", "ecdsa-secp256k1", personal("x", { kind: "evm_transaction" }), /^trust\/unknown-payload: /],
    ["a Taproot tweak of an ECDSA key", "ecdsa-secp256k1", { taprootMerkleRoot: noScripts }, /^trust\/bad-intent: .*no Taproot output/],
    ["a Taproot tweak of an Ed25519 key", "eddsa-ed25519", { taprootMerkleRoot: digest(1) }, /^trust\/bad-intent: .*no Taproot output/],
    ["a Merkle root of 31 bytes", "schnorr-bip340", { taprootMerkleRoot: new Uint8Array(31) }, /^trust\/bad-intent: .*31 bytes/],
    ["a hardened step", "eddsa-ed25519", { derivationPath: [0x80000000] }, /^trust\/bad-intent: .*0' is a hardened step/],
    ["a path that is too long", "schnorr-bip340", { derivationPath: new Array(17).fill(0) }, /^trust\/bad-intent: .*17 steps/],
    ["a digest that is 0", "ecdsa-secp256k1", { message: new Uint8Array(32) }, /^trust\/bad-intent: .*0 modulo/],
    ["a legacy Solana transaction as a message", "eddsa-ed25519", { message: solana }, /^action\/transaction-as-message: .*69 bytes/],
    ["one of version 0, for a child", "eddsa-ed25519", { message: solana0, derivationPath: path }, /^action\/transaction-as-message: /],
    ["a message that is no digest", "schnorr-bip340", { message: new Uint8Array(33) }, /^trust\/bad-intent: .*33 bytes/],
  ])("%s", async (_, scheme, over, text) => {
    expect(await refused(scheme, over)).toEqual([expect.stringMatching(text)]);
  });
});

describe("liars", () => {
  const altered = (change: (sign: SignAction) => void) => (signed: Signed) => {
    const intent = fromBinary(IntentSchema, signed.body);
    if (intent.action.case === "sign") change(intent.action.value);
    return create(SignedSchema, { ...signed, body: toBinary(IntentSchema, intent) });
  };

  it.each<[string, SchemeName, Change, (sign: SignAction) => void]>([
    ["changes the path", "ecdsa-secp256k1", { derivationPath: path }, (sign) => sign.derivationPath.splice(2, 1, 8)],
    ["drops the path", "eddsa-ed25519", { derivationPath: path }, (sign) => sign.derivationPath.splice(0)],
    ["adds a Taproot tweak", "schnorr-bip340", {}, (sign) => Object.assign(sign, { taprootMerkleRoot: noScripts })],
    [
      "drops the Taproot tweak",
      "schnorr-bip340",
      { taprootMerkleRoot: noScripts },
      (sign) => Object.assign(sign, { taprootMerkleRoot: undefined }),
    ],
    [
      "changes a payload's kind",
      "ecdsa-secp256k1",
      personal("x"),
      ({ payload }) => Object.assign(payload ?? {}, { kind: "evm_typed_data" }),
    ],
    ["changes a payload's path", "ecdsa-secp256k1", personal("x"), ({ payload }) => payload?.inputs[0]?.derivationPath.push(1)],
    [
      "asks for the digest of a payload",
      "ecdsa-secp256k1",
      personal("x"),
      (sign) => Object.assign(sign, { payload: undefined, message: Buffer.from(hashMessage("x").slice(2), "hex") }),
    ],
  ])("a coordinator that %s has no signature of the initiator for it", async (_, scheme, over, change) => {
    expect(await refused(scheme, over, altered(change))).toEqual([
      expect.stringMatching(/^trust\/bad-intent: .*no known key of its initiator/),
    ]);
  });

  it("a coordinator that invites each to another of the initiator's intents gets no round: their joins name different ones", async () => {
    for (const scheme of schemeNames) {
      const world = await worldOfScheme(scheme);
      const [first, second] = [intentFor(world, scheme, { derivationPath: [1] }), intentFor(world, scheme, { derivationPath: [2] })];
      // The initiator asked twice in one session, which no honest one does.
      const { sessionId } = fromBinary(IntentSchema, first.body);
      const twin = world.sign({ ...fromBinary(IntentSchema, second.body), sessionId });
      world.hub.intercept = (flight, envelope) => {
        const { body } = envelope;
        if (body.case !== "invite" || flight.to.partyId !== "party-3") return [flight];
        const invite = { case: "invite" as const, value: { ...body.value, intent: twin } };
        return [{ ...flight, bytes: encodeEnvelope({ ...envelope, body: invite }) }];
      };
      const session = world.coordinator.open(first, [1, 3]);
      await world.hub.settle();
      expect([session.joins.size, session.signatures]).toEqual([2, []]);
      expect([1, 3].map((index) => world.dropped(index, "bad-start"))).toEqual([1, 1]);
    }
  });

  /** The parties that run these sign for the joint key, whatever the intent says. */
  const pathless = protocols.map(
    (protocol): Protocol => ({
      ...protocol,
      plan: (agreed) => protocol.plan({ ...agreed, signing: agreed.signing && { ...agreed.signing, tweak: new Uint8Array(32) } }),
    }),
  );

  it("a member that leaves the path out is alone with its session id: nobody signs with it", async () => {
    for (const scheme of schemeNames) {
      const world = await worldOfScheme(scheme, (index) => (index === 1 ? pathless : protocols));
      const session = world.coordinator.open(intentFor(world, scheme, { derivationPath: path }), [1, 3]);
      await world.hub.settle();
      expect([session.joins.size, session.signatures]).toEqual([2, []]);
      expect(session.aborts.map(({ code }) => code)).toContain("mpc/context-mismatch");
    }
  });

  it("a signature under another key than the one that the intent asks for is reported by nobody", async () => {
    for (const scheme of schemeNames) {
      const world = await worldOfScheme(scheme, () => pathless);
      const session = world.coordinator.open(intentFor(world, scheme, { derivationPath: path }), [1, 3]);
      await world.hub.settle();
      expect(session.signatures).toEqual([]);
      expect(new Set(session.aborts.map(({ code }) => code))).toEqual(new Set(["party/derivation-mismatch"]));
    }
  });
});
