// Usage: npm run keep-release
// Keeps what the present version leaves: the databases of its systems and the answers that it
// gives, in e2e/releases/kept/<version>. It is run once, on the commit of the release.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "../package.json"), "utf8"));
const folder = join(import.meta.dirname, "kept", version);
if (existsSync(folder)) {
  console.error(`${folder} is there: version ${version} is released, and what it left stays as it is. Raise the version first.`);
  process.exit(2);
}
const { status } = spawnSync("npx", ["vitest", "run", "e2e/releases"], {
  stdio: "inherit",
  // A server that is missing is a failure: a release keeps all of it.
  env: { ...process.env, CI: "1", KEEP_RELEASE: folder },
});
process.exit(status ?? 1);
