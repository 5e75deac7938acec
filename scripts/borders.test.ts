// Which package imports which. The table of ARCHITECTURE.md is held against the manifests, and they
// against it. TypeScript and Biome refuse any import that a manifest does not declare, so the
// manifests are the borders.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "..");

/**
 * The packages of ours that each package depends on, from the table of ARCHITECTURE.md. A row's
 * first cell names the package, and its second one what it imports of ours. Every package may
 * import `errors`.
 */
const borders = new Map(
  readFileSync(join(root, "ARCHITECTURE.md"), "utf8")
    .split("\n")
    .map((line) => line.split("|").map((cell) => [...cell.matchAll(/`(?:apps\/)?([^`]+)`/g)].map(([, name]) => name as string)))
    .flatMap(([, names = [], ours = []]) => names.map((name) => [name, ours] as const)),
);

interface Manifest {
  readonly name: string;
  readonly dependencies?: Record<string, string>;
}

const folders = ["packages", "services", "apps"].flatMap((group) => readdirSync(join(root, group)).map((name) => join(root, group, name)));
const manifests = [...folders, join(root, "bench"), join(root, "e2e"), join(root, "examples")].map(
  (folder) => JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest,
);

it.each(manifests.map((manifest) => [manifest.name.replace("@covault/", ""), manifest] as const))(
  "%s depends on what its border says",
  (name, manifest) => {
    const own = Object.keys(manifest.dependencies ?? {}).filter((dependency) => dependency.startsWith("@covault/"));
    const others = own.map((dependency) => dependency.replace("@covault/", "")).filter((dependency) => dependency !== "errors");
    expect(others.sort()).toEqual(borders.get(name)?.toSorted());
  },
);

it("the mathematics depends on @noble and the error class alone", () => {
  const mpc = manifests.find((manifest) => manifest.name === "@covault/mpc");
  const others = Object.keys(mpc?.dependencies ?? {}).filter(
    (dependency) => !dependency.startsWith("@noble/") && dependency !== "@covault/errors",
  );
  expect(others).toEqual([]);
});

/** Gives every TypeScript file below a folder. */
function sourcesAndTests(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return ["dist", "node_modules"].includes(entry.name) ? [] : sourcesAndTests(path);
    return entry.name.endsWith(".ts") ? [path] : [];
  });
}

const sources = (folder: string): string[] => sourcesAndTests(folder).filter((path) => !path.includes(".test"));

/**
 * Gives the files that a file imports by a relative path, as types or as values, at once or later.
 */
function relativeImports(path: string): string[] {
  const text = readFileSync(path, "utf8");
  return [...text.matchAll(/(?:from |import\(|import )"(\.[^"]+)"/g)].map(([, to]) => join(dirname(path), to as string));
}

/**
 * For each folder of packages/mpc/src, the folders beside it that it may import. The two protocols
 * know nothing of each other.
 */
const mathematics: Record<string, readonly string[]> = {
  kernel: [],
  protocol: ["kernel"],
  group: ["kernel", "protocol"],
  dkg: ["kernel", "protocol", "group"],
  succession: ["kernel", "protocol", "group", "dkg"],
  repair: ["kernel", "protocol", "group", "dkg", "succession"],
  dkls23: ["kernel", "protocol", "group", "dkg", "succession", "repair"],
  frost: ["kernel", "protocol", "group", "dkg", "succession", "repair"],
  backup: ["kernel", "protocol", "group", "frost"],
};

/**
 * For each folder of packages/service-kit/src, the folders beside it that it may import. Each room
 * is one public entry of the package.
 */
const serviceKit: Record<string, readonly string[]> = {
  run: [],
  sql: ["run"],
  messages: ["run"],
  http: ["run", "messages"],
};

const rooms = { "packages/mpc/src": mathematics, "packages/service-kit/src": serviceKit };
const roomFolders = Object.entries(rooms).flatMap(([from, table]) =>
  readdirSync(join(root, from)).map((room) => [from, room, table] as const),
);

it.each(roomFolders)("%s/%s imports nothing beyond its border", (from, room, table) => {
  const beyond = sources(join(root, from, room)).flatMap((path) =>
    relativeImports(path)
      .map((to) => relative(join(root, from), to).split("/")[0] as string)
      .filter((other) => other !== room && !table[room]?.includes(other))
      .map((other) => `${relative(root, path)} imports ${other}`),
  );
  expect(beyond).toEqual([]);
});

/** The packages in which no file imports itself, by whatever way. This list only grows. */
const withoutCircles = ["packages/service-kit/src", "services/router/src"];

it.each(withoutCircles)("no import of %s leads back to its own file", (from) => {
  const imports = new Map(sources(join(root, from)).map((path) => [path, relativeImports(path)]));
  const leadsTo = (path: string, seen: Set<string>): Set<string> => {
    for (const to of imports.get(path) ?? [])
      if (!seen.has(to)) {
        seen.add(to);
        leadsTo(to, seen);
      }
    return seen;
  };
  const inCircles = [...imports.keys()].filter((path) => leadsTo(path, new Set()).has(path));
  expect(inCircles.map((path) => relative(root, path))).toEqual([]);
});

it("the account service takes nothing of the party but what checks sealed shares", () => {
  const taken = sources(join(root, "services/account/src")).flatMap((path) =>
    [...readFileSync(path, "utf8").matchAll(/"(@covault\/(?:party|mpc)[^"]*)"/g)].map(([, entry]) => entry),
  );
  expect([...new Set(taken)]).toEqual(["@covault/party/backup"]);
});

it("service-kit has an entry for each of its rooms and no root", () => {
  const { exports } = JSON.parse(readFileSync(join(root, "packages/service-kit/package.json"), "utf8")) as { exports: object };
  // The settings are a part of `run` that the command line loads without the rest, so that it
  // starts quickly.
  expect(Object.keys(exports).sort()).toEqual([...Object.keys(serviceKit).map((room) => `./${room}`), "./settings"].sort());
});

/**
 * The packages that run in browsers as they do in Node, or in browsers alone, each with the part of
 * its sources that is for Node.
 */
const portable: Record<string, RegExp> = {
  errors: /^$/,
  api: /^$/,
  mpc: /^$/,
  wire: /^$/,
  trust: /^$/,
  channel: /^$/,
  party: /^$/,
  "party-web": /^$/,
  crypto: /^node\//,
  "router-client": /^node\//,
};

it.each(Object.keys(portable))("packages/%s takes nothing of Node where a browser runs it", (name) => {
  const from = join(root, "packages", name, "src");
  const ofNode = sources(from).filter((path) => {
    const code = readFileSync(path, "utf8").replaceAll(/^\s*(?:\/\/|\/?\*).*$/gm, "");
    return (
      !portable[name]?.test(relative(from, path)) && /from "(?:node:|ws")|import\("node:|\brequire\(|\bprocess\.[a-z]|\bBuffer\b/.test(code)
    );
  });
  expect(ofNode.map((path) => relative(from, path))).toEqual([]);
});

it("the mathematics has no clock and no randomness of its own", () => {
  const impure = sources(join(root, "packages/mpc/src")).filter((path) =>
    /Date\.now|new Date|Math\.random|performance\.now/.test(readFileSync(path, "utf8")),
  );
  expect(impure).toEqual([]);
});

const pages = ["dkls23.md", "frost.md", "derivation.md", "backup.md"];

it.each(pages)("docs/protocols/%s names functions that are there", (page) => {
  const source = sources(join(root, "packages"))
    .map((path) => readFileSync(path, "utf8"))
    .join("\n");
  const there = new Set(source.match(/\w+/g));
  const named = [...readFileSync(join(root, "docs/protocols", page), "utf8").matchAll(/`([a-z]+[A-Z]\w*)`/g)].map(
    ([, name]) => name as string,
  );
  expect(named.filter((name) => !there.has(name))).toEqual([]);
});

it.each(pages)("docs/protocols/%s names files that are there", (page) => {
  const there = ["packages", "scripts", "services"].flatMap((folder) => sourcesAndTests(join(root, folder))).map((path) => `/${path}`);
  const named = [...readFileSync(join(root, "docs/protocols", page), "utf8").matchAll(/`([\w./*-]+\.ts)`/g)].map(
    ([, path]) => path as string,
  );
  const ends = (path: string): RegExp => new RegExp(`/${path.replaceAll(".", "\\.").replaceAll("*", "[^/]*")}$`);
  expect(named.filter((path) => !there.some((file) => ends(path).test(file)))).toEqual([]);
});
