// A party in a browser among parties on servers. The router and the coordinator are the real ones,
// in Node. There are two server parties, and one party in a Web Worker of headless Chromium, which
// keeps its shares in IndexedDB and runs the protocols in a worker of its own.
import { join } from "node:path";
import { hex } from "@covault/crypto";
import { bundleScript, chromiumIsThere, openPage, type PageWorker, startWorker } from "@covault/testkit/browser";
import { schemeNames, schemeOf } from "@covault/trust";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Key, masterKey, partyIds, type System, startSystem } from "../../../services/server-party/test/system.ts";
import type { Given } from "./in-browser/party.ts";

const [onServer, besides, inBrowser] = partyIds as [string, string, string];
const digest = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

// Without Chromium, only a machine that promises to check everything fails.
if (!chromiumIsThere) console.warn("Chromium is not installed: no party is tested in a browser (CHROMIUM_PATH names another place).");
describe.runIf(chromiumIsThere || process.env.CI)("a party in a Web Worker of Chromium", () => {
  let system: System;
  let tab: Awaited<ReturnType<typeof openPage>>;
  let party: PageWorker;
  let code = "";
  const keys = new Map<string, Key>();

  const events = async (): Promise<unknown[]> => (await party.posted()).map(({ event, wrong }) => event ?? wrong);
  const until = (event: string): Promise<void> =>
    vi.waitFor(async () => expect(await events()).toContain(event), { timeout: 20_000, interval: 20 });
  async function startParty(): Promise<void> {
    party = await startWorker(tab.page, code);
    await until("open");
  }
  async function signs(key: Key, byte: number): Promise<boolean> {
    const session = await system.sign(key, digest(byte), [onServer, inBrowser]);
    expect(session.status, JSON.stringify([session, await party.posted()])).toBe("completed");
    const signature = new Uint8Array(Buffer.from(session.result?.signature?.replace("0x", "") ?? "", "hex"));
    return schemeOf(key.scheme).signature.verify(key.publicKey, digest(byte), signature);
  }

  beforeAll(async () => {
    system = await startSystem();
    const { partyId, identitySeed, streamUrl, roster } = system.placeOf(inBrowser);
    const given: Given = {
      partyId,
      streamUrl,
      identitySeed: hex(identitySeed),
      masterKey: hex(masterKey),
      roster: { signed: hex(roster.signed), rootKey: hex(roster.rootKey) },
      sessionWorker: await bundleScript('import "@covault/party-web/worker";'),
    };
    const script = `import ${JSON.stringify(join(import.meta.dirname, "in-browser/party.ts"))};`;
    code = await bundleScript(script, { banner: `globalThis.given = ${JSON.stringify(given)};` });
    for (const id of [onServer, besides]) await system.startParty(id);
    tab = await openPage();
    await startParty();
  });
  afterAll(async () => {
    await tab?.browser.close();
    await system?.stop();
  });

  it("has nothing of Node", () => {
    // The library of protobuf asks whether there is a `process`, so that word is not looked for.
    expect(code.slice(code.indexOf("\n"))).not.toMatch(/\bnode:|\brequire\(|\bBuffer\b/);
  });

  it.each(schemeNames)("makes a key of %s with two server parties and signs with one of them", async (scheme) => {
    const key = await system.keygen(scheme);
    keys.set(scheme, key);
    expect(await signs(key, 1)).toBe(true);
    expect(await events()).toEqual(expect.arrayContaining(["joined", "started", "staged", "committed"]));
  });

  it("has its share when its tab is loaded anew", async () => {
    const key = keys.get(schemeNames[0]) as Key;
    await party.post("stop");
    await until("stopped");
    await tab.page.reload();
    await startParty();
    expect(await signs(key, 2)).toBe(true);
  });
});
