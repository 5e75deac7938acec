// The entry for browsers in a browser. The whole contract runs in a Web Worker of headless
// Chromium.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { bundleScript, bundleTests, chromiumIsThere, openPage, runWorker } from "@covault/testkit/browser";
import { describe, expect, it } from "vitest";

const ofNode = /\bnode:|\brequire\(|\bprocess\.[a-z]|\bBuffer\b/;

it("the entry for browsers has nothing of Node", async () => {
  const code = await bundleScript('import * as crypto from "@covault/crypto"; globalThis.made = crypto;');
  expect(code).toContain("verifyEd25519");
  expect(code).not.toMatch(ofNode);
  const folder = join(import.meta.dirname, "../src/noble");
  for (const name of readdirSync(folder))
    expect(readFileSync(join(folder, name), "utf8").replaceAll(/^\s*\/\/.*$/gm, ""), name).not.toMatch(ofNode);
});

// Without Chromium only a machine that promises to check everything fails.
if (!chromiumIsThere)
  console.warn("Chromium is not installed: the cryptography is not tested in a browser (CHROMIUM_PATH names another place).");
describe.runIf(chromiumIsThere || process.env.CI)("a Web Worker in Chromium", () => {
  it("keeps the contract", async () => {
    const code = await bundleTests([join(import.meta.dirname, "entry.test.ts")]);
    const { browser, page } = await openPage();
    try {
      const posted = await runWorker(page, code);
      const results = posted.filter((each) => "name" in each);
      expect(results.filter(({ wrong }) => wrong !== undefined)).toEqual([]);
      expect(posted.at(-1)).toEqual({ done: results.length, worker: true });
      expect(results.length).toBeGreaterThan(80);
    } finally {
      await browser.close();
    }
  });
});
