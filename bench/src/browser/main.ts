// `npm run bench:browser`. Does the same work in Node and in a Web Worker of headless Chromium, in
// turn, and gives the ratio of their tenth percentiles. It leaves docs/verification/browser.md.
import { join } from "node:path";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { leave } from "../page.ts";
import { table } from "../report.ts";
import { type Figures, measure } from "./work.ts";

const executablePath = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";
const quiet = ["--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", ...quiet];
const [passes, runs] = [3, 12];

const random =
  "export const randomBytes = (length) => crypto.getRandomValues(new Uint8Array(length)); export const createHash = () => { throw new Error(); };";
const { outputFiles } = await build({
  stdin: {
    contents: `import { measure } from ${JSON.stringify(join(import.meta.dirname, "work.js"))}; postMessage(measure(${runs}));`,
    resolveDir: import.meta.dirname,
  },
  bundle: true,
  write: false,
  format: "iife",
  platform: "browser",
  target: "es2022",
  plugins: [
    {
      name: "node:crypto",
      setup(setup) {
        setup.onResolve({ filter: /^node:crypto$/ }, () => ({ path: "crypto", namespace: "node" }));
        setup.onLoad({ filter: /.*/, namespace: "node" }, () => ({ contents: random }));
      },
    },
  ],
});
const code = outputFiles[0]?.text as string;

const browser = await chromium.launch({ executablePath, args });
const page = await browser.newPage();
await page.route("**/*", (route) => route.fulfill({ contentType: "text/html", body: "<!doctype html>" }));
// A page that is isolated from others has the finer clock.
await page.goto("http://covault.test/");
const inWorker = (): Promise<readonly Figures[]> =>
  page.evaluate(
    (source) =>
      new Function(
        "source",
        `return new Promise((resolve, reject) => {
          const worker = new Worker(URL.createObjectURL(new Blob([source])));
          worker.onerror = (event) => reject(new Error(event.message));
          worker.onmessage = ({ data }) => { worker.terminate(); resolve(data); };
        });`,
      )(source),
    code,
  );

const node: (readonly Figures[])[] = [];
const web: (readonly Figures[])[] = [];
for (let pass = 0; pass < passes; pass++) {
  node.push(measure(runs));
  web.push(await inWorker());
}
const version = browser.version();
await browser.close();

const best = (all: readonly (readonly Figures[])[], k: number, of: "p10" | "median"): number =>
  Math.min(...all.map((each) => each[k]?.[of] as number));
const rows = (node[0] as readonly Figures[]).map(({ name }, k) => {
  const [here, there] = [best(node, k, "p10"), best(web, k, "p10")];
  const medians = [best(node, k, "median"), best(web, k, "median")].map((ms) => ms.toFixed(2));
  return [name, here.toFixed(2), there.toFixed(2), `${(there / here).toFixed(2)}x`, medians.join(" / ")];
});
const about = `Node and Chromium ${version} in turn, ${passes} passes: milliseconds, the whole protocol of all parties in one thread.`;
const head = ["work", "Node p10", "Chromium p10", "ratio", "medians"];
console.log(about);
console.log(table(head, rows));
leave("browser", "In the browser", `\`npm run bench:browser\`: in a Web Worker. ${about}`, head, rows);
