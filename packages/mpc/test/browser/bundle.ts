// This file makes bundles for a browser from the compiled package: the public entries as an
// application gets them, and the test files themselves with the little of Node that they use.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { bundleTests } from "@covault/testkit/browser";
import { build, type Plugin } from "esbuild";

const mpc = join(import.meta.dirname, "../..");
const root = join(mpc, "../..");
if (!existsSync(join(mpc, "dist/dkls23/index.js"))) throw new Error("packages/mpc is not compiled: npm run build");

// There is no top-level await, since the format iife has no room for one, and esbuild refuses it.
const options = { bundle: true, write: false, format: "iife", platform: "browser", target: "es2022", logLevel: "silent" } as const;

/** Gives a public entry, as `import * from "@covault/mpc/<entry>"` gives it. */
export async function bundleEntry(entry: "dkls23" | "frost" | "protocol"): Promise<string> {
  const contents = `export * from ${JSON.stringify(join(mpc, `dist/${entry}/index.js`))}`;
  const { outputFiles } = await build({ ...options, minify: true, stdin: { contents, resolveDir: root } });
  return outputFiles[0]?.text as string;
}

/** Resolves `../src/x.ts` to the compiled file, and `node:fs` to the little that stands here. */
const portable: Plugin = {
  name: "portable",
  setup(setup) {
    setup.onResolve({ filter: /\/src\/.*\.ts$/ }, ({ path, resolveDir }) => {
      const source = relative(join(mpc, "src"), join(resolveDir, path));
      return source.startsWith("..") ? undefined : { path: join(mpc, "dist", source.replace(/\.ts$/, ".js")) };
    });
    setup.onResolve({ filter: /^node:fs$/ }, () => ({ path: "fs", namespace: "portable" }));
    setup.onLoad({ filter: /^fs$/, namespace: "portable" }, () => ({ contents: files }));
  },
};

const folder = join(mpc, "vectors");
const vectors = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".json"));
const files = `
const files = ${JSON.stringify(Object.fromEntries(vectors.map((name) => [name, readFileSync(join(folder, name), "utf8")])))};
export const readFileSync = (url) => files[/vectors\\/(.*)$/.exec(url.href)[1]];
export const existsSync = () => true;
export const writeFileSync = () => { throw new Error("nothing is written here"); };
`;

// The tests use hex and base64 of Buffer.
const globals = `
globalThis.process = { env: {} };
globalThis.Buffer = { from: (from, encoding) => {
  const bytes = encoding === "hex" ? Uint8Array.from(from.match(/../g) ?? [], (pair) => parseInt(pair, 16))
    : encoding === "base64" ? Uint8Array.from(atob(from), (letter) => letter.charCodeAt(0)) : Uint8Array.from(from);
  bytes.toString = (to) => to === "base64" ? btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))
    : Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return bytes;
} };
`;

/**
 * Gives a worker that runs the tests of these files and posts `{ name, wrong }` for each, then
 * `{ done }`.
 */
export const bundleVectorTests = (names: readonly string[]): Promise<string> =>
  bundleTests(
    names.map((name) => join(mpc, "test", name)),
    { banner: globals, plugins: [portable] },
  );
