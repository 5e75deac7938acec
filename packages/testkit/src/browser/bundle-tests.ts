// Test files as one script for a worker of a browser. The files stay as they are, and get the part
// of vitest that runs anywhere.
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
  /** Code that runs before everything else. */
  readonly banner?: string;
  readonly plugins?: readonly Plugin[];
}

/**
 * Gives a script that runs the tests of these files, of which the paths are absolute. The script
 * posts `{ name, wrong }` for each test, where `wrong` is undefined for a test that passes, and
 * then `{ done, worker }`. Packages of this repository come from their sources, unless a plugin
 * says otherwise.
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

/**
 * Gives a module's text as one script for a browser. The text must not have a top-level await: the
 * format has no room for one, and esbuild refuses it.
 */
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
    // Tests look in the text for what is Node's, and a comment may name it.
    minifyWhitespace: true,
    legalComments: "none",
    define,
    plugins: [...plugins],
    stdin: { contents, resolveDir: root, loader: "js" },
  });
  return outputFiles[0]?.text as string;
}
