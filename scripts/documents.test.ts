// What the documents name is there: links with their anchors, paths in backticks, `npm run`
// commands, and what the map says to read first.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const isThere = (path: string): boolean => existsSync(join(root, path));

/** Gives every file below a folder, except what is built, installed or run. */
function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return ["dist", "node_modules", "data", ".git"].includes(entry.name) ? [] : filesBelow(path);
    return [path];
  });
}
const files = filesBelow(".");
const documents = files.filter((path) => path.endsWith(".md"));
const scripts = files
  .filter((path) => path.endsWith("package.json"))
  .flatMap((path) => Object.keys((JSON.parse(read(path)) as { scripts?: object }).scripts ?? {}));

/**
 * Says whether a measurement leaves the page, which then need not be there yet. The script that
 * writes such a page names it.
 */
const isLeftByAMeasurement = (path: string): boolean =>
  path.startsWith("docs/verification/") && files.some((file) => /^(bench|e2e|scripts)\/.*\.[jt]s$/.test(file) && read(file).includes(path));

/** Gives the anchors of headings, as code hosts make them, and of `<a id>`. */
function anchorsOf(path: string): string[] {
  const text = read(path);
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    (heading as string)
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
  return [...headings, ...[...text.matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id as string)];
}

const withoutBlocks = (text: string): string => text.replace(/^```[\s\S]*?^```$/gm, "");

it.each(documents)("%s links to what is there", (document) => {
  const links = [...withoutBlocks(read(document)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link as string);
  const broken = links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [to = "", anchor] = link.split("#");
    const path = to === "" ? document : relative(root, join(root, dirname(document), to));
    if (!isThere(path)) return !isLeftByAMeasurement(path);
    return anchor !== undefined && !anchorsOf(path).includes(anchor);
  });
  expect(broken).toEqual([]);
});

/**
 * Gives the paths that a pattern stands for, such as `packages/mpc/src/<protocol>/` and
 * `services/*\/src`. Each part in brackets, in braces or with a star stands for any name.
 */
const pattern = (path: string): RegExp =>
  new RegExp(
    `^${path
      .replace(/\/$/, "")
      .split("/")
      .map((part) => part.replace(/[.+]/g, "\\$&").replace(/<[^>]*>|\*+/g, "[^/]*"))
      .join("/")}(/|$)`,
  );

it.each(documents)("%s names paths that are there", (document) => {
  const folders = readdirSync(root, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  const named = [...withoutBlocks(read(document)).matchAll(/`([\w.@<>*-]+(?:\/[\w.@<>*-]+)+\/?)`/g)]
    .map(([, path]) => path as string)
    .filter((path) => folders.includes(path.split("/")[0] as string) && !path.startsWith("data/") && !path.includes("/dist/"));
  expect(named.filter((path) => !files.some((file) => pattern(path).test(file)) && !isLeftByAMeasurement(path))).toEqual([]);
});

it.each(documents)("%s names commands that a package.json has", (document) => {
  const named = [...read(document).matchAll(/npm run ([a-z][\w:-]*)/g)].map(([, name]) => name as string);
  expect(named.filter((name) => !scripts.includes(name))).toEqual([]);
});

it("every folder of the map is there with what to read first, and the map has every package, service and app", () => {
  const rows = [...read("README.md").matchAll(/^\| \[[^\]]+\]\(([^)]+)\) \| .* \| (.*) \|$/gm)].map(([, folder, first]) => ({
    folder: folder as string,
    first: [...(first as string).matchAll(/`([^`]+)`/g)].map(([, path]) => path as string),
  }));
  expect(rows.flatMap(({ folder, first }) => first.map((path) => `${folder}/${path}`)).filter((path) => !isThere(path))).toEqual([]);
  const folders = ["packages", "services", "apps"].flatMap((group) => readdirSync(join(root, group)).map((name) => `${group}/${name}`));
  expect(folders.filter((folder) => !rows.some((row) => row.folder === folder))).toEqual([]);
});

it("comments name pages that are in the repository", () => {
  const sources = files.filter((path) => /\.(ts|js|sql|proto|yaml)$/.test(path));
  const missing = sources.flatMap((source) =>
    [...read(source).matchAll(/(?<![\w./*-])[\w./-]+\.md\b/g)]
      .map(([page]) => page.replace(/^(\.*\/)*/, ""))
      .filter((page) => !documents.some((path) => path === page || path.endsWith(`/${page}`)) && !isLeftByAMeasurement(page))
      .map((page) => `${source}: ${page}`),
  );
  expect(missing).toEqual([]);
});

it("every manifest says what its package is, and those that other projects install say it in keywords, too", () => {
  const manifests = files
    .filter((path) => path.endsWith("package.json"))
    .map((path) => JSON.parse(read(path)) as { name: string; description?: string; keywords?: string[] });
  expect(manifests.filter(({ description = "" }) => !/^[A-Z].{20,}[^.]$/.test(description)).map(({ name }) => name)).toEqual([]);
  const searched = ["@covault/mpc", "@covault/sdk", "@covault/errors"];
  expect(manifests.filter(({ name, keywords }) => searched.includes(name) && !keywords?.length)).toEqual([]);
});
