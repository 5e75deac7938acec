// Installs a peer outside the workspace, so that nothing of it can slip into ours, and loads it.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = join(tmpdir(), "covault-peers");

/** Gives the module `name` at exactly `version`. */
export function loadPeer<T>(name: string, version: string, subpath = ""): T {
  mkdirSync(folder, { recursive: true });
  if (!existsSync(join(folder, "package.json"))) writeFileSync(join(folder, "package.json"), '{"private":true}\n');
  const require = createRequire(join(folder, "package.json"));
  const installed = () => {
    try {
      return (JSON.parse(JSON.stringify(require(join(folder, "node_modules", name, "package.json")))) as { version: string }).version;
    } catch {
      return undefined;
    }
  };
  if (installed() !== version)
    execFileSync("npm", ["install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", `${name}@${version}`], {
      stdio: ["ignore", "ignore", "inherit"],
    });
  return require(name + subpath) as T;
}
