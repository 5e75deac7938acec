import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { deviceIdOf } from "@covault/trust";
import { afterEach, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { answerChallenge, bytes, connectParty, identity, openSocket, type PartyOptions, sendTo, signedRoster } from "./party.ts";
import { makeWorld, type World, type WorldOptions } from "./routers.ts";

let world: World;
afterEach(() => world.stop());
async function start(options: WorldOptions = {}): Promise<string> {
  world = await makeWorld(options);
  return world.routers[0]?.streamUrl ?? "";
}
const refusal = { code: 4401, reason: "router/not-authenticated" };
async function refused(url: string, partyId: string, options: PartyOptions) {
  const party = openSocket(url);
  await answerChallenge(party, partyId, options);
  return party.closed;
}
async function failures(): Promise<Record<string, number>> {
  const { values } = (await world.routers[0]?.metrics.authFailures.get()) ?? { values: [] };
  return Object.fromEntries(values.map((one) => [String(one.labels.reason), one.value]));
}

describe("who may speak to the router", () => {
  it("[RT1] challenges every stream with other bytes, and names itself", async () => {
    const url = await start();
    const nonces = [];
    for (let n = 0; n < 3; n++) {
      const party = openSocket(url);
      const challenge = await party.next("challenge");
      expect([challenge.nonce.length, challenge.routerId]).toEqual([32, "router-1"]);
      nonces.push(Buffer.from(challenge.nonce).toString("hex"));
      await party.close();
    }
    expect(new Set(nonces).size).toBe(3);
  });

  it("[RT1] refuses the answer to another stream's challenge", async () => {
    const url = await start();
    const first = openSocket(url);
    const { nonce, routerId } = await first.next("challenge");
    expect(await refused(url, "alice", { sign: () => ({ nonce, routerId }) })).toEqual(refusal);
    expect(await failures()).toEqual({ "bad-signature": 1 });
  });

  it("[RT2] lets a party of the roster in", async () => {
    const url = await start();
    await connectParty(url, "alice");
    expect((await world.presence.list()).map((one) => [one.partyId, one.instanceId, one.routerId])).toEqual([["alice", "i1", "router-1"]]);
  });

  it("[RT2] refuses a wrong key, an unknown party, another router's name and an ended entry, all alike", async () => {
    const url = await start({ validUntilMs: { carol: 1_000 } });
    expect(await refused(url, "alice", { key: identity("bob") })).toEqual(refusal);
    expect(await refused(url, "mallory", {})).toEqual(refusal);
    expect(await refused(url, "alice", { sign: ({ nonce }) => ({ nonce, routerId: "router-2" }) })).toEqual(refusal);
    expect(await refused(url, "carol", {})).toEqual(refusal);
    expect(await refused(url, "alice", { instanceId: "" })).toEqual(refusal);
    expect(await refused(url, "coordinator", {})).toEqual(refusal);
    expect(await failures()).toEqual({ "bad-signature": 2, "unknown-party": 2, malformed: 2 });
    expect(await world.presence.list()).toEqual([]);
  });

  it("[RT2] ends a stream with the heartbeat after its party's entry has ended", async () => {
    const url = await start({ validUntilMs: { carol: Date.now() + 60_000 } });
    const [alice, carol] = [await connectParty(url, "alice"), await connectParty(url, "carol")];
    world.beat();
    await sendTo(carol, "alice", bytes("still in its time"));
    world.advance(60_001);
    world.beat();
    expect(await carol.closed).toEqual(refusal);
    expect(alice.socket.readyState).toBe(WebSocket.OPEN);
  });

  it("[RT28] ends the streams of parties that a new roster has lost, or has with another key, at once and as any refusal", async () => {
    const url = await start();
    const parties = [await connectParty(url, "alice"), await connectParty(url, "bob"), await connectParty(url, "carol")] as const;
    const [alice, bob, carol] = parties;
    const keys = { bob: identity("bob, later") };
    await world.roster.replace(signedRoster(["alice", "bob", "dave"], {}, { serial: 2n, keys }).signed);
    expect(await carol.closed).toEqual(refusal);
    expect(await bob.closed).toEqual(refusal);
    expect(await refused(url, "carol", {})).toEqual(refusal);
    expect(await refused(url, "bob", {})).toEqual(refusal);
    await connectParty(url, "bob", { key: keys.bob });
    await connectParty(url, "dave");
    await sendTo(alice, "dave", bytes("welcome"));
    expect(alice.socket.readyState).toBe(WebSocket.OPEN);
  });

  it("[RT28] goes on with the former roster when the new one is refused", async () => {
    const url = await start();
    const carol = await connectParty(url, "carol");
    const other = signedRoster(["alice"], {}, { serial: 1n }).signed;
    await expect(world.roster.replace(other)).rejects.toMatchObject({ code: "trust/roster-not-newer" });
    world.beat();
    await connectParty(url, "bob");
    expect(carol.socket.readyState).toBe(WebSocket.OPEN);
  });

  it("[RT29] tells presence the serial of the party's roster, as it says itself, and of its own", async () => {
    const url = await start();
    const alice = await connectParty(url, "alice");
    const entry = async () => (await world.presence.find("alice"))[0];
    expect(await entry()).toMatchObject({ routerRosterSerial: "1" });
    expect(await entry()).not.toHaveProperty("rosterSerial");
    alice.send({ case: "heartbeat", value: { sessions: 0, rosterSerial: 2n ** 64n - 1n } });
    await alice.next("heard");
    await vi.waitFor(async () => expect(await entry()).toMatchObject({ rosterSerial: "18446744073709551615" }));
    await world.roster.replace(signedRoster(["alice", "bob", "carol"], {}, { serial: 2n }).signed);
    world.beat();
    await vi.waitFor(async () => expect(await entry()).toMatchObject({ routerRosterSerial: "2" }));
  });

  it("[RT2] does not let a party bring its own key", async () => {
    const url = await start();
    const key = identity("mallory");
    expect(await refused(url, "alice", { key, idpk: key.publicKey })).toEqual(refusal);
  });

  it("[RT3] refuses every device unless it was told to let some in, with the text of every refusal", async () => {
    const url = await start();
    const key = identity("a phone");
    expect(await refused(url, deviceIdOf(key.publicKey), { key, idpk: key.publicKey })).toEqual(refusal);
    expect(await failures()).toEqual({ "unknown-party": 1 });
  });

  it("[RT3] lets a device in under the id that follows from its key, and under no other", async () => {
    const url = await start({ bounds: { devicesMax: 5 } });
    const key = identity("a phone");
    const id = deviceIdOf(key.publicKey);
    expect(id).toMatch(/^dev_[a-z2-7]{52}$/);
    await connectParty(url, id, { key, idpk: key.publicKey });
    const other = identity("another phone");
    expect(await refused(url, id, { key: other, idpk: other.publicKey })).toEqual(refusal);
    expect(await refused(url, id, { key: other, idpk: key.publicKey })).toEqual(refusal);
    expect(await refused(url, id, { key })).toEqual(refusal);
  });

  it("[RT3] encodes the device id as RFC 4648 does", () => {
    // This is base32(sha256(bytes(32))) by Python's base64 module, in lower case and without
    // padding.
    expect(deviceIdOf(new Uint8Array(32))).toBe("dev_mzuhvlpymk6xo3epygfy5h4oeaejofefn3rdhm4qfjmr2dk7fesq");
  });

  it("[RT4] cuts off who does not answer in time", async () => {
    const url = await start({ bounds: { authenticateMs: 30 } });
    const party = openSocket(url);
    expect(await party.closed).toEqual(refusal);
    expect(await failures()).toEqual({ late: 1 });
  });

  it("[RT6] ends a stream whose first message is no answer to the challenge", async () => {
    const url = await start();
    for (const message of [Buffer.from("not a frame"), "text", randomBytes(0)]) {
      const party = openSocket(url);
      await party.next("challenge");
      party.socket.send(message);
      expect(await party.closed).toEqual(refusal);
    }
    expect(await failures()).toEqual({ malformed: 3 });
  });

  it("[RT6] serves streams at one path alone", async () => {
    const url = await start();
    const status = await new Promise((resolve) => {
      const socket = new WebSocket(url.replace("/v1/stream", "/other"));
      socket.on("unexpected-response", (_request, response) => resolve(response.statusCode));
      socket.on("error", () => {});
    });
    expect(status).toBe(404);
  });

  it("[RT6] outlives callers that ask for another path and reset their connection", async () => {
    const url = await start();
    const { port } = new URL(url);
    const caller = () =>
      new Promise<void>((resolve) => {
        const socket = connect(Number(port), "127.0.0.1", () => {
          socket.write("GET /other HTTP/1.1\r\nHost: router\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", () =>
            socket.resetAndDestroy(),
          );
        });
        socket.on("error", () => {});
        socket.on("close", () => resolve());
      });
    // Whether the reset comes before the answer is a race. One of these wins it.
    for (let n = 0; n < 50; n++) await caller();
    await connectParty(url, "alice");
  });
});
