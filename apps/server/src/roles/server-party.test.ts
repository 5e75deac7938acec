import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { makeLogger, makeShutdown } from "@covault/service-kit/run";
import { afterAll, expect, it } from "vitest";
import { embeddedDatabase } from "../../../../packages/service-kit/test/embedded.ts";
import { liveRoster, ownRoster } from "../roster.ts";
import { runServerParty } from "./server-party.ts";

const taken = createServer();
/** This router takes WebSockets and says nothing. */
const router = createServer();
const stream = new Promise<Duplex>((arrived) =>
  router.on("upgrade", ({ headers }, socket) => {
    const accept = createHash("sha1").update(`${headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
    socket.resume().write(`HTTP/1.1 101 \r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
    arrived(socket);
  }),
);
const listen = async (server: typeof router): Promise<number> => {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return (server.address() as AddressInfo).port;
};
afterAll(() => {
  taken.close();
  router.close();
});

it("a party whose health port is taken leaves its router, too", async () => {
  const port = await listen(taken);
  const routerPort = await listen(router);
  const logger = makeLogger({ name: "test", level: "silent" });
  const shutdown = makeShutdown({ logger });
  const seed = new Uint8Array(randomBytes(32));
  const roster = liveRoster(
    ownRoster(new Uint8Array(randomBytes(32)), new Map([["server-party-1", seed]]), new Uint8Array(randomBytes(32))),
  );
  const database = await embeddedDatabase();
  const role = {
    partyId: "server-party-1",
    identitySeed: seed,
    routerUrls: [`ws://127.0.0.1:${routerPort}`],
    masterKey: new Uint8Array(randomBytes(32)),
    workers: 1,
    health: { port, host: "127.0.0.1" },
  };
  const starting = runServerParty(role, { logger, shutdown, roster, database });
  const socket = await stream;
  const left = new Promise<string>((gone) => socket.once("end", () => gone("left")));
  await expect(starting).rejects.toMatchObject({
    code: "http/port-taken",
    message: `PARTY_HEALTH_PORT: port ${port} of 127.0.0.1 is taken.`,
  });
  expect(await shutdown.run("failed")).toEqual([]);
  // Without the stop, it would wait longer for the router's first word.
  expect(await Promise.race([left, pause(2_000, "still there")])).toBe("left");
  await database.close();
});
