// What a party has of a browser, in a browser. Each file of in-browser/ runs in a Web Worker of
// headless Chromium.
import { join } from "node:path";
import { bundleScript, bundleTests, chromiumIsThere, openPage, runWorker } from "@covault/testkit/browser";
import { describe, expect, it } from "vitest";

const sessionWorker = () => bundleScript('import "@covault/party-web/worker";');

it("the worker of a session and the store have nothing of Node", async () => {
  const ofNode = /\bnode:|\brequire\(|\bprocess\.[a-z]|\bBuffer\b/;
  const code = await sessionWorker();
  expect(code).toContain("onmessage");
  expect(code).not.toMatch(ofNode);
  expect(await bundleScript('import * as web from "@covault/party-web"; globalThis.made = web;')).not.toMatch(ofNode);
});

// Without Chromium, only a machine that promises to check everything fails.
if (!chromiumIsThere)
  console.warn("Chromium is not installed: a party's store is not tested in a browser (CHROMIUM_PATH names another place).");
describe.runIf(chromiumIsThere || process.env.CI)("a Web Worker in Chromium", () => {
  it.each([
    ["store.ts", 40],
    ["workers.ts", 3],
  ])("%s passes all of its tests", async (file, least) => {
    const banner = `globalThis.sessionWorker = ${JSON.stringify(await sessionWorker())};`;
    const code = await bundleTests([join(import.meta.dirname, "in-browser", file)], { banner });
    const { browser, page } = await openPage();
    try {
      const posted = await runWorker(page, code);
      const results = posted.filter((each) => "name" in each);
      expect(results.filter(({ wrong }) => wrong !== undefined)).toEqual([]);
      expect(posted.at(-1)).toEqual({ done: results.length, worker: true });
      expect(results.length).toBeGreaterThanOrEqual(least);
    } finally {
      await browser.close();
    }
  });
});
