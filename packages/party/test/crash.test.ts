// A party dies at every write and at every send of a keygen, before or after its effect, and starts
// again on its store. Afterwards the key is usable by all or absent, and never half there.
import { fromBinary } from "@bufbuild/protobuf";
import { CrashPoint, toyKeygen, toyPublicKey, World } from "@covault/testkit";
import { intentIdOf } from "@covault/trust";
import { AckSchema, SignedSchema } from "@covault/wire";
import { describe, expect, it } from "vitest";
import { openBlob } from "../src/vault/blob.ts";
import { shareAad } from "../src/vault/vault.ts";
import { committedKey, digest } from "./fixture.ts";

const protocolsOf = () => [toyKeygen];
const indices = [1, 2, 3];
const victim = 2;

/** The secret of a party's committed share, opened as its worker would open it. */
async function secretOf(world: World, index: number, sessionId: string): Promise<Uint8Array> {
  const { store, vault, partyId } = world.actor(index);
  const share = (await store.sharesOfSession(sessionId))[0];
  if (share?.status !== "committed") throw new Error(`party ${index} has no committed share`);
  const { keyId, epoch, record, secret } = share;
  const aad = shareAad(partyId, keyId, epoch, record, intentIdOf(fromBinary(SignedSchema, share.intent).body));
  return openBlob(await vault.shareKeys(keyId, epoch), aad, secret);
}

interface End {
  readonly crash: CrashPoint;
  readonly statuses: readonly (string | undefined)[];
  readonly attempts: number;
}

/**
 * One keygen in which the victim dies at step `at`, with what the coordinator and the account
 * service would do about it, to its end.
 */
async function run(at: number, when: "before" | "after"): Promise<End> {
  const world = await World.create({ seed: `crash-${at}-${when}`, indices, protocolsOf });
  const crash = new CrashPoint(at, when);
  await world.boot(victim, crash);
  const session = world.coordinator.open(world.keygenIntent(2), indices);
  await world.hub.settle();
  if (crash.crashed) await world.boot(victim);
  await world.pass(20_000, 2_000);
  for (let attempt = 2; session.certificate === undefined && attempt <= 3; attempt++) {
    world.coordinator.attempt(session, indices);
    await world.pass(6_000, 2_000);
  }
  if (session.certificate === undefined) {
    world.abandon(session.sessionId, intentIdOf(session.intent.body));
    await world.pass(2_000, 2_000);
  }
  const shares = await Promise.all(indices.map(async (index) => (await world.actor(index).store.sharesOfSession(session.sessionId))[0]));
  const statuses = shares.map((share) => share?.status);
  if (statuses[0] === "committed") {
    const secrets = await Promise.all(indices.map((index) => secretOf(world, index, session.sessionId)));
    const ack = fromBinary(AckSchema, fromBinary(SignedSchema, shares[0]?.ack ?? new Uint8Array(0)).body);
    expect(toyPublicKey(secrets)).toEqual(ack.publicKey);
  }
  for (const index of indices) {
    expect(await world.actor(index).store.runningSessions()).toEqual([]);
    expect(world.actor(index).events.filter((event) => event.kind === "failed")).toEqual([]);
  }
  return { crash, statuses, attempts: session.attempt };
}

describe("keygen with a crash", () => {
  for (const when of ["before", "after"] as const)
    it(`leaves the key usable by all or absent, wherever a party dies ${when} the effect of a step`, async () => {
      const ends: string[] = [];
      for (let at = 1; ; at++) {
        const { crash, statuses, attempts } = await run(at, when);
        if (!crash.crashed) break;
        const end = `step ${at} (${crash.where}): ${statuses.join(", ")} in ${attempts}`;
        expect(new Set(statuses).size, end).toBe(1);
        expect(["committed", undefined], end).toContain(statuses[0]);
        ends.push(end);
      }
      expect(ends.length).toBeGreaterThan(15);
      // A crash costs at most an attempt. The key comes to be in the end.
      expect(ends.filter((end) => !end.includes("committed, committed, committed"))).toEqual([]);
    });

  for (const [at, when, where] of [
    [4, "after", "openSession"],
    [7, "after", "fixInputs"],
    [8, "after", "saveRound"],
    [12, "after", "saveRound"],
    [16, "before", "stageShare"],
  ] as const)
    it(`resumes DKLs23 in the same attempt and the key signs: ${where}, step ${at}`, async () => {
      const world = await World.create({ seed: `crash-dkls-${at}`, indices: [1, 2] });
      const crash = new CrashPoint(at, when);
      await world.boot(victim, crash);
      const keygen = world.coordinator.open(world.keygenIntent(2), [1, 2]);
      await world.hub.settle();
      expect(crash.where).toBe(where);
      await world.boot(victim);
      await world.pass(6_000, 2_000);
      expect({ attempts: keygen.attempt, done: keygen.certificate !== undefined }).toEqual({ attempts: 1, done: true });
      const key = await committedKey(world, victim, keygen.sessionId);
      if (key === undefined) throw new Error("no key");
      const session = world.coordinator.open(world.signIntent(key, digest(1)), [1, 2]);
      await world.hub.settle();
      expect(session.signatures).toHaveLength(2);
    });
});
