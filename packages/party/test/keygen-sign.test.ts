// The whole way over a memory transport: keygen to its commit, then signatures by quorums of the
// holders.

import { World } from "@covault/testkit";
import { recoverEcdsa, verifyEcdsa } from "@covault/trust";
import { describe, expect, it } from "vitest";
import { digest, makeKey } from "./fixture.ts";

describe("keygen and sign through the driver", () => {
  for (const { indices, threshold } of [
    { indices: [1, 2], threshold: 2 },
    { indices: [3, 700, 65535], threshold: 2 },
  ]) {
    it(`makes a ${threshold}-of-${indices.length} key and signs with it (share indices ${indices.join(", ")})`, async () => {
      const world = await World.create({ seed: `keygen-${indices.length}`, indices });
      const key = await makeKey(world, threshold);
      for (const index of indices) expect((await world.actor(index).store.committedShare(key.keyId))?.epoch).toEqual(key.epoch);
      const signers = indices.slice(-threshold);
      const session = world.coordinator.open(world.signIntent(key, digest(7)), signers);
      await world.hub.settle();
      expect(session.aborts).toEqual([]);
      expect(session.signatures).toHaveLength(threshold);
      for (const signature of session.signatures) {
        expect(verifyEcdsa(key.publicKey, digest(7), signature.subarray(0, 64))).toBe(true);
        expect(recoverEcdsa(digest(7), signature.subarray(0, 64), signature[64] as number)).toEqual(key.publicKey);
      }
    });
  }
});
