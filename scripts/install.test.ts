// What `npm ci` prints on the oldest Node that is promised, which is nothing but its sum. The lock
// file has everything that npm warns about.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { minVersion, satisfies } from "semver";
import { expect, it } from "vitest";

interface Locked {
  readonly engines?: { readonly node?: string };
  readonly deprecated?: string;
  readonly hasInstallScript?: boolean;
}
const read = (path: string) => JSON.parse(readFileSync(join(import.meta.dirname, "..", path), "utf8"));
const root = read("package.json") as { readonly engines: { readonly node: string }; readonly allowScripts: object };
const { packages } = read("package-lock.json") as { readonly packages: Record<string, Locked> };
const oldest = minVersion(root.engines.node)?.version ?? "none";

it("every package of the lock file runs on the oldest Node of `engines`", () => {
  expect(oldest).toBe("20.19.0");
  const newer = Object.entries(packages).filter(([, { engines }]) => !satisfies(oldest, engines?.node ?? "*"));
  expect(newer.map(([path, { engines }]) => `${path}: ${engines?.node}`)).toEqual([]);
});

it("no package of the lock file is deprecated", () => {
  expect(Object.keys(packages).filter((path) => packages[path]?.deprecated !== undefined)).toEqual([]);
});

it("whether a package's install script runs is decided in `allowScripts`", () => {
  const decided = Object.keys(root.allowScripts);
  const scripted = Object.keys(packages).filter((path) => packages[path]?.hasInstallScript);
  expect(scripted.map((path) => path.replace(/^.*node_modules\//, "")).filter((name) => !decided.includes(name))).toEqual([]);
});

it("what the pages have people make in the repository, git does not see", () => {
  const ignored = readFileSync(join(import.meta.dirname, "../.gitignore"), "utf8").split("\n");
  // They come from npm ci, npm run build, npm start and npm pack.
  for (const made of ["node_modules/", "dist/", "data/", "*.tgz"]) expect(ignored).toContain(made);
});
