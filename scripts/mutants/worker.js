// Runs the tests of a copy of a package whose checks have switches. First it runs all of them with
// every check on, which tells the checks that refuse something in each test. Then, for every number
// that comes in, it runs the tests in which this check refuses, with the check off, until one
// fails. In all other tests the check makes no difference.
import { readFileSync } from "node:fs";
import { register } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, ...files] = process.argv.slice(2);
// Whoever imports the package by its name, as the testkit does, gets the copy.
const manifest = join(folder, "package.json");
const hook = `
  let name, parentURL;
  export const initialize = (data) => void ({ name, parentURL } = data);
  export const resolve = (specifier, context, next) =>
    next(specifier, specifier === name || specifier.startsWith(name + "/") ? { ...context, parentURL } : context);`;
const data = { name: JSON.parse(readFileSync(manifest, "utf8")).name, parentURL: pathToFileURL(manifest).href };
register(`data:text/javascript,${encodeURIComponent(hook)}`, { data });
let off = 0;
const slow = process.env.MUTANTS_SLOW !== undefined;
let reached = new Set();
/**
 * Gives an operand's value. The operand refuses if its value is not the one with which nothing is
 * refused. A check that is off always has that value.
 */
globalThis.value = (id, accepts, value) => {
  if (Boolean(value) !== Boolean(accepts)) reached.add(id);
  return id === off ? accepts : value;
};
/** Runs a call that refuses by throwing. When the check is off, it gives `instead`. */
globalThis.refuse = (id, call, instead) => {
  if (id === off) return instead;
  const refused = (error) => {
    reached.add(id);
    throw error;
  };
  try {
    const result = call();
    return result instanceof Promise ? result.catch(refused) : result;
  } catch (error) {
    return refused(error);
  }
};
/** Tells of what a `catch` has caught. When the check is off, the error is thrown on. */
globalThis.caught = (id, error) => {
  if (id === off) throw error;
  reached.add(id);
};
const { load, tests } = await import(pathToFileURL(join(folder, "node_modules/vitest/index.js")).href);
for (const file of files) await load(file, () => import(pathToFileURL(join(folder, file)).href));

/** Gives what is wrong, or `undefined`. Hooks run once per `done`. */
async function failure(test, done) {
  try {
    const suites = [];
    for (let suite = test.suite; suite !== undefined; suite = suite.parent) suites.unshift(suite);
    for (const suite of suites)
      for (const hook of suite.before)
        if (!done.has(hook)) {
          done.set(hook, new Set());
          const outer = reached;
          reached = done.get(hook);
          try {
            await hook();
          } finally {
            reached = outer;
          }
        }
    for (const suite of suites) for (const hook of suite.before) for (const id of done.get(hook)) reached.add(id);
    await test.run();
    return undefined;
  } catch (error) {
    return String(error?.message ?? error).split("\n")[0];
  }
}

const reaching = new Map();
const broken = [];
const hooks = new Map();
for (const test of tests) {
  reached = new Set();
  const started = performance.now();
  const wrong = await failure(test, hooks);
  test.ms = performance.now() - started;
  if (slow && test.ms > 1000) console.error(`${Math.round(test.ms)} ms: ${test.name}`);
  if (wrong !== undefined) broken.push(`${test.name}: ${wrong}`);
  for (const id of reached) reaching.set(id, [...(reaching.get(id) ?? []), test]);
}
// A whole run of all parties reaches nearly everything and tells least, so the liars go first.
const rank = (test) => (/liars/.test(test.name) ? 0 : 1);
for (const list of reaching.values()) list.sort((a, b) => rank(a) - rank(b) || a.ms - b.ms);
process.send({ ready: tests.length, broken });

/** `only` is the name of the one test to run. Default: all in which the check refuses. */
process.on("message", async ({ id, only }) => {
  off = id;
  const list = only === undefined ? (reaching.get(id) ?? []) : tests.filter(({ name }) => name === only);
  const done = new Map();
  let killer;
  for (const test of list) {
    const wrong = await failure(test, done);
    if (wrong === undefined) continue;
    killer = { test: test.name, wrong };
    // The failure counts only if the same test passes with the check on. Then nothing that was left
    // behind is to blame.
    off = 0;
    const still = await failure(test, new Map());
    if (still !== undefined) killer.tainted = still;
    break;
  }
  off = 0;
  process.send({ id, tests: list.length, killer });
});
