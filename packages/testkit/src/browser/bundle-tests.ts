// Test files as one script for a worker of a browser: the files as they are, with the part of vitest that runs anywhere.
import { join } from "node:path";
import { build, type Plugin } from "esbuild";

const root = join(import.meta.dirname, "../../../..");
const vitest: Plugin = {
  name: "vitest",
  setup(setup) {
    setup.onResolve({ filter: /^vitest$/ }, () => ({ path: join(root, "scripts/portable-vitest.js") }));
  },
};

export interface BundleOptions {
  /** Runs before everything else. */
  readonly banner?: string;
  readonly plugins?: readonly Plugin[];
}

/**
 * A script that runs the tests of these files (absolute paths) and posts `{ name, wrong }` for each, then `{ done, worker }`.
 * Packages of this repository come from their sources, unless a plugin says otherwise.
 */
export async function bundleTests(paths: readonly string[], { banner = "", plugins = [] }: BundleOptions = {}): Promise<string> {
  const contents = `
import { load, tests } from "vitest";
const main = async () => {
  ${paths.map((path) => `await load(${JSON.stringify(path)}, () => import(${JSON.stringify(path)}));`).join("\n  ")}
  const hooks = new Set();
  for (const test of tests) {
    let wrong;
    try {
      for (let suite = test.suite; suite !== undefined; suite = suite.parent)
        for (const hook of suite.before) if (!hooks.has(hook)) { hooks.add(hook); await hook(); }
      await test.run();
    } catch (error) {
      wrong = String(error?.stack ?? error);
    }
    postMessage({ name: test.name, wrong });
  }
  postMessage({ done: tests.length, worker: typeof WorkerGlobalScope !== "undefined" });
};
main().catch((error) => postMessage({ name: "load", wrong: String(error?.stack ?? error) }));
`;
  return bundleScript(contents, { banner, plugins: [...plugins, vitest], define: { "import.meta.url": '"file:///test/file.ts"' } });
}

interface ScriptOptions extends BundleOptions {
  readonly define?: Record<string, string>;
}

/** A module's text as one script for a browser. There is no top-level await in it: the format has no room for one, and esbuild refuses it. */
export async function bundleScript(contents: string, { banner = "", plugins = [], define = {} }: ScriptOptions = {}): Promise<string> {
  const { outputFiles } = await build({
    bundle: true,
    write: false,
    format: "iife",
    platform: "browser",
    target: "es2022",
    logLevel: "silent",
    conditions: ["covault:source"],
    banner: { js: banner },
    define,
    plugins: [...plugins],
    stdin: { contents, resolveDir: root, loader: "js" },
  });
  return outputFiles[0]?.text as string;
}
