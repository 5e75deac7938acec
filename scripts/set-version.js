// Usage: node scripts/set-version.js 0.2.0
// Sets the version of every package, and the exact versions by which they name each other.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [version] = process.argv.slice(2);
if (!/^\d+\.\d+\.\d+$/.test(version ?? "")) {
  console.error(`"${version}": expected a version such as 0.2.0.`);
  process.exit(2);
}
const root = join(import.meta.dirname, "..");
const { workspaces } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const folders = workspaces.flatMap((place) =>
  place.endsWith("/*") ? readdirSync(join(root, place.slice(0, -2))).map((name) => join(place.slice(0, -2), name)) : [place],
);
for (const folder of folders) {
  const file = join(root, folder, "package.json");
  const manifest = JSON.parse(readFileSync(file, "utf8"));
  manifest.version = version;
  for (const list of [manifest.dependencies, manifest.devDependencies, manifest.peerDependencies])
    for (const name of Object.keys(list ?? {})) if (name.startsWith("@covault/")) list[name] = version;
  writeFileSync(file, `${JSON.stringify(manifest, undefined, 2)}\n`);
}
