// `npm run mutants`. For every check in packages/mpc, a test fails when the check is removed. The
// checks are those of the protocols and the backup, and what decodes or compares in the two
// arithmetics. They are found in the source (mutants/checks.js). Each gets a switch in a copy
// outside the working tree. With each switched off in turn, the tests that reach it run until one
// fails. The survivors are printed. A whole run leaves a dated table in
// docs/verification/mutants.md. `--only TEXT` takes the files whose path contains it, and leaves no
// table. `--tests PATTERN` takes the test files.
import { fork } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { parseArgs } from "node:util";
import { transformSync } from "esbuild";
import { withSwitches } from "./mutants/checks.js";
import { equivalent } from "./mutants/equivalent.js";

const root = join(import.meta.dirname, "..");
const { values } = parseArgs({ options: { only: { type: "string" }, tests: { type: "string" }, verbose: { type: "boolean" } } });
// Of the two arithmetics these parts decode or compare. The rest computes and refuses nothing.
const arithmetic = "kernel/(affine|field|normalize|point|random|scalar)|group/edwards25519/(group|scalar)";
const under = new RegExp(`^src/(protocol/|backup/|dkg/|succession/|dkls23/|frost/|group/(?!edwards25519)|(${arithmetic})\\.ts$)`);
const spared = /\.test\.ts$/;
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
const mpc = join(copy, "mpc");
const checks = [];
for (const path of filesBelow(join(root, "packages/mpc"))) {
  const name = relative(join(root, "packages/mpc"), path);
  const to = join(mpc, name);
  mkdirSync(dirname(to), { recursive: true });
  if (!name.endsWith(".ts")) {
    cpSync(path, to);
    continue;
  }
  let source = readFileSync(path, "utf8");
  if (under.test(name) && !spared.test(name) && name.includes(values.only ?? "")) {
    const switched = withSwitches(name, source, checks.length + 1);
    checks.push(...switched.checks);
    source = switched.code;
  }
  writeFileSync(to.replace(/\.ts$/, ".js"), compiled(source));
}
symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
const provide = (name, files) => {
  const folder = join(mpc, "node_modules", name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "type": "module", "exports": "./index.js" }');
  for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, file), content);
};
provide("vitest", { "index.js": readFileSync(join(import.meta.dirname, "portable-vitest.js"), "utf8") });
const errors = join(root, "packages/errors/src");
const sources = readdirSync(errors).filter((file) => file.endsWith(".ts") && !file.includes(".test"));
provide(
  "@covault/errors",
  Object.fromEntries(sources.map((file) => [file.replace(/\.ts$/, ".js"), compiled(readFileSync(join(errors, file), "utf8"))])),
);

const testFiles = filesBelow(mpc)
  .map((path) => relative(mpc, path))
  .filter(
    (name) =>
      /\.test\.js$/.test(name) &&
      !/kernel\/(?!affine|limits|point|random|scalar\.)|(fuzz|browser|mutants|frozen|package|leftovers)\.test/.test(name) &&
      new RegExp(values.tests ?? "").test(name),
  );

let worker;
/** Starts a worker that has run everything once with every check on. */
async function start() {
  worker = fork(join(import.meta.dirname, "mutants/worker.js"), [mpc, ...testFiles], { cwd: copy });
  const { ready, broken } = await new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("exit", (code) => reject(new Error(`the tests did not load (exit ${code})`)));
  });
  if (broken.length > 0) throw new Error(`with every check on, these fail:\n${broken.join("\n")}`);
  return ready;
}
const ask = (id) =>
  new Promise((resolve) => {
    const timer = setTimeout(() => resolve({ id, hangs: true }), hangMs);
    worker.once("message", (answer) => {
      clearTimeout(timer);
      resolve(answer);
    });
    worker.send(id);
  });

const started = Date.now();
const ready = await start();
console.log(
  `${checks.length} checks, ${ready} tests in ${testFiles.length} files pass with all of them (${Math.round((Date.now() - started) / 1000)} s)`,
);
const results = [];
for (const check of checks) {
  const reason = equivalent.find((each) => check.file === each.file && check.text === each.text)?.why;
  let answer = reason === undefined ? await ask(check.id) : { id: check.id };
  if (answer.hangs || answer.killer?.tainted !== undefined) {
    worker.kill("SIGKILL");
    await start();
    if (!answer.hangs) answer = await ask(check.id);
    if (answer.killer?.tainted !== undefined) throw new Error(`a test depends on what ran before it: ${answer.killer.tainted}`);
  }
  const fate = reason !== undefined ? "equivalent" : answer.hangs || answer.killer !== undefined ? "killed" : "survived";
  results.push({ ...check, ...answer, fate, reason });
  if (fate === "survived" || values.verbose)
    console.log(
      `${fate}  ${check.file}:${check.line}  ${check.text}  (${answer.tests} tests trip it)${answer.killer ? ` by ${answer.killer.test}: ${answer.killer.wrong}` : ""}`,
    );
}
worker.kill();

const count = (fate) => results.filter((each) => each.fate === fate).length;
const unused = equivalent.filter(
  (each) => values.only === undefined && !results.some(({ file, text }) => file === each.file && text === each.text),
);
for (const { file, text } of unused) console.log(`no such check any more: ${file}  ${text}`);
console.log(
  `${results.length} checks removed in turn: ${count("killed")} killed, ${count("survived")} survived, ${count("equivalent")} equivalent (${Math.round((Date.now() - started) / 1000)} s)`,
);
if (values.only === undefined && values.tests === undefined) {
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

\`npm run mutants\`, ${new Date().toISOString().slice(0, 10)}: ${results.length} checks in packages/mpc, ${count("killed")} removals are found by a test, ${count("survived")} survive, ${count("equivalent")}
change nothing that can be observed. A check is an operand of a condition that refuses, or a call that does nothing but refuse (scripts/mutants/checks.js).
A removal counts as found if a test fails with it that passes without it.

| folder of packages/mpc | checks | killed | survived | equivalent |
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
