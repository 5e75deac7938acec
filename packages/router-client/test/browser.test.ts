// The entry for browsers in a browser: a stream in a Web Worker of headless Chromium against the
// real router, over a wire that breaks.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { identityKeyFromSeed } from "@covault/channel";
import { inProcessBroker, memoryPresence } from "@covault/service-kit/messages";
import { makeLogger } from "@covault/service-kit/run";
import { bundleScript, chromiumIsThere, openPage, startWorker } from "@covault/testkit/browser";
import { tcpProxy } from "@covault/testkit/network";
import { describe, expect, it } from "vitest";
import { startRouter } from "../../../services/router/src/start.ts";
import { liveRoster } from "../../../services/router/test/party.ts";
import { RouterStream } from "../src/node/index.ts";

const logger = makeLogger({ name: "party", level: "silent" });
const seedOf = (name: string): Uint8Array => new Uint8Array(createHash("sha256").update(name).digest());
const script = `import ${JSON.stringify(join(import.meta.dirname, "in-browser/echo.ts"))};`;

it("the entry for browsers has nothing of Node", async () => {
  const code = await bundleScript(script);
  expect(code).toContain("router stream open");
  // The library of protobuf asks whether there is a `process`, so that word is not looked for.
  expect(code).not.toMatch(/\bnode:|\brequire\(|\bBuffer\b/);
});

// Without Chromium, only a machine that promises to check everything fails.
if (!chromiumIsThere)
  console.warn("Chromium is not installed: a party's stream is not tested in a browser (CHROMIUM_PATH names another place).");
describe.runIf(chromiumIsThere || process.env.CI)("a stream in a Web Worker of Chromium", () => {
  it("stands, comes back when the wire is cut and when the router is silent, and loses no message", async () => {
    const broker = inProcessBroker();
    const roster = liveRoster(["alice", "bob"]);
    const config = { port: 0, bounds: { heartbeatMs: 200 } };
    const router = await startRouter({ config, roster, broker, presence: memoryPresence(), logger });
    const proxy = await tcpProxy(router.streamUrl);
    const alice = new RouterStream({
      urls: [router.streamUrl],
      partyId: "alice",
      instanceId: "ins_alice",
      identity: identityKeyFromSeed(seedOf("alice")),
      logger,
    });
    const echoed: number[] = [];
    alice.onEnvelope(async (_from, envelope) => void echoed.push(envelope[0] as number));
    alice.start();
    const send = (byte: number) => alice.send({ partyId: "bob", instanceId: "" }, Uint8Array.of(byte), { ttlMs: 20_000 });
    const comesBack = (byte: number) => expect.poll(() => echoed, { timeout: 10_000 }).toContain(byte);
    const { browser, page } = await openPage();
    try {
      const echo = { url: proxy.through(router.streamUrl), partyId: "bob", seed: [...seedOf("bob")] };
      const worker = await startWorker(page, await bundleScript(script, { banner: `globalThis.echo = ${JSON.stringify(echo)};` }));
      await send(1);
      await comesBack(1);
      proxy.cut();
      await send(2);
      await comesBack(2);
      expect(proxy.taken).toBe(2);
      proxy.silence();
      await expect.poll(() => proxy.taken, { timeout: 10_000 }).toBe(3);
      await send(3);
      await comesBack(3);
      await send(255);
      await expect.poll(() => worker.posted(), { timeout: 10_000 }).toHaveLength(1);
      const [end] = (await worker.posted()) as { reconnects: number; log: readonly string[] }[];
      expect(end?.reconnects).toBe(2);
      expect(end?.log.filter((line) => line === "router stream lost")).toHaveLength(2);
      expect(echoed).toEqual([1, 2, 3]);
    } finally {
      await browser.close();
      await alice.stop();
      await proxy.close();
      await router.stop();
      await broker.close();
    }
  });
});
