// The compiled package in a browser is small, without WebAssembly and Node, and gives the same
// answers. The test files of the vectors run in a Web Worker of headless Chromium as they are, and
// so does a 2-of-3 key generation with a signature (both are frozen transcripts).
import { gzipSync } from "node:zlib";
import { chromiumIsThere, openPage, runWorker } from "@covault/testkit/browser";
import { describe, expect, it } from "vitest";
import { bundleEntry, bundleVectorTests } from "./bundle.ts";

const kilobytes = (text: string): number => Math.ceil(gzipSync(text, { level: 9 }).length / 100) / 10;

describe("the bundle of an application", () => {
  it("for ECDSA has at most 60 kB gzipped, and no entry has WebAssembly, a Node built-in or a top-level await", async () => {
    const entries = ["dkls23", "frost", "protocol"] as const;
    const bundles = await Promise.all(entries.map(async (entry) => [entry, await bundleEntry(entry)] as const));
    console.log(`gzipped: ${bundles.map(([entry, code]) => `${entry} ${kilobytes(code)} kB`).join(", ")}`);
    for (const [entry, code] of bundles) expect(code, entry).not.toMatch(/WebAssembly|node:|\brequire\(|\bprocess\.|\bBuffer\b/);
    expect(kilobytes(new Map(bundles).get("dkls23") as string)).toBeLessThanOrEqual(60);
  });
});

// Without Chromium the tests fail only on a machine that promises to check everything.
if (!chromiumIsThere) console.warn("Chromium is not installed: the tests in the browser do not run (CHROMIUM_PATH names another place).");
describe.runIf(chromiumIsThere || process.env.CI)("a Web Worker in Chromium", () => {
  it("gives the known answers and the frozen transcripts of key generation and signing", async () => {
    const code = await bundleVectorTests(["ot-vectors.test.ts", "vectors.test.ts", "frost/vectors.test.ts", "frost/transcripts.test.ts"]);
    const { browser, page } = await openPage();
    try {
      const posted = await runWorker(page, code);
      const results = posted.filter((each) => "name" in each);
      expect(results.filter(({ wrong }) => wrong !== undefined)).toEqual([]);
      expect(posted.at(-1)).toEqual({ done: results.length, worker: true });
      const names = results.map(({ name }) => String(name)).join("\n");
      const some = ["RVOLE, and c + d = a b", "keygen-2-of-3", "presign-2-of-3", "FROST transcripts, eddsa-ed25519", "FROST-ED25519"];
      for (const name of some) expect(names).toContain(name);
    } finally {
      await browser.close();
    }
  });
});
