// A party's stream against the real router, over a wire that breaks. It runs with the sockets of
// Node and with those that browsers have.
import { createHash } from "node:crypto";
import { identityKeyFromSeed } from "@covault/channel";
import { asCovaultError } from "@covault/errors";
import type { Address } from "@covault/party";
import { inProcessBroker, memoryPresence } from "@covault/service-kit/messages";
import { makeLogger } from "@covault/service-kit/run";
import { tcpProxy } from "@covault/testkit/network";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Router, startRouter } from "../../../services/router/src/start.ts";
import { liveRoster } from "../../../services/router/test/party.ts";
import { waitMs } from "../src/back-off.ts";
import { RouterStreamBase, type RouterStreamOptions } from "../src/router-stream.ts";
import type { OpenSocket } from "../src/socket.ts";
import { sockets } from "./sockets.ts";

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const logger = makeLogger({ name: "party", level: "silent" });
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

async function startWorld(heartbeatMs = 60_000) {
  const broker = inProcessBroker();
  const presence = memoryPresence();
  let router = await start(0);
  async function start(port: number): Promise<Router> {
    const config = { port, bounds: { heartbeatMs } };
    return startRouter({ config, roster: liveRoster(["alice", "bob"]), broker, presence, logger });
  }
  ends.push(() => broker.close());
  ends.push(() => router.stop());
  return {
    url: () => router.streamUrl,
    presence,
    async restart() {
      const { port } = router;
      await router.stop();
      router = await start(port);
    },
  };
}

interface Got {
  readonly from: Address;
  readonly payload: Uint8Array;
}
interface TestParty {
  readonly stream: RouterStreamBase;
  readonly got: Got[];
  /** Resolves when `count` envelopes have come. */
  received(count: number): Promise<void>;
  reconnected(count: number): Promise<void>;
}

let openSocket: OpenSocket;

function party(name: string, url: string, options: Partial<RouterStreamOptions> = {}, receive?: (got: Got) => Promise<void>): TestParty {
  const identity = identityKeyFromSeed(createHash("sha256").update(name).digest());
  const stream = new RouterStreamBase(openSocket, {
    urls: [url],
    partyId: name,
    instanceId: `ins_${name}`,
    identity,
    logger,
    backOffs: { lost: { firstMs: 5, lastMs: 20 } },
    ...options,
  });
  const got: Got[] = [];
  const waiting: (() => void)[] = [];
  let reconnects = 0;
  const changed = () => {
    for (const check of [...waiting]) check();
  };
  const until = (holds: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const check = () => {
        if (holds()) resolve();
      };
      waiting.push(check);
      check();
    });
  stream.onEnvelope(async (from, payload) => {
    got.push({ from, payload });
    changed();
    await receive?.({ from, payload });
  });
  stream.onReconnect(() => {
    reconnects++;
    changed();
  });
  stream.start();
  ends.push(() => stream.stop());
  return { stream, got, received: (count) => until(() => got.length >= count), reconnected: (count) => until(() => reconnects >= count) };
}
const to = (partyId: string): Address => ({ partyId, instanceId: "" });
async function proxied(url: () => string) {
  const proxy = await tcpProxy(url());
  ends.push(() => proxy.close());
  return Object.assign(proxy, { url: proxy.through(url()) });
}
const codeOf = (promise: Promise<unknown>): Promise<string | undefined> =>
  promise.then(
    () => undefined,
    (error: unknown) => asCovaultError(error)?.code,
  );

describe.each(sockets)("a router stream over %s", (_name, socket) => {
  beforeEach(() => {
    openSocket = socket;
  });

  it("authenticates, sends, and receives with the sender that the router stamped", async () => {
    const world = await startWorld();
    const [alice, bob] = [party("alice", world.url()), party("bob", world.url())];
    expect(await alice.stream.opened(5_000)).toBe(true);
    expect(await bob.stream.opened(5_000)).toBe(true);
    await alice.stream.send(to("bob"), bytes(1, 2, 3), { ttlMs: 0 });
    await bob.received(1);
    expect(bob.got).toEqual([{ from: { partyId: "alice", instanceId: "ins_alice" }, payload: bytes(1, 2, 3) }]);
  });

  it("tells the router its load", async () => {
    const world = await startWorld(20);
    const alice = party("alice", world.url(), { load: () => 7 });
    await alice.stream.opened(5_000);
    await expect.poll(async () => (await world.presence.find("alice"))[0]?.sessions).toBe(7);
  });

  it("sends before the stream stands wait for it, in their order", async () => {
    const world = await startWorld();
    const bob = party("bob", world.url());
    await bob.stream.opened(5_000);
    const proxy = await proxied(world.url);
    await proxy.refuse();
    const alice = party("alice", proxy.url);
    const sent = [1, 2, 3, 4, 5].map((n) => alice.stream.send(to("bob"), bytes(n), { ttlMs: 0 }));
    await proxy.accept();
    await Promise.all(sent);
    await bob.received(5);
    expect(bob.got.map(({ payload }) => payload[0])).toEqual([1, 2, 3, 4, 5]);
  });

  it("a cut connection comes back, says so, and every message arrives exactly once whatever was under way", async () => {
    const world = await startWorld();
    const [left, right] = [await proxied(world.url), await proxied(world.url)];
    const [alice, bob] = [party("alice", left.url), party("bob", right.url)];
    await Promise.all([alice.stream.opened(5_000), bob.stream.opened(5_000)]);
    const count = 60;
    const sent: Promise<void>[] = [];
    for (let n = 0; n < count; n++) {
      sent.push(alice.stream.send(to("bob"), bytes(n), { ttlMs: 30_000 }));
      if (n % 20 === 10) left.cut();
      if (n % 20 === 15) right.cut();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(sent);
    await bob.received(count);
    await alice.reconnected(1);
    await bob.reconnected(1);
    expect(bob.got.map(({ payload }) => payload[0]).sort((a, b) => (a as number) - (b as number))).toEqual(
      Array.from({ length: count }, (_, n) => n),
    );
  });

  it("survives a restart of the router: waiting messages arrive after it", async () => {
    const world = await startWorld();
    const url = world.url();
    const alice = party("alice", url);
    await alice.stream.opened(5_000);
    await alice.stream.send(to("bob"), bytes(9), { ttlMs: 60_000 });
    await world.restart();
    await alice.reconnected(1);
    const bob = party("bob", url);
    await bob.received(1);
    expect(bob.got[0]?.payload).toEqual(bytes(9));
    await alice.stream.send(to("bob"), bytes(10), { ttlMs: 60_000 });
    await bob.received(2);
  });

  it("notices a connection that is dead without being closed", async () => {
    const world = await startWorld(40);
    const proxy = await proxied(world.url);
    const alice = party("alice", proxy.url);
    await alice.stream.opened(5_000);
    proxy.silence();
    await alice.reconnected(1);
    expect(proxy.taken).toBe(2);
  });

  it("a message for an absent party that may not wait is refused with the router's code", async () => {
    const world = await startWorld();
    const alice = party("alice", world.url());
    await alice.stream.opened(5_000);
    expect(await codeOf(alice.stream.send(to("bob"), bytes(1), { ttlMs: 0 }))).toBe("router/peer-offline");
    expect(await codeOf(alice.stream.send(to("nobody"), bytes(1), { ttlMs: 0 }))).toBe("router/unknown-party");
    expect(await codeOf(alice.stream.send(to("bob"), new Uint8Array(2 << 20), { ttlMs: 0 }))).toBe("router/frame-too-large");
  });

  it("a message that the router never answers is refused after its time", async () => {
    const proxy = await proxied(() => "ws://127.0.0.1:9");
    await proxy.refuse();
    const alice = party("alice", proxy.url, { bounds: { pendingMax: 2, answerMs: 30 } });
    const first = codeOf(alice.stream.send(to("bob"), bytes(1), { ttlMs: 0 }));
    void codeOf(alice.stream.send(to("bob"), bytes(2), { ttlMs: 60_000 }));
    expect(await codeOf(alice.stream.send(to("bob"), bytes(3), { ttlMs: 0 }))).toBe("router/queue-full");
    expect(await first).toBe("router/peer-offline");
    await alice.stream.stop();
    expect(await codeOf(alice.stream.send(to("bob"), bytes(4), { ttlMs: 0 }))).toBe("router/peer-offline");
  });

  it("stopping refuses what still waits", async () => {
    const proxy = await proxied(() => "ws://127.0.0.1:9");
    await proxy.refuse();
    const alice = party("alice", proxy.url);
    const waiting = codeOf(alice.stream.send(to("bob"), bytes(1), { ttlMs: 60_000 }));
    await alice.stream.stop();
    expect(await waiting).toBe("router/peer-offline");
  });

  it("does not open under another key than the roster's, and keeps trying", async () => {
    const world = await startWorld();
    const proxy = await proxied(world.url);
    const stranger = party("alice", proxy.url, { identity: identityKeyFromSeed(new Uint8Array(32).fill(9)) });
    await expect.poll(() => proxy.taken).toBeGreaterThan(2);
    expect(stranger.stream.isOpen).toBe(false);
  });

  it("another process under the same instance id takes the stream over, and the older one comes back much later than after a loss", async () => {
    const world = await startWorld();
    const [left, right] = [await proxied(world.url), await proxied(world.url)];
    const backOffs = { lost: { firstMs: 5, lastMs: 20 }, replaced: { firstMs: 600, lastMs: 60_000 } };
    const older = party("alice", left.url, { backOffs });
    await older.stream.opened(5_000);
    const newer = party("alice", right.url, { backOffs: { ...backOffs, replaced: { firstMs: 60_000, lastMs: 60_000 } } });
    await newer.stream.opened(5_000);
    await expect.poll(() => older.stream.isOpen).toBe(false);
    const since = performance.now();
    const waiting = older.stream.send(to("alice"), bytes(1), { ttlMs: 60_000 });
    await older.reconnected(1);
    expect(performance.now() - since).toBeGreaterThan(250);
    await waiting;
    expect([left.taken, right.taken]).toEqual([2, 1]);
  });

  it("a delivery that failed comes again with the next stream; one whose work is still going on is not handed over twice", async () => {
    const world = await startWorld();
    const proxy = await proxied(world.url);
    let finish = () => {};
    const slow = new Promise<void>((resolve) => {
      finish = resolve;
    });
    let failures = 0;
    const bob = party("bob", proxy.url, {}, async ({ payload }) => {
      if (payload[0] === 1 && ++failures === 1) throw new Error("the first time fails");
      if (payload[0] === 2) await slow;
    });
    const alice = party("alice", world.url());
    await Promise.all([alice.stream.opened(5_000), bob.stream.opened(5_000)]);
    await alice.stream.send(to("bob"), bytes(1), { ttlMs: 60_000 });
    await alice.stream.send(to("bob"), bytes(2), { ttlMs: 60_000 });
    await bob.received(2);
    proxy.cut();
    await bob.received(3);
    finish();
    proxy.cut();
    await bob.reconnected(2);
    await alice.stream.send(to("bob"), bytes(3), { ttlMs: 60_000 });
    await bob.received(4);
    expect(bob.got.map(({ payload }) => payload[0])).toEqual([1, 2, 1, 3]);
  });
});

describe("back-off", () => {
  it("doubles up to its bound and never leaves the upper half of it", () => {
    const bounds = { firstMs: 100, lastMs: 1_000 };
    expect([1, 2, 3, 4, 5, 60].map((failures) => waitMs(bounds, failures, 1))).toEqual([100, 200, 400, 800, 1_000, 1_000]);
    expect([1, 2, 3, 4, 5, 60].map((failures) => waitMs(bounds, failures, 0))).toEqual([50, 100, 200, 400, 500, 500]);
  });
});
