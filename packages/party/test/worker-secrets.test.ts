// A session's worker has no plain secret left when the session has ended: neither what was decoded of the share, nor what a machine gave out.
import type { KeygenOutput } from "@covault/mpc/dkls23";
import { World } from "@covault/testkit";
import { describe, expect, it } from "vitest";
import { type Protocol, protocols } from "../src/index.ts";

const blank = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);
/** The protocols of party 1 see through `as`. */
const seen = (as: (protocol: Protocol) => Protocol) => (index: number) => (index === 1 ? protocols.map(as) : protocols);

describe("a worker's secrets", () => {
  it("are gone after a key generation: the share and its pairs, whose encodings alone were sealed", async () => {
    const outputs: KeygenOutput[] = [];
    const outcome = (protocol: Protocol): Protocol => ({
      ...protocol,
      outcome: (output) => {
        if (protocol.name === "keygen") outputs.push(output as KeygenOutput);
        return protocol.outcome(output);
      },
    });
    const world = await World.create({ seed: "worker-secrets/keygen", indices: [1, 2], protocolsOf: seen(outcome) });
    world.coordinator.open(world.keygenIntent(2), [1, 2]);
    await world.hub.settle();
    const [share] = outputs.map((output) => output.share);
    const pair = share?.pairs?.partners.get(2 as never);
    expect(
      [share?.secret, pair?.send.delta, pair?.send.seeds, pair?.recv.pairs, pair?.zeroSeed].map((each) => each && blank(each)),
    ).toEqual(new Array(5).fill(true));
  });

  it("are gone when a stored round was restored and its session cancelled", async () => {
    const snapshots: Uint8Array[] = [];
    const restore = (protocol: Protocol): Protocol => ({
      ...protocol,
      restore: (setup, snapshot) => {
        snapshots.push(snapshot);
        return protocol.restore(setup, snapshot);
      },
    });
    const world = await World.create({ seed: "worker-secrets/restore", indices: [1, 2], protocolsOf: seen(restore) });
    world.hub.intercept = (flight, envelope) => (envelope.body.case === "round" ? [] : [flight]);
    const session = world.coordinator.open(world.keygenIntent(2), [1, 2]);
    await world.hub.settle();
    await world.boot(1);
    await world.hub.settle();
    expect(snapshots.map(blank)).toEqual([false]);
    world.coordinator.cancel(session);
    await world.hub.settle();
    expect(snapshots.map(blank)).toEqual([true]);
  });
});
