// Who may import whom: the table of ARCHITECTURE.md, held against the manifests. TypeScript and Biome refuse any import that a
// manifest does not declare, so the manifests are the borders.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "..");

/** Package -> the packages of ours that it may depend on. Every package may import `errors`; none may import `testkit` but as a dev dependency. */
const borders: Record<string, readonly string[]> = {
  errors: [],
  mpc: [],
  wire: [],
  channel: ["wire"],
  verify: ["wire"],
  party: ["mpc", "wire", "channel", "verify"],
  sdk: ["party", "wire", "verify"],
  "service-kit": ["wire"],
  testkit: ["mpc", "wire", "channel", "verify", "party"],
  account: ["wire", "verify", "service-kit"],
  coordinator: ["wire", "verify", "service-kit"],
  router: ["wire", "verify", "service-kit"],
  "server-party": ["party", "wire", "verify", "channel", "service-kit"],
  "server-party-api": ["party", "wire", "channel", "service-kit"],
  server: ["wire", "verify", "channel", "service-kit", "account", "coordinator", "router", "server-party", "server-party-api"],
  cli: ["sdk", "party", "wire", "server"],
  bench: ["mpc", "party"],
  e2e: ["sdk", "server", "verify", "wire"],
  examples: ["sdk", "mpc"],
};

interface Manifest {
  readonly name: string;
  readonly dependencies?: Record<string, string>;
}

const folders = ["packages", "services", "apps"].flatMap((group) => readdirSync(join(root, group)).map((name) => join(root, group, name)));
const manifests = [...folders, join(root, "bench"), join(root, "e2e"), join(root, "examples")].map(
  (folder) => JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest,
);

it.each(manifests.map((manifest) => [manifest.name, manifest] as const))("%s depends on nothing beyond its border", (name, manifest) => {
  const own = Object.keys(manifest.dependencies ?? {}).filter((dependency) => dependency.startsWith("@covault/"));
  const allowed = borders[name.replace("@covault/", "")] ?? [];
  expect(
    own
      .map((dependency) => dependency.replace("@covault/", ""))
      .filter((dependency) => dependency !== "errors" && !allowed.includes(dependency)),
  ).toEqual([]);
});

it("the mathematics depends on @noble and the error class alone", () => {
  const mpc = manifests.find((manifest) => manifest.name === "@covault/mpc");
  const others = Object.keys(mpc?.dependencies ?? {}).filter(
    (dependency) => !dependency.startsWith("@noble/") && dependency !== "@covault/errors",
  );
  expect(others).toEqual([]);
});

/** Every TypeScript source below a folder, tests left out. */
function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return entry.name.endsWith(".ts") && !entry.name.includes(".test") ? [path] : [];
  });
}

it("the mathematics has no clock and no randomness of its own", () => {
  const impure = sources(join(root, "packages/mpc/src")).filter((path) =>
    /Date\.now|new Date|Math\.random|performance\.now/.test(readFileSync(path, "utf8")),
  );
  expect(impure).toEqual([]);
});
