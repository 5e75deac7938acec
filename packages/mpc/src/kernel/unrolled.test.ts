// The unrolled files are what their generators write.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

const generators = new URL("../../scripts/unroll/files.js", import.meta.url).href;
const { files } = (await import(generators)) as { files: () => Record<string, string> };

it.each(Object.entries(files()))("`npm run unroll` writes src/%s as it stands", (path, text) => {
  expect(readFileSync(new URL(`../${path}`, import.meta.url), "utf8")).toBe(text);
});
