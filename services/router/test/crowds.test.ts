// What peers without a place in the roster can make the router hold, and whom they can keep out.
// Each of these tests has many connections.
import { connect, type Socket } from "node:net";
import { deviceIdOf } from "@covault/trust";
import { afterEach, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { answerChallenge, bytes, connectParty, identity, openSocket, sendTo } from "./party.ts";
import { makeWorld, type World, type WorldOptions } from "./routers.ts";

let world: World;
afterEach(() => world.stop());
async function start(options: WorldOptions = {}): Promise<string> {
  world = await makeWorld(options);
  return world.routers[0]?.streamUrl ?? "";
}
const until = (condition: () => void | Promise<void>) => vi.waitFor(condition, { timeout: 10_000, interval: 5 });
async function gauge(name: string): Promise<number> {
  const metric = await world.routers[0]?.metrics.registry.getSingleMetric(`covault_router_${name}`)?.get();
  return metric?.values[0]?.value ?? Number.NaN;
}
async function failures(): Promise<Record<string, number>> {
  const { values } = (await world.routers[0]?.metrics.authFailures.get()) ?? { values: [] };
  return Object.fromEntries(values.map((one) => [String(one.labels.reason), one.value]));
}
/** Makes the headers of a proxy that the router trusts. */
const from = (address: string) => ({ headers: { "x-forwarded-for": address } });
const trusting: WorldOptions = { trustedProxies: ["127.0.0.0/8"] };
const device = (n: number) => {
  const key = identity(`device ${n}`);
  return { id: deviceIdOf(key.publicKey), options: { key, idpk: key.publicKey } };
};
/** Resolves with the code that ends the stream, or with 0 when it stands. */
async function tries(url: string, n: number, address = "203.0.113.1"): Promise<number> {
  const { id, options } = device(n);
  const party = openSocket(url, { ...options, ...from(address) });
  const closed = party.closed.then(({ code }) => code);
  await answerChallenge(party, id, options).catch(() => {});
  return Promise.race([closed, party.next("welcome").then(() => 0)]).catch(() => closed);
}

describe("strangers", () => {
  it("[RT4] are bounded in number, and the longest silent one makes room", async () => {
    const url = await start({ bounds: { strangersMax: 2 } });
    const waiting = [openSocket(url), openSocket(url)];
    for (const party of waiting) await party.next("challenge");
    await connectParty(url, "alice");
    expect((await waiting[0]?.closed)?.code).toBe(1013);
    expect(await failures()).toEqual({ "crowded-out": 1 });
    await connectParty(url, "bob");
    expect(waiting[1]?.socket.readyState).toBe(WebSocket.OPEN);
    expect([await gauge("strangers"), await gauge("streams")]).toEqual([1, 2]);
  });

  it("[RT4] crowd out themselves and not a party that has not answered yet, unless they come from everywhere", async () => {
    const url = await start({ ...trusting, bounds: { strangersMax: 8 } });
    const party = openSocket(url, from("198.51.100.1"));
    await party.next("challenge");
    // An IPv6 network is one, however many addresses it has.
    for (let n = 0; n < 40; n++) await openSocket(url, from(n % 2 === 0 ? "203.0.113.1" : `2001:db8::${n}`)).next("challenge");
    expect(party.socket.readyState).toBe(WebSocket.OPEN);
    expect((await failures())["crowded-out"]).toBe(33);
  });

  it("[RT4] are turned away when a trusted proxy names no address for them", async () => {
    const url = await start(trusting);
    const status = await new Promise((resolve) => {
      const socket = new WebSocket(url, from("unknown"));
      socket.on("unexpected-response", (_request, response) => resolve(response.statusCode));
      socket.on("error", () => {});
    });
    expect(status).toBe(400);
    await connectParty(url, "alice", from("203.0.113.1"));
  });

  it("[RT4] count before they are streams: connections that say nothing keep no party out", async () => {
    const url = await start({ bounds: { strangersMax: 8 } });
    const { port } = new URL(url);
    const silent: Socket[] = [];
    for (let n = 0; n < 20; n++)
      await new Promise<void>((resolve) => {
        const socket = connect(Number(port), "127.0.0.1", resolve);
        socket.on("error", () => {});
        silent.push(socket);
      });
    await until(async () => expect(await gauge("strangers")).toBe(8));
    await connectParty(url, "alice");
    for (const socket of silent) socket.destroy();
  });

  it("[RT25] 256 with messages that they never finish make the router hold 4 KiB each, and those who send more are gone", async () => {
    const url = await start();
    const count = 256;
    const opened = Array.from({ length: count }, () => openSocket(url));
    await Promise.all(opened.map((party) => party.next("challenge")));
    // These bytes are the begin of a message, which its end would have to follow.
    for (const party of opened) party.socket.send(new Uint8Array(3_900), { fin: false });
    await until(async () => expect(await gauge("stranger_bytes")).toBe(count * 3_908));
    expect(await gauge("strangers")).toBe(count);
    for (const party of opened) party.socket.send(new Uint8Array(16_384), { fin: false });
    await Promise.all(opened.map((party) => party.closed));
    await until(async () => expect([await gauge("strangers"), await gauge("stranger_bytes")]).toEqual([0, 0]));
    expect(await failures()).toEqual({ "too-much": count });
    await connectParty(url, "alice");
  });

  it("[RT25] may not send their bytes one at a time either, and may once they are parties", async () => {
    const url = await start();
    const stranger = openSocket(url);
    await stranger.next("challenge");
    const drip = setInterval(() => stranger.socket.send(new Uint8Array(1), { fin: false }), 1);
    await stranger.closed;
    clearInterval(drip);
    expect(await failures()).toEqual({ "too-much": 1 });
    const alice = await connectParty(url, "alice");
    expect(await sendTo(alice, "alice", new Uint8Array(1_000_000))).toBe("accepted");
    for (let n = 0; n < 200; n++) expect(await sendTo(alice, "alice", bytes("small"))).toBe("accepted");
  });

  it("[RT25] are not told more, and hold nothing, once they are refused", async () => {
    const url = await start();
    const stranger = openSocket(url);
    await answerChallenge(stranger, "mallory");
    expect((await stranger.closed).code).toBe(4401);
    await until(async () => expect(await gauge("strangers")).toBe(0));
  });

  it("[RT25] get no request body read", async () => {
    await start();
    const answer = await fetch(`${world.routers[0]?.url}/anything`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify("x".repeat(5_000)),
    });
    expect(answer.status).toBe(413);
  });

  it("[RT23] who are refused in crowds write one line, with how many it stands for", async () => {
    const url = await start();
    expect(await Promise.all(Array.from({ length: 50 }, (_, n) => tries(url, n)))).toEqual(Array<number>(50).fill(4401));
    expect(await failures()).toEqual({ "unknown-party": 50 });
    expect(world.logLines.filter((line) => line.includes("streams refused"))).toHaveLength(1);
  });
});

describe("devices", () => {
  it("[RT26] take no place of a party: 300 of their own making try, so many stand, and the roster gets in at once", async () => {
    const url = await start({ ...trusting, bounds: { devicesMax: 20, devicesPerNetworkMax: 20 } });
    const first = await connectParty(url, "alice");
    let connected = 0;
    const crowd = Array.from({ length: 10 }, async (_, lane) => {
      const codes: number[] = [];
      for (let n = 0; n < 30; n++) codes.push(await tries(url, lane * 30 + n));
      return codes;
    });
    // Parties come back while the devices try.
    for (let n = 0; n < 20; n++) {
      const bob = await connectParty(url, "bob");
      connected++;
      await bob.close();
    }
    const codes = (await Promise.all(crowd)).flat();
    expect(connected).toBe(20);
    expect([codes.filter((code) => code === 0).length, codes.filter((code) => code === 1013).length]).toEqual([20, 280]);
    expect(await sendTo(first, "alice", bytes("still here"))).toBe("accepted");
    expect((await world.presence.list()).length).toBeLessThanOrEqual(22);
  });

  it("[RT26] are bounded by network, and one that leaves makes room", async () => {
    const url = await start({ ...trusting, bounds: { devicesMax: 10, devicesPerNetworkMax: 2 } });
    const stands = async (n: number, address: string) => {
      const { id, options } = device(n);
      return connectParty(url, id, { ...options, ...from(address) });
    };
    const one = await stands(1, "2001:db8::1");
    const two = await stands(2, "2001:db8::2");
    expect(await tries(url, 3, "2001:db8::3")).toBe(1013);
    await stands(4, "2001:db8:0:1::1");
    // A newer stream of the same device takes the place of its older one.
    await stands(2, "2001:db8::2");
    expect((await two.closed).code).toBe(4409);
    await one.close();
    await until(async () => expect(await gauge("streams")).toBe(2));
    expect(await tries(url, 3, "2001:db8::3")).toBe(0);
  });

  it("[RT26] a party is bounded by its own instances, and takes no place of another", async () => {
    const url = await start({ bounds: { instancesMax: 3 } });
    for (const instanceId of ["a1", "a2", "a3"]) await connectParty(url, "alice", { instanceId });
    const fourth = openSocket(url);
    await answerChallenge(fourth, "alice", { instanceId: "a4" });
    expect((await fourth.closed).code).toBe(1013);
    await connectParty(url, "alice", { instanceId: "a3" });
    await connectParty(url, "bob");
  });

  it("[RT16] are read more slowly than parties", async () => {
    const url = await start({ bounds: { devicesMax: 1, deviceFramesPerSecond: 20 } });
    const { id, options } = device(1);
    const phone = await connectParty(url, id, options);
    const startedAt = performance.now();
    // Frames that come in one piece are read at once, and the waiting comes afterwards.
    const answers = await Promise.all(Array.from({ length: 30 }, () => sendTo(phone, "coordinator", bytes("x"))));
    answers.push(await sendTo(phone, "coordinator", bytes("x")));
    expect(new Set(answers)).toEqual(new Set(["accepted"]));
    expect(performance.now() - startedAt).toBeGreaterThan(300);
  });
});
