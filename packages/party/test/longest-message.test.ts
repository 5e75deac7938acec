// No message that parties and coordinators send is longer than the smallest frame that a party lets
// a router name.
import { create, toBinary } from "@bufbuild/protobuf";
import { protocols } from "@covault/party";
import { toyKeygen, World } from "@covault/testkit";
import { messageBytesMax } from "@covault/trust";
import { EnvelopeSchema, frameBytesMin, frameOverheadBytes, InviteSchema } from "@covault/wire";
import { expect, it } from "vitest";
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

it("an invite to sign the longest message fits", async () => {
  const world = await World.create({ seed, indices: Array.from({ length: 20 }, (_, at) => at + 1) });
  const key = { keyId: digest(1), epoch: digest(2), publicKey: digest(3), threshold: 20 };
  const intent = world.signIntent(key, new Uint8Array(messageBytesMax), { scheme: "eddsa-ed25519" });
  const value = create(InviteSchema, { sessionId: "s".repeat(128), attempt: 8, rid: digest(4), intent, joinToken: "j".repeat(1_024) });
  const bytes = toBinary(EnvelopeSchema, create(EnvelopeSchema, { body: { case: "invite", value } }));
  expect(bytes.length).toBeGreaterThan(messageBytesMax);
  expect(bytes.length).toBeLessThan(payloadBytesMax);
});
