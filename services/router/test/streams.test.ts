import { randomBytes } from "node:crypto";
import { afterEach, describe, expect, it, vi } from "vitest";
import { answerChallenge, bytes, connectParty, openSocket, sendTo, text } from "./party.ts";
import { makeWorld, type World, type WorldOptions } from "./routers.ts";

let world: World;
afterEach(() => world.stop());
async function start(options: WorldOptions = {}): Promise<string[]> {
  world = await makeWorld(options);
  return world.routers.map((router) => router.streamUrl);
}
const until = (condition: () => void | Promise<void>) => vi.waitFor(condition, { timeout: 10_000, interval: 5 });

describe("streams", () => {
  it("[RT6] ends a stream at a malformed frame, a text message or a frame of the router's side, and serves the others", async () => {
    const [url = ""] = await start();
    const alice = await connectParty(url, "alice");
    const seed = randomBytes(4).readUInt32BE();
    const lies: ((party: typeof alice) => void)[] = [
      (party) => party.socket.send(Buffer.from([0xff, 0xff, 0xff])),
      (party) => party.socket.send("text"),
      (party) => party.socket.send(new Uint8Array(0)),
      (party) => party.send({ case: "deliver", value: { seq: 1n } }),
      (party) => party.send({ case: "authenticate", value: { partyId: "alice" } }),
      (party) => party.send({ case: "send", value: { messageId: "", to: { partyId: "alice" } } }),
      (party) => party.send({ case: "send", value: { messageId: "a b", to: { partyId: "alice" } } }),
      (party) => party.send({ case: "send", value: { messageId: "m".repeat(129), to: { partyId: "alice" } } }),
    ];
    for (const [index, lie] of lies.entries()) {
      const bob = await connectParty(url, "bob");
      lie(bob);
      expect([seed, index, await bob.closed]).toEqual([seed, index, { code: 4400, reason: "router/bad-frame" }]);
    }
    expect(await sendTo(alice, "alice", bytes("still here"))).toBe("accepted");
  });

  it("[RT6] survives random bytes", async () => {
    const [url = ""] = await start();
    for (let n = 0; n < 30; n++) {
      const bob = await connectParty(url, "bob");
      const noise = randomBytes(1 + n);
      bob.socket.send(noise);
      // Few strings of bytes are a frame. A fence ends those streams as well.
      bob.socket.send("text");
      expect([noise.toString("hex"), (await bob.closed).code]).toEqual([noise.toString("hex"), 4400]);
    }
    await connectParty(url, "alice");
  });

  it("[RT7] names its bounds, rejects a payload beyond them, and ends a stream at twice the bound", async () => {
    const [url = ""] = await start({ bounds: { frameBytesMax: 524_288, unacknowledgedMax: 16 } });
    const alice = openSocket(url);
    await answerChallenge(alice, "alice");
    const { frameBytesMax, unacknowledgedMax, heartbeatMs } = await alice.next("welcome");
    expect([frameBytesMax, unacknowledgedMax, heartbeatMs]).toEqual([524_288, 16, 60_000]);
    expect(await sendTo(alice, "alice", new Uint8Array(frameBytesMax - 1_024))).toBe("accepted");
    expect((await alice.next("deliver")).payload).toHaveLength(frameBytesMax - 1_024);
    expect(await sendTo(alice, "alice", new Uint8Array(frameBytesMax - 1_023))).toBe("router/frame-too-large");
    alice.socket.send(new Uint8Array(2 * frameBytesMax + 1));
    expect((await alice.closed).code).toBe(1009);
  });

  it.each([
    [{ frameBytesMax: 65_536 }, "frameBytesMax is 65536"],
    [{ unacknowledgedMax: 1 }, "unacknowledgedMax is 1"],
    [{ heartbeatMs: 600_000 }, "heartbeatMs is 600000"],
  ])("[RT7] does not start with bounds that every party would refuse: %j", async (bounds, named) => {
    world = await makeWorld();
    await expect(makeWorld({ bounds })).rejects.toThrow(named);
  });

  it("[RT19] lets a newer stream of an instance replace the older, and serves several instances", async () => {
    const [url = ""] = await start();
    const older = await connectParty(url, "bob");
    const other = await connectParty(url, "bob", { instanceId: "i2" });
    const newer = await connectParty(url, "bob");
    expect(await older.closed).toEqual({ code: 4409, reason: "router/replaced" });
    expect((await world.presence.find("bob")).map((one) => one.instanceId).sort()).toEqual(["i1", "i2"]);
    const alice = await connectParty(url, "alice");
    await sendTo(alice, "bob", bytes("to the newer"), { instanceId: "i1" });
    expect(text((await newer.next("deliver")).payload)).toBe("to the newer");
    expect(other.delivered).toEqual([]);
  });

  it("[RT19] does so across routers, by the next heartbeat", async () => {
    const [one = "", two = ""] = await start({ replicas: 2 });
    const older = await connectParty(one, "bob");
    world.advance(1_000);
    const newer = await connectParty(two, "bob");
    world.beat();
    expect(await older.closed).toEqual({ code: 4409, reason: "router/replaced" });
    expect((await world.presence.find("bob")).map((entry) => entry.routerId)).toEqual(["router-2"]);
    const alice = await connectParty(one, "alice");
    await sendTo(alice, "bob", bytes("to the newer"), { instanceId: "i1" });
    expect(text((await newer.next("deliver")).payload)).toBe("to the newer");
  });

  it("[RT20] says who is there with its load, and forgets who left at once", async () => {
    const [url = ""] = await start();
    const bob = await connectParty(url, "bob", { instanceId: "b1" });
    expect(await world.presence.find("bob")).toMatchObject([{ instanceId: "b1", sessions: 0 }]);
    bob.send({ case: "heartbeat", value: { sessions: 3 } });
    await until(async () => expect(await world.presence.find("bob")).toMatchObject([{ sessions: 3 }]));
    await bob.close();
    await until(async () => expect(await world.presence.find("bob")).toEqual([]));
  });

  it("[RT20] is forgotten with its router after three heartbeats, and renewed until then", async () => {
    const [url = ""] = await start();
    await connectParty(url, "bob");
    world.advance(179_000);
    expect(await world.presence.find("bob")).toHaveLength(1);
    world.advance(2_000);
    expect(await world.presence.find("bob")).toEqual([]);
  });

  it("[RT20] renews the presence of a stream that lives", async () => {
    const [url = ""] = await start();
    await connectParty(url, "bob");
    world.advance(181_000);
    expect(await world.presence.find("bob")).toEqual([]);
    world.beat();
    await until(async () => expect(await world.presence.find("bob")).toHaveLength(1));
  });

  it("[RT21] finds a dead peer by its silence, and gives back what it had not received", async () => {
    const [url = ""] = await start();
    const alice = await connectParty(url, "alice");
    const dead = await connectParty(url, "bob", { autoPong: false, acknowledge: false });
    expect(await sendTo(alice, "bob", bytes("for the living"))).toBe("accepted");
    for (let beats = 0; beats < 3; beats++) {
      expect(dead.socket.readyState).toBe(dead.socket.OPEN);
      const pinged = new Promise((resolve) => alice.socket.once("ping", resolve));
      world.beat();
      await pinged;
      // Her pong has come ahead of this message.
      await sendTo(alice, "alice", bytes("alive"));
    }
    expect((await dead.closed).code).toBe(1006);
    await until(async () => expect(await world.presence.find("bob")).toEqual([]));
    const bob = await connectParty(url, "bob");
    expect(text((await bob.next("deliver")).payload)).toBe("for the living");
    expect(alice.socket.readyState).toBe(alice.socket.OPEN);
  });

  it("[RT27] answers every heartbeat, whether or not the load has changed", async () => {
    const [url = ""] = await start();
    const bob = await connectParty(url, "bob");
    for (const sessions of [0, 3, 3]) {
      bob.send({ case: "heartbeat", value: { sessions } });
      await bob.next("heard");
    }
    expect(bob.frames.filter((frame) => frame.case === "heard")).toHaveLength(3);
  });

  it("[RT22] says that it stops, and leaves what was not received to the next stream", async () => {
    const [one = "", two = ""] = await start({ replicas: 2 });
    const alice = await connectParty(two, "alice");
    const mute = await connectParty(one, "bob", { acknowledge: false });
    await sendTo(alice, "bob", bytes("kept"));
    await mute.next("deliver");
    await world.routers[0]?.stop();
    expect(await mute.closed).toEqual({ code: 1001, reason: "router stopping" });
    const bob = await connectParty(two, "bob");
    expect(text((await bob.next("deliver")).payload)).toBe("kept");
  });

  it("[RT23] counts frames, drops and refusals at /metrics, behind a key of its own, and neither counts nor logs a payload", async () => {
    const metricsKey = "operator-key-0123456789";
    const [url = ""] = await start({ metricsKey });
    const alice = await connectParty(url, "alice");
    const stranger = openSocket(url);
    await answerChallenge(stranger, "mallory");
    await stranger.closed;
    await sendTo(alice, "alice", bytes("payload-of-a-round"));
    await sendTo(alice, "bob", bytes("payload-of-a-round"));
    const metricsUrl = `${world.routers[0]?.url}/metrics`;
    expect((await fetch(metricsUrl)).status).toBe(401);
    const page = await (await fetch(metricsUrl, { headers: { "x-api-key": metricsKey } })).text();
    for (const line of [
      'covault_router_frames_total{direction="in",kind="send",service="router"} 2',
      'covault_router_drops_total{reason="peer-offline",service="router"} 1',
      'covault_auth_failures_total{reason="unknown-party",service="router"} 1',
      'covault_router_streams{service="router"} 1',
    ])
      expect(page).toContain(line);
    expect(page + world.logLines.join("")).not.toContain("payload-of");
    expect((await fetch(`${world.routers[0]?.url}/health/ready`)).status).toBe(200);
  });
});
