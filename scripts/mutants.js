// `npm run mutants`. For every check in packages/mpc, trust, crypto, channel, wire and chains, and
// for those of packages/party on intents and chains, a test fails when the check is removed. In mpc
// these are the checks of the protocols and the backup, and what decodes or compares in the two
// arithmetics. They are found in the source (mutants/checks.js). Each gets a switch in a copy
// outside the working tree. With each switched off in turn, the tests that reach it run until one
// fails. The survivors are printed. A whole run leaves a dated table in
// docs/verification/mutants.md. `--package NAME` takes one package, `--only PATTERN` takes the
// files whose path has it, and `--tests PATTERN` takes the test files. With them no table is left.
import { fork } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { parseArgs } from "node:util";
import { transformSync } from "esbuild";
import { withSwitches } from "./mutants/checks.js";
import { equivalent } from "./mutants/equivalent.js";

const root = join(import.meta.dirname, "..");
const text = { type: "string" };
const { values } = parseArgs({ options: { package: text, only: text, tests: text, verbose: { type: "boolean" } } });
// Of the two arithmetics these parts decode or compare. The rest computes and refuses nothing.
const arithmetic = "kernel/(affine|field|normalize|point|random|scalar)|group/edwards25519/(group|scalar)";
const inMpc = new RegExp(`^src/(protocol/|backup/|dkg/|succession/|repair/|dkls23/|frost/|group/(?!edwards25519)|(${arithmetic})\\.ts$)`);
const packages = [
  {
    name: "mpc",
    under: inMpc,
    isWide: false,
    leftOut: /kernel\/(?!affine|limits|point|random|scalar\.)|(fuzz|browser|frozen|package|batch-work|leftovers)\.test/,
  },
  ...[
    { name: "trust", leftOut: /^$/ },
    // These need Chromium, or vitest's own mocks.
    { name: "crypto", leftOut: /browser\.test/ },
    { name: "channel", leftOut: /-wipe\.test/ },
    { name: "wire", leftOut: /^$/ },
    { name: "chains", leftOut: /^$/ },
  ].map((each) => ({ ...each, under: /^src\//, isWide: true })),
  // These are reached by tests of whole parties. The files that are left out reach nothing else of
  // them, and take minutes.
  {
    name: "party",
    under: /^src\/(invite|commit)\//,
    isWide: true,
    leftOut: /^test\/(?!(commit|epochs|hostile-coordinator|holding|in-doubt|same-key-id)\.)/,
  },
];
const chosen = packages.filter(({ name }) => values.package === undefined || values.package === name);
if (chosen.length === 0) throw new Error(`--package is one of ${packages.map(({ name }) => name).join(", ")}`);
const isWhole = values.only === undefined && values.tests === undefined;
const hangMs = 120_000;

function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? (["dist", "node_modules"].includes(entry.name) ? [] : filesBelow(path)) : [path];
  });
}

/** Turns TypeScript into JavaScript, and imports of `./x.ts` into imports of `./x.js`. */
function compiled(source) {
  const { code } = transformSync(source, { loader: "ts", format: "esm", target: "esnext" });
  return code.replace(/(from |import\(|import )"(\.[^"]+)\.ts"/g, '$1"$2.js"');
}

const copy = mkdtempSync(join(tmpdir(), "covault-mutants-"));
process.on("exit", () => rmSync(copy, { recursive: true, force: true }));
symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
// The tests of packages/trust read these as well.
cpSync(join(root, "packages/mpc/vectors"), join(copy, "mpc/vectors"), { recursive: true });
const nameInTree = (each, file) => `packages/${each.name}/${file}`;

/**
 * Copies a package, with a switch around each of its checks. Gives the checks, numbered from
 * `first`.
 */
function copied(each, first) {
  const from = join(root, "packages", each.name);
  const checks = [];
  for (const path of filesBelow(from)) {
    const name = relative(from, path);
    const to = join(copy, each.name, name);
    mkdirSync(dirname(to), { recursive: true });
    if (name === "package.json") {
      // What imports the package by its name gets the copy (mutants/worker.js).
      writeFileSync(to, readFileSync(path, "utf8").replaceAll('"./dist/', '"./src/'));
      continue;
    }
    if (!name.endsWith(".ts")) {
      cpSync(path, to);
      continue;
    }
    let source = readFileSync(path, "utf8");
    if (each.under.test(name) && !name.endsWith(".test.ts") && new RegExp(values.only ?? "").test(name)) {
      const switched = withSwitches(nameInTree(each, name), source, first + checks.length, each.isWide);
      checks.push(...switched.checks);
      source = switched.code;
    }
    writeFileSync(to.replace(/\.ts$/, ".js"), compiled(source));
  }
  const shim = join(copy, each.name, "node_modules/vitest");
  const nested = join(from, "node_modules");
  mkdirSync(shim, { recursive: true });
  if (existsSync(nested)) cpSync(nested, join(copy, each.name, "node_modules"), { recursive: true });
  writeFileSync(join(shim, "package.json"), '{ "type": "module", "exports": "./index.js" }');
  cpSync(join(import.meta.dirname, "portable-vitest.js"), join(shim, "index.js"));
  return checks;
}

const testFilesOf = (each) =>
  filesBelow(join(copy, each.name))
    .map((path) => relative(join(copy, each.name), path))
    .filter((name) => name.endsWith(".test.js") && !each.leftOut.test(name) && new RegExp(values.tests ?? "").test(name));

let worker;
/** Starts a worker that has run everything once with every check on. */
async function start(folder, testFiles) {
  worker = fork(join(import.meta.dirname, "mutants/worker.js"), [folder, ...testFiles], { cwd: copy });
  const { ready, broken } = await new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("exit", (code) => reject(new Error(`the tests did not load (exit ${code})`)));
  });
  if (broken.length > 0) throw new Error(`with every check on, these fail:\n${broken.join("\n")}`);
  return ready;
}
const ask = (id, only) =>
  new Promise((resolve) => {
    const timer = setTimeout(() => resolve({ id, hangs: true }), hangMs);
    worker.once("message", (answer) => {
      clearTimeout(timer);
      resolve(answer);
    });
    worker.send({ id, only });
  });

const started = Date.now();
const seconds = () => Math.round((Date.now() - started) / 1000);
const results = [];

async function removeInTurn(each) {
  const checks = copied(each, results.length + 1);
  if (checks.length === 0) return;
  const testFiles = testFilesOf(each);
  const begin = () => start(join(copy, each.name), testFiles);
  const ready = await begin();
  const { length } = testFiles;
  console.log(`${each.name}: ${checks.length} checks, ${ready} tests in ${length} files pass with all of them (${seconds()} s)`);
  for (const check of checks) {
    const reason = equivalent.find(({ file, text }) => check.file === `packages/${file}` && check.text === text)?.why;
    let answer = reason === undefined ? await ask(check.id) : { id: check.id };
    const { hangs, killer } = answer;
    if (hangs || killer?.tainted !== undefined) {
      worker.kill("SIGKILL");
      await begin();
    }
    if (killer?.tainted !== undefined) {
      // If the test passes a second time with every check on, then what it left behind is the work
      // of the removal, as in a memory of keys.
      const again = await ask(0, killer.test);
      if (again.killer !== undefined) throw new Error(`a test depends on what ran before it: ${killer.test}: ${again.killer.wrong}`);
      answer = await ask(check.id);
      if (answer.killer?.tainted !== undefined) {
        worker.kill("SIGKILL");
        await begin();
      }
    }
    const fate = reason !== undefined ? "equivalent" : answer.hangs || answer.killer !== undefined ? "killed" : "survived";
    results.push({ ...check, ...answer, fate, reason });
    if (fate === "survived" || values.verbose)
      console.log(
        `${fate}  ${check.file}:${check.line}  ${check.text}  (${answer.tests} tests trip it)${answer.killer ? ` by ${answer.killer.test}: ${answer.killer.wrong}` : ""}`,
      );
  }
  worker.kill();
}
for (const each of chosen) await removeInTurn(each);

const count = (fate) => results.filter((each) => each.fate === fate).length;
const unused = equivalent.filter(
  (each) =>
    isWhole &&
    chosen.some(({ name }) => each.file.startsWith(`${name}/`)) &&
    !results.some(({ file, text }) => file === `packages/${each.file}` && text === each.text),
);
for (const { file, text } of unused) console.log(`no such check any more: ${file}  ${text}`);
console.log(
  `${results.length} checks removed in turn: ${count("killed")} killed, ${count("survived")} survived, ${count("equivalent")} equivalent (${seconds()} s)`,
);
if (isWhole && values.package === undefined) {
  const folders = [...new Set(results.map(({ file }) => dirname(file)))].sort();
  const rows = folders.map((folder) => {
    const here = results.filter(({ file }) => dirname(file) === folder);
    const of = (fate) => here.filter((each) => each.fate === fate).length;
    return `| ${folder} | ${here.length} | ${of("killed")} | ${of("survived")} | ${of("equivalent")} |`;
  });
  const cell = (text) => text.replaceAll("|", "\\|");
  const spelled = results
    .filter(({ fate }) => fate !== "killed")
    .map((each) => `| ${each.fate} | ${each.file}:${each.line} | \`${cell(each.text)}\` | ${each.reason ?? ""} |`);
  mkdirSync(join(root, "docs/verification"), { recursive: true });
  writeFileSync(
    join(root, "docs/verification/mutants.md"),
    `# Every check removed in turn

\`npm run mutants\`, ${new Date().toISOString().slice(0, 10)}: ${results.length} checks in packages/{${chosen.map(({ name }) => name).join(", ")}}, ${count("killed")} removals are found by a test, ${count("survived")} survive, ${count("equivalent")}
change nothing that can be observed. A check is an operand of a condition that refuses, a call that does nothing but refuse, and what else scripts/mutants/checks.js names.
A removal counts as found if a test fails with it that passes without it.

| folder | checks | killed | survived | equivalent |
|---|---|---|---|---|
${rows.join("\n")}
| **all** | ${results.length} | ${count("killed")} | ${count("survived")} | ${count("equivalent")} |

| fate | where | check | why |
|---|---|---|---|
${spelled.join("\n")}
`,
  );
}
process.exitCode = count("survived") + unused.length > 0 ? 1 : 0;
