// The rules that a change of replica could break, with two routers that share nothing but RabbitMQ
// and Redis.
import { randomUUID } from "node:crypto";
import { rabbitmqBroker, redisPresence } from "@covault/service-kit/messages";
import { afterEach, describe, expect, it, vi } from "vitest";
import { servers, withServer } from "../../../packages/service-kit/test/real-servers.ts";
import { bytes, connectParty, type Party, sendTo, text } from "./party.ts";
import { makeWorld, type World, type WorldOptions } from "./routers.ts";

const until = (condition: () => void | Promise<void>) => vi.waitFor(condition, { timeout: 15_000, interval: 5 });
const texts = (party: Party) => party.delivered.map((one) => text(one.payload));

await withServer("Redis", (redisUrl) => {
  describe("routers over RabbitMQ and Redis", async () => {
    await withServer("RabbitMQ", () => {
      let world: World;
      afterEach(() => world.stop());
      async function start(options: WorldOptions = {}): Promise<string[]> {
        const prefix = `test-${randomUUID().slice(0, 8)}`;
        const adapters = async () => ({
          broker: await rabbitmqBroker({ url: servers.RabbitMQ, prefix, queueIdleMs: 60_000 }),
          presence: await redisPresence({ url: redisUrl, keyPrefix: `${prefix}:` }),
        });
        world = await makeWorld({ replicas: 2, adapters, ...options });
        return world.routers.map((router) => router.streamUrl);
      }

      it("[RT10] reaches the instance that is named, at the other router", async () => {
        const [one = "", two = ""] = await start();
        const alice = await connectParty(one, "alice");
        const here = await connectParty(one, "bob", { instanceId: "b1" });
        const there = await connectParty(two, "bob", { instanceId: "b2" });
        for (let n = 0; n < 10; n++) expect(await sendTo(alice, "bob", bytes(`m${n}`), { instanceId: "b2" })).toBe("accepted");
        await until(() => expect(texts(there)).toEqual(Array.from({ length: 10 }, (_, n) => `m${n}`)));
        expect(here.delivered).toEqual([]);
        expect(await sendTo(alice, "carol", bytes("x"))).toBe("router/peer-offline");
      });

      it("[RT12] delivers again at the other router what no receipt came for, durable and transient", async () => {
        const [one = "", two = ""] = await start();
        const alice = await connectParty(one, "alice");
        const mute = await connectParty(one, "bob", { acknowledge: false });
        await sendTo(alice, "bob", bytes("round"));
        await sendTo(alice, "bob", bytes("event"), { ttlMs: 600_000 });
        await until(() => expect(texts(mute).sort()).toEqual(["event", "round"]));
        await mute.close();
        const bob = await connectParty(two, "bob");
        await until(() => expect(texts(bob).sort()).toEqual(["event", "round"]));
      });

      it("[RT13] keeps a message for a party that is away, for whichever router it comes to", async () => {
        const [one = "", two = ""] = await start();
        const alice = await connectParty(one, "alice");
        expect(await sendTo(alice, "bob", bytes("invite"), { ttlMs: 600_000 })).toBe("accepted");
        const bob = await connectParty(two, "bob");
        await until(() => expect(texts(bob)).toEqual(["invite"]));
      });

      it("[RT19] ends the older stream of an instance at the other router", async () => {
        const [one = "", two = ""] = await start();
        const older = await connectParty(one, "bob");
        world.advance(1_000);
        await connectParty(two, "bob");
        world.beat();
        expect(await older.closed).toEqual({ code: 4409, reason: "router/replaced" });
      });
    });
  });
});
