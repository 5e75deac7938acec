// What a party draws when it makes a key is bound to a secret of its identity key. Two parties
// whose random generators have one state draw two polynomials. And an attempt that ends, however it
// ends, leaves no machine behind that still has its secrets.
import { identityKeyFromSeed } from "@covault/channel";
import { inThreadRunner, type Protocols, protocols } from "@covault/party";
import { seeded, World } from "@covault/testkit";
import { describe, expect, it } from "vitest";
import { makeKey } from "./fixture.ts";

describe("the party's own secret", () => {
  it("goes into every machine that makes a key, is that of its identity, and is erased afterwards", async () => {
    const given = new Map<number, Uint8Array>();
    const copies = new Map<number, Uint8Array>();
    const protocolsOf = (index: number): Protocols =>
      protocols.map((protocol) => ({
        ...protocol,
        make: (setup, share, own) => {
          if (own !== undefined) {
            given.set(index, own);
            copies.set(index, own.slice());
          }
          return protocol.make(setup, share, own);
        },
      }));
    const world = await World.create({ seed: "own", indices: [1, 2], protocolsOf });
    await makeKey(world, 2);
    for (const index of [1, 2]) {
      expect(copies.get(index)).toEqual(identityKeyFromSeed(seeded(`identity-${index}`).bytes(32)).ownSecret());
      expect(given.get(index)).toEqual(new Uint8Array(32));
    }
  });

  it("keeps two parties with one generator apart: their keys are made, and no dealer's polynomial is another's", async () => {
    // Both runners draw the same bytes at every turn.
    const runnerOf = (_: number, run: Protocols) => inThreadRunner(run, seeded("one image, started twice"));
    const world = await World.create({ seed: "twins", indices: [1, 2], runnerOf });
    expect((await makeKey(world, 2)).publicKey.length).toBe(33);
  });
});

it("a session that is cancelled between two rounds wipes its machine", async () => {
  const wiped: number[] = [];
  const protocolsOf = (index: number): Protocols =>
    protocols.map((protocol) => ({
      ...protocol,
      make: (setup, share, own) => {
        const machine = protocol.make(setup, share, own);
        const wipe = machine.wipe.bind(machine);
        machine.wipe = () => {
          wiped.push(index);
          wipe();
        };
        return machine;
      },
    }));
  const world = await World.create({ seed: "wiped", indices: [1, 2], protocolsOf });
  world.hub.intercept = (flight, envelope) => (envelope.body.case === "round" ? [] : [flight]);
  const session = world.coordinator.open(world.keygenIntent(2), [1, 2]);
  await world.hub.settle();
  expect(wiped).toEqual([]);
  world.coordinator.cancel(session);
  await world.hub.settle();
  expect(wiped.sort()).toEqual([1, 2]);
});
