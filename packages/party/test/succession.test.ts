// A key goes on: refresh, reshare with a dealer that leaves and with newcomers, recovery of a lost
// share. The protocols are the real ones, and the new epoch signs.
import { memoryStore } from "@covault/testkit";
import { describe, expect, it } from "vitest";
import { holdKey, Lifecycle } from "./lifecycle.ts";

describe.each(["ecdsa-secp256k1", "schnorr-bip340"])("a key for %s", (scheme) => {
  it("is refreshed, passes on to other holders up and down, gives a lost share anew, and signs in each epoch", async () => {
    const life = await Lifecycle.of(await holdKey(scheme), `succession-${scheme}`);
    const { world } = life;
    const { publicKey } = life.key.charter;
    const first = await life.share(1);
    await life.go();
    expect(await world.actor(1).store.share(first?.keyId as Uint8Array, first?.epoch as Uint8Array)).toMatchObject({
      status: "superseded",
      secret: new Uint8Array(),
    });
    await life.isWhole([1, 2, 3]);

    // Up: 4 comes, and three sign from now on. It knows nothing of the key but by its certificates.
    await life.go((action) => {
      action.kind = "reshare";
      action.members.push(life.seat(4));
      action.dealers = [1, 3];
      action.threshold = 3;
    });
    expect(life.key).toMatchObject({ threshold: 3, epochNumber: 2 });
    const session = await life.signs([1, 2, 4]);
    expect(session.signatures).toHaveLength(3);

    // Down: 1 deals and leaves, 5 comes, and two sign again.
    const before = life.key;
    const down = await life.go((action) => {
      action.kind = "reshare";
      action.members = [...action.members.filter(({ shareIndex }) => shareIndex > 1), life.seat(5)];
      action.dealers = [1, 2, 4];
      action.threshold = 2;
    });
    await life.isWhole([2, 3, 4, 5]);
    expect(await life.statuses([1], down)).toEqual(["left"]);
    expect(await life.share(1, before)).toMatchObject({ status: "superseded", secret: new Uint8Array() });
    expect(world.actor(1).events).toContainEqual({ kind: "left", sessionId: down.sessionId });
    expect(world.actor(5).events).toContainEqual({ kind: "committed", sessionId: down.sessionId });

    // The store of 3 is gone. Its share is made anew, at its index.
    const empty = memoryStore("new");
    await world.boot(3, undefined, { store: empty });
    Object.assign(world.actor(3), { store: empty });
    await life.go((action) => {
      action.kind = "recover";
      action.dealers = [2, 4, 5];
    });
    await life.isWhole([2, 3, 4, 5]);
    const last = await life.signs([3, 5]);
    expect(last.signatures).toHaveLength(2);
    expect(life.key.charter.publicKey).toEqual(publicKey);
    for (const { events } of world.actors.values())
      expect(events.filter(({ kind }) => kind === "failed" || kind === "aborted" || kind === "burned")).toEqual([]);
  });
});
