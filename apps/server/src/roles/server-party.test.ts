import { randomBytes } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import { makeLogger, makeShutdown, openDatabase } from "@covault/service-kit";
import { afterAll, expect, it } from "vitest";
import { ownRoster } from "../roster.ts";
import { runServerParty } from "./server-party.ts";

const taken = createServer();
/** Takes connections and says nothing. */
const router = createServer((socket) => socket.resume());
const listen = (server: Server) =>
  new Promise<number>((done) => server.listen(0, "127.0.0.1", () => done((server.address() as { port: number }).port)));
afterAll(() => {
  taken.close();
  router.close();
});

it("a party whose health port is taken leaves its router, too", async () => {
  const port = await listen(taken);
  const routerPort = await listen(router);
  const stream = new Promise<Socket>((arrived) => router.once("connection", arrived));
  const logger = makeLogger({ name: "test", level: "silent" });
  const shutdown = makeShutdown({ logger });
  const seed = new Uint8Array(randomBytes(32));
  const trust = ownRoster(new Uint8Array(randomBytes(32)), new Map([["server-party-1", seed]]), new Uint8Array(randomBytes(32)));
  const database = await openDatabase({ kind: "pglite" });
  const role = {
    partyId: "server-party-1",
    identitySeed: seed,
    routerUrls: [`ws://127.0.0.1:${routerPort}`],
    masterKey: new Uint8Array(randomBytes(32)),
    workers: 1,
    health: { port, host: "127.0.0.1" },
  };
  const starting = runServerParty(role, { logger, shutdown, trust, database });
  const socket = await stream;
  const left = new Promise<void>((closed) => socket.once("close", closed));
  await expect(starting).rejects.toMatchObject({ code: "EADDRINUSE" });
  expect(await shutdown.run("failed")).toEqual([]);
  await left;
  await database.close();
});
