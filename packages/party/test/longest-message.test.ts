// No message that parties and coordinators send is longer than the smallest frame that a party lets
// a router name.
import { create, toBinary } from "@bufbuild/protobuf";
import { identityKeyFromSeed, signStatement } from "@covault/channel";
import { SEALED_BYTES } from "@covault/mpc/backup";
import { encodeRecord, epochOf, keyIdOf } from "@covault/mpc/dkls23";
import { encodeFrostRecord } from "@covault/mpc/frost";
import type { ShareIndex } from "@covault/mpc/protocol";
import { protocols } from "@covault/party";
import { toyKeygen, World } from "@covault/testkit";
import { messageBytesMax, type SchemeName, verifyRelease } from "@covault/trust";
import {
  EnvelopeSchema,
  ExportReportSchema,
  frameBytesMin,
  frameOverheadBytes,
  InviteSchema,
  ReleaseSchema,
  SignedSchema,
  signatureTags,
} from "@covault/wire";
import { expect, it } from "vitest";
import { encodeBackup } from "../src/backup/index.ts";
import { digest, makeKey } from "./fixture.ts";

const seed = "longest-message";
const payloadBytesMax = frameBytesMin - frameOverheadBytes;

/** The longest payload of each kind, in what `act` makes a world send. */
async function longest(world: World, act: () => Promise<unknown>): Promise<Record<string, number>> {
  const lengths: Record<string, number> = {};
  world.hub.intercept = (flight, { body }) => {
    const kind = body.case ?? "none";
    lengths[kind] = Math.max(lengths[kind] ?? 0, flight.bytes.length);
    return [flight];
  };
  await act();
  return lengths;
}

it("a key generation and a signature of three parties fit, with room for twenty", async () => {
  const world = await World.create({ seed });
  const lengths = await longest(world, async () => {
    const key = await makeKey(world, 3);
    world.coordinator.open(world.signIntent(key, digest(1)), [1, 2, 3]);
    await world.hub.settle();
  });
  expect(Object.keys(lengths)).toEqual(expect.arrayContaining(["round", "committed", "result", "start", "invite"]));
  // Of a round, only a dealer's commitment to its polynomial grows with the threshold.
  const grown = (lengths.round ?? 0) + 64 * 17;
  expect(grown).toBeGreaterThan(16_384);
  expect(grown).toBeLessThan(payloadBytesMax);
});

it("what a key of twenty parties makes everybody say fits", async () => {
  const indices = Array.from({ length: 20 }, (_, at) => at + 1);
  const world = await World.create({
    seed,
    indices,
    protocolsOf: () => [toyKeygen, ...protocols.filter(({ kind }) => kind === "sign")],
  });
  const lengths = await longest(world, () => makeKey(world, 20));
  expect(Object.keys(lengths)).toEqual(expect.arrayContaining(["committed", "acknowledged", "start", "invite"]));
  for (const [kind, length] of Object.entries(lengths)) expect(length, kind).toBeLessThan(payloadBytesMax);
});

type KeyFields = Parameters<typeof encodeRecord>[0];
const frost = (scheme: "eddsa-ed25519" | "schnorr-bip340") => (fields: KeyFields) => encodeFrostRecord({ ...fields, scheme });
const records: readonly (readonly [SchemeName, number, (fields: KeyFields) => Uint8Array])[] = [
  ["ecdsa-secp256k1", 33, encodeRecord],
  ["schnorr-bip340", 33, frost("schnorr-bip340")],
  ["eddsa-ed25519", 32, frost("eddsa-ed25519")],
];

it.each(records)(
  "what twenty holders of a key for %s release fits, each in its message and all in one answer",
  (scheme, pointBytes, encode) => {
    const point = new Uint8Array(pointBytes).fill(2);
    const holders = Array.from({ length: 20 }, (_, at) => ({ index: (65_516 + at) as ShareIndex, publicShare: point }));
    const [h2, chain, intentId] = [digest(1), digest(2), digest(3)];
    const keyId = keyIdOf(scheme, point, chain);
    const epoch = epochOf(keyId, h2);
    const key = { version: 1, keyId, epoch, h2, threshold: 20, holders, publicKey: point, chain } as const;
    const [partyId, identity] = ["p".repeat(64), identityKeyFromSeed(digest(6))];
    const releases = holders.map(({ index }) => {
      const record = encode({ ...key, self: index, exposed: "exported" });
      const terms = { scheme, keyId, epoch, epochNumber: 2 ** 32 - 1, partyId, shareIndex: index, record, intentId };
      const document = encodeBackup({
        ...terms,
        recipient: new Uint8Array(33),
        sealed: new Uint8Array(SEALED_BYTES),
        certificates: [],
        initiators: [],
      });
      const body = toBinary(ReleaseSchema, create(ReleaseSchema, { keyId, intentId, partyId, document }));
      const release = signStatement(identity, signatureTags.release, partyId, body);
      const holder = { partyId, idpk: identity.publicKey };
      expect(verifyRelease(release, { holder, intentId, keyId }).document).toEqual(document);
      const report = create(EnvelopeSchema, { body: { case: "exportReport", value: create(ExportReportSchema, { release }) } });
      expect(toBinary(EnvelopeSchema, report).length).toBeLessThan(payloadBytesMax);
      return Buffer.from(toBinary(SignedSchema, release)).toString("base64");
    });
    // The account service reads no longer answer of a coordinator (answerBytesMax).
    expect(JSON.stringify({ releases }).length).toBeLessThan(4 * 1024 * 1024);
  },
);

it("an invite to sign the longest message fits", async () => {
  const world = await World.create({ seed, indices: Array.from({ length: 20 }, (_, at) => at + 1) });
  const key = { keyId: digest(1), epoch: digest(2), publicKey: digest(3), threshold: 20 };
  const intent = world.signIntent(key, new Uint8Array(messageBytesMax), { scheme: "eddsa-ed25519" });
  const value = create(InviteSchema, { sessionId: "s".repeat(128), attempt: 8, rid: digest(4), intent, joinToken: "j".repeat(1_024) });
  const bytes = toBinary(EnvelopeSchema, create(EnvelopeSchema, { body: { case: "invite", value } }));
  expect(bytes.length).toBeGreaterThan(messageBytesMax);
  expect(bytes.length).toBeLessThan(payloadBytesMax);
});
