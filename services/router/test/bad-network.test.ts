// While presence is away, a router says nothing about who is connected.
import { inProcessBroker, memoryPresence } from "@covault/service-kit/messages";
import { afterEach, expect, it, vi } from "vitest";
import { bytes, connectParty, sendTo, text } from "./party.ts";
import { makeWorld, type World } from "./routers.ts";

let world: World;
afterEach(() => world.stop());

it("[RT13] while presence is away, a message for a party at another router goes on instead of being refused as offline", async () => {
  const broker = inProcessBroker();
  const presence = memoryPresence();
  let away = false;
  const unsteady = {
    ...presence,
    find: async (partyId: string) => {
      if (away) throw new Error("away");
      return presence.find(partyId);
    },
  };
  world = await makeWorld({ replicas: 2, adapters: async () => ({ broker, presence: unsteady }) });
  const [one, two] = world.routers.map((router) => router.streamUrl) as [string, string];
  const alice = await connectParty(one, "alice");
  const bob = await connectParty(two, "bob");
  away = true;
  expect(await sendTo(alice, "bob", bytes("round"))).toBe("accepted");
  await vi.waitFor(() => expect(bob.delivered.map(({ payload }) => text(payload))).toEqual(["round"]));
  away = false;
  expect(await sendTo(alice, "carol", bytes("round"))).toBe("router/peer-offline");
});
