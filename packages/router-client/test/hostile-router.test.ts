// A party's stream against a router that is broken or hostile, or against an attacker on the way.
import { createHash, randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { identityKeyFromSeed } from "@covault/channel";
import { makeLogger } from "@covault/service-kit/run";
import { FrameSchema } from "@covault/wire";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { RouterStreamBase, type RouterStreamOptions } from "../src/router-stream.ts";
import type { OpenSocket } from "../src/socket.ts";
import { sockets } from "./sockets.ts";

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const frame = (body: Parameters<typeof create<typeof FrameSchema>>[1]) => toBinary(FrameSchema, create(FrameSchema, body));
const challenge = (nonce: Uint8Array, routerId = "router-1") => frame({ body: { case: "challenge", value: { nonce, routerId } } });
const bounds = { frameBytesMax: 1 << 20, unacknowledgedMax: 8, heartbeatMs: 60_000 };
const welcome = (over: Partial<typeof bounds> = {}) => frame({ body: { case: "welcome", value: { ...bounds, ...over } } });
const good = challenge(new Uint8Array(32));

/**
 * Starts a router of the test's own. `serve` does what it likes with each stream and the bytes
 * below it.
 */
async function fakeRouter(serve: (socket: WebSocket, wire: Duplex) => void): Promise<string> {
  const http = createServer();
  const sockets = new WebSocketServer({ noServer: true });
  http.on("upgrade", (request: IncomingMessage, wire: Duplex, head: Buffer) => {
    wire.on("error", () => {});
    sockets.handleUpgrade(request, wire, head, (socket) => {
      socket.on("error", () => {});
      serve(socket, wire);
    });
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  ends.push(async () => {
    for (const socket of sockets.clients) socket.terminate();
    await new Promise((resolve) => http.close(resolve));
  });
  return `ws://127.0.0.1:${(http.address() as AddressInfo).port}/v1/stream`;
}

interface TestParty {
  readonly stream: RouterStreamBase;
  /** The codes and messages of the stream's log, in their order. */
  readonly log: { readonly code?: string; readonly err?: { readonly message: string }; readonly msg: string }[];
}
let openSocket: OpenSocket;

function party(url: string, options: Partial<RouterStreamOptions> = {}): TestParty {
  const log: TestParty["log"] = [];
  const stream = new RouterStreamBase(openSocket, {
    urls: [url],
    partyId: "alice",
    instanceId: "ins_alice",
    identity: identityKeyFromSeed(createHash("sha256").update("alice").digest()),
    logger: makeLogger({ name: "party", level: "info", destination: { write: (line: string) => void log.push(JSON.parse(line)) } }),
    backOffs: { lost: { firstMs: 60_000, lastMs: 60_000 } },
    ...options,
  });
  stream.onEnvelope(async () => {});
  stream.start();
  ends.push(() => stream.stop());
  return { stream, log };
}
const patient: RouterStreamOptions["backOffs"] = { lost: { firstMs: 1, lastMs: 2 }, replaced: { firstMs: 1, lastMs: 2 } };

describe.each(sockets)("a party's stream that is closed, over %s", (_name, socket) => {
  beforeEach(() => {
    openSocket = socket;
  });

  const known = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 4400, 4401, 4408, 4409];
  const strange = [999, 1004, 1005, 1006, 1015, 1016, 1999, 2000, 2999, 5000, 0, 65_535];
  const classes = [3000, 3999, 4000, 4402, 4403, 4404, 4407, 4410, 4429, 4499, 4500, 4999];
  const drawn = Array.from({ length: 12 }, () => randomInt(3000, 5000));
  /**
   * Gives a close frame, unmasked and with a reason, as a server writes it. The library below would
   * not write the strange codes.
   */
  const closing = (code: number): Buffer => Buffer.from([0x88, 6, code >> 8, code & 255, ...Buffer.from("over")]);

  it.each(["before the challenge", "before the Welcome", "when it stands"])(
    `with any code at all ${"%s"} comes back, and does not say that it is connected meanwhile (drawn: ${drawn.join(" ")})`,
    async (when) => {
      const codes = [...known, ...strange, ...classes, ...drawn];
      const closed: number[] = [];
      let stands: (socket: WebSocket) => void = () => {};
      const url = await fakeRouter((socket, wire) => {
        const code = codes[closed.length];
        if (code === undefined) {
          socket.send(good);
          socket.once("message", () => {
            socket.send(welcome());
            stands(socket);
          });
          return;
        }
        closed.push(code);
        const close = () => void wire.write(closing(code));
        if (when === "before the challenge") return close();
        socket.send(good);
        socket.once("message", () => {
          if (when === "when it stands") socket.send(welcome());
          close();
        });
      });
      const served = new Promise((resolve) => {
        stands = resolve;
      });
      const { stream } = party(url, { backOffs: patient });
      await served;
      expect(closed).toEqual(codes);
      expect(await stream.opened(5_000)).toBe(true);
    },
  );

  it.each([1000, 4409])("is not connected while it waits after %d, and says so", async (code) => {
    const url = await fakeRouter((socket) => {
      socket.send(good);
      socket.once("message", () => {
        socket.send(welcome());
        socket.once("message", () => socket.close(code));
      });
    });
    const { stream, log } = party(url, { backOffs: { lost: { firstMs: 60_000, lastMs: 60_000 } } });
    await stream.opened(5_000);
    await expect.poll(() => stream.isOpen).toBe(false);
    await expect.poll(() => log.at(-1)?.msg).toContain(code === 4409 ? "another process of this party" : "router stream lost");
    expect(log.at(-1)?.code).toBe(code === 4409 ? "router/replaced" : undefined);
  });

  it("is given up when a router says close and leaves the connection open", async () => {
    let streams = 0;
    const url = await fakeRouter((socket, wire) => {
      streams++;
      socket.send(good);
      socket.once("message", () => {
        socket.send(welcome());
        wire.write(closing(1000));
        // What the party answers is not read, so the connection stays.
        socket.pause();
      });
    });
    const { stream } = party(url, { backOffs: patient });
    await expect.poll(() => streams, { timeout: 10_000 }).toBeGreaterThan(1);
    expect(stream.isOpen).toBe(false);
  });
});

describe.each(sockets)("a router that speaks out of order, over %s", (_name, socket) => {
  beforeEach(() => {
    openSocket = socket;
  });

  /**
   * Gives what the party answers to these frames, the code that it ends the stream with, and what
   * it logs.
   */
  async function answersTo(...frames: (Uint8Array | string)[]) {
    const answered: string[] = [];
    let end: (code: number) => void = () => {};
    const ended = new Promise<number>((resolve) => {
      end = resolve;
    });
    const url = await fakeRouter((socket) => {
      socket.on("message", (data) => answered.push(fromBinary(FrameSchema, data as Buffer).body.case ?? "none"));
      socket.on("close", end);
      for (const one of frames) socket.send(one);
    });
    const { stream, log } = party(url);
    const code = await ended;
    await expect.poll(() => log.some(({ msg }) => msg === "router refused")).toBe(true);
    const refused = log.find(({ msg }) => msg === "router refused");
    return { code, answered, named: refused?.code, message: refused?.err?.message, isOpen: stream.isOpen };
  }

  it.each<[string, (Uint8Array | string)[], string[]]>([
    ["a challenge that is not 32 bytes: it is not signed", [challenge(new Uint8Array(31))], []],
    ["a challenge without a router's name: it is not signed", [challenge(new Uint8Array(32), "")], []],
    ["a second challenge before the Welcome: it is not signed", [good, good], ["authenticate"]],
    ["a Welcome without a challenge", [welcome()], []],
    ["bytes that are no frame", [bytes(0xff, 0xff)], []],
    ["a text message", ["hello"], []],
    ["a delivery before the Welcome", [frame({ body: { case: "deliver", value: { seq: 1n, payload: bytes(1) } } })], []],
    ["an answer to a Heartbeat before the Welcome", [frame({ body: { case: "heard", value: {} } })], []],
    ["a second challenge in an open stream: it is not signed", [good, welcome(), good], ["authenticate", "heartbeat"]],
    ["a second Welcome", [good, welcome(), welcome({ frameBytesMax: 1 << 21 })], ["authenticate", "heartbeat"]],
    [
      "a frame that only parties send",
      [good, welcome(), frame({ body: { case: "received", value: { seq: 1n } } })],
      ["authenticate", "heartbeat"],
    ],
    [
      "a delivery from nobody",
      [good, welcome(), frame({ body: { case: "deliver", value: { seq: 1n, payload: bytes(1) } } })],
      ["authenticate", "heartbeat"],
    ],
  ])("is given up for %s", async (_name, frames, answered) => {
    expect(await answersTo(...frames)).toMatchObject({ code: 4400, answered, named: "router/bad-frame", isOpen: false });
  });

  it.each<[keyof typeof bounds, number]>([
    ["frameBytesMax", 4_096],
    ["frameBytesMax", 131_071],
    ["frameBytesMax", 4_294_967_295],
    ["unacknowledgedMax", 0],
    ["unacknowledgedMax", 1],
    ["heartbeatMs", 0],
    ["heartbeatMs", 1],
    ["heartbeatMs", 4_294_967_295],
  ])("is refused by name for a Welcome with %s %d, and is not connected", async (name, value) => {
    const refused = await answersTo(good, welcome({ [name]: value }));
    expect(refused).toMatchObject({ code: 4400, answered: ["authenticate"], named: "router/bad-welcome", isOpen: false });
    expect(refused.message).toContain(`${name} is ${value}`);
  });

  it("is tried again with a growing pause, however often it says Welcome", async () => {
    const pauses: number[] = [];
    let streams = 0;
    const url = await fakeRouter((socket) => {
      streams++;
      socket.send(good);
      socket.once("message", () => {
        socket.send(streams % 2 === 0 ? welcome({ frameBytesMax: 4_096 }) : welcome());
        if (streams % 2 === 1) socket.close(1001);
      });
    });
    const waiting: (() => void)[] = [];
    const clock = {
      nowMs: () => Date.now(),
      monotonicMs: () => performance.now(),
      // Pauses before a try are cut short and noted. All other timers are longer, and never go off.
      timer(ms: number, act: () => void) {
        if (ms < 50 || ms > 3_200) return () => {};
        pauses.push(ms);
        waiting.push(act);
        return () => {};
      },
    };
    const entropy = { bytes: (length: number) => new Uint8Array(length).fill(255) };
    party(url, { clock, entropy, backOffs: { lost: { firstMs: 100, lastMs: 3_200 }, replaced: { firstMs: 10_000, lastMs: 10_000 } } });
    for (let n = 1; n <= 5; n++) {
      await expect.poll(() => pauses.filter((ms) => ms === 100 * 2 ** (n - 1)).length, { timeout: 5_000 }).toBe(1);
      expect(streams).toBe(n);
      waiting.pop()?.();
    }
  });
});
