// What every Broker must do. This suite runs on each adapter.
import { randomUUID } from "node:crypto";
import { afterEach, describe, expect, it, vi } from "vitest";
import { attemptsMax, type Broker, type BrokerMessage } from "../src/messages/broker/port.ts";

export interface BrokerUnderTest {
  readonly broker: Broker;
  /** Lets so many milliseconds pass. */
  advance(ms: number): Promise<void>;
}

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (body: Uint8Array) => new TextDecoder().decode(body);
const until = (condition: () => void | Promise<void>) => vi.waitFor(condition, { timeout: 10_000, interval: 5 });

export function brokerContract(name: string, make: (bounds: { queueMessagesMax: number }) => Promise<BrokerUnderTest>): void {
  describe(`broker: ${name}`, () => {
    let open: Broker[] = [];
    afterEach(async () => {
      for (const broker of open) await broker.close();
      open = [];
    });
    async function setup(queueMessagesMax = 1_000) {
      const made = await make({ queueMessagesMax });
      open.push(made.broker);
      return { ...made, queue: `test.${randomUUID()}` };
    }

    it("[BR0] tells how many messages wait", async () => {
      const { broker, queue } = await setup();
      expect(await broker.depth(queue)).toBe(0);
      for (const durable of [true, false, true]) await broker.publish(queue, bytes("x"), { durable });
      await until(async () => expect(await broker.depth(queue)).toBe(3));
    });

    for (const durable of [true, false]) {
      const kind = durable ? "durable" : "transient";

      it(`[BR1] keeps ${kind} messages for a consumer that comes later, in order, byte for byte`, async () => {
        const { broker, queue } = await setup();
        const sent = [new Uint8Array(0), new Uint8Array([0, 255, 128]), bytes("three")];
        for (const [index, body] of sent.entries()) await broker.publish(queue, body, { durable, messageId: `m${index}` });
        const seen: BrokerMessage[] = [];
        await broker.consume(queue, (message) => void seen.push(message), { prefetch: 1 });
        await until(() => expect(seen).toHaveLength(3));
        expect(seen.map((message) => [...message.body])).toEqual(sent.map((body) => [...body]));
        expect(seen.map((message) => [message.messageId, message.redelivered])).toEqual([0, 1, 2].map((n) => [`m${n}`, false]));
      });

      it(`[BR2] gives a ${kind} message again, marked, to a handler that threw`, async () => {
        const { broker, queue } = await setup();
        const seen: boolean[] = [];
        await broker.consume(queue, (message) => {
          seen.push(message.redelivered);
          if (seen.length < 3) throw new Error("not now");
        });
        await broker.publish(queue, bytes("a"), { durable });
        await until(() => expect(seen).toEqual([false, true, true]));
      });

      it(`[BR3] drops a ${kind} message that was handed out ${attemptsMax} times in vain, and goes on`, async () => {
        const { broker, queue } = await setup();
        const seen: string[] = [];
        await broker.consume(queue, (message) => {
          seen.push(text(message.body));
          if (text(message.body) === "poison") throw new Error("cannot");
        });
        await broker.publish(queue, bytes("poison"), { durable });
        await until(() => expect(seen).toHaveLength(attemptsMax));
        await broker.publish(queue, bytes("sound"), { durable });
        await until(() => expect(seen).toEqual([...Array<string>(attemptsMax).fill("poison"), "sound"]));
      });

      it(`[BR4] hands what a stopped consumer still held of ${kind} messages to another`, async () => {
        const { broker, queue } = await setup();
        let held = 0;
        const stop = await broker.consume(queue, () => {
          held++;
          return new Promise(() => {});
        });
        for (const body of ["a", "b"]) await broker.publish(queue, bytes(body), { durable });
        await until(() => expect(held).toBe(2));
        await stop();
        const seen: string[] = [];
        await broker.consume(queue, (message) => void seen.push(text(message.body)));
        await until(() => expect(seen.sort()).toEqual(["a", "b"]));
      });

      it(`[BR5] forgets a ${kind} message whose time to wait has passed`, async () => {
        const { broker, queue, advance } = await setup();
        await broker.publish(queue, bytes("late"), { durable, ttlMs: 40 });
        await broker.publish(queue, bytes("kept"), { durable, ttlMs: 60_000 });
        await advance(80);
        const seen: string[] = [];
        await broker.consume(queue, (message) => void seen.push(text(message.body)));
        await until(() => expect(seen).toEqual(["kept"]));
      });

      it(`[BR6] shares the ${kind} messages of a queue among its consumers, each message to one`, async () => {
        const { broker, queue } = await setup();
        const seen: string[][] = [[], []];
        for (const mine of seen) await broker.consume(queue, (message) => void mine.push(text(message.body)), { prefetch: 1 });
        const sent = Array.from({ length: 40 }, (_, n) => `m${n}`);
        for (const body of sent) await broker.publish(queue, bytes(body), { durable });
        await until(() => expect(seen.flat().sort()).toEqual([...sent].sort()));
        expect(seen.every((mine) => mine.length > 0)).toBe(true);
      });
    }

    it("[BR7] gives a message without time to wait only to a consumer that is there", async () => {
      const { broker, queue } = await setup();
      await broker.publish(queue, bytes("nobody"), { ttlMs: 0 });
      const seen: string[] = [];
      await broker.consume(queue, (message) => void seen.push(text(message.body)));
      await broker.publish(queue, bytes("here"), { ttlMs: 1_000 });
      await until(() => expect(seen).toEqual(["here"]));
      await broker.publish(queue, bytes("at once"), { ttlMs: 0 });
      await until(() => expect(seen).toEqual(["here", "at once"]));
    });

    it("[BR8] refuses durable messages beyond the queue's bound, and takes them again once there is room", async () => {
      const { broker, queue } = await setup(4);
      const refused = async () => {
        // A server may let a few more through before it counts them.
        for (let n = 0; n < 40; n++) await broker.publish(queue, bytes(`m${n}`), { durable: true });
      };
      await expect(refused()).rejects.toMatchObject({ code: "broker/queue-full" });
      let seen = 0;
      await broker.consume(queue, () => void seen++);
      await until(() => expect(seen).toBeGreaterThanOrEqual(4));
      await until(() => expect(broker.publish(queue, bytes("again"), { durable: true })).resolves.toBeUndefined());
    });

    it("[BR9] keeps no more messages in a handler than its prefetch", async () => {
      const { broker, queue } = await setup();
      const waiting: (() => void)[] = [];
      let most = 0;
      let done = 0;
      await broker.consume(
        queue,
        async () => {
          await new Promise<void>((resolve) => {
            waiting.push(resolve);
            most = Math.max(most, waiting.length);
          });
          done++;
        },
        { prefetch: 3 },
      );
      for (let n = 0; n < 12; n++) await broker.publish(queue, bytes(`m${n}`), { durable: true });
      await until(() => {
        // A message leaves only when the handlers are full or the queue is at its end.
        if (waiting.length === Math.min(3, 12 - done)) waiting.shift()?.();
        expect(done).toBe(12);
      });
      expect(most).toBe(3);
    });

    it("[BR10] answers a ping, and refuses to publish once it is closed", async () => {
      const { broker, queue } = await setup();
      await broker.ping();
      await broker.close();
      await expect(broker.publish(queue, bytes("x"))).rejects.toMatchObject({ code: "broker/unavailable" });
      await expect(broker.ping()).rejects.toMatchObject({ code: "broker/unavailable" });
    });
  });
}
