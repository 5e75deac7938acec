// The part of vitest that the tests of several packages use, in one process and without Node. So
// every test can be run again and again with a check removed by a switch (mutants.js), and in a
// browser's worker (packages/testkit/src/browser). The matchers are vitest's own.
import { chai, GLOBAL_EXPECT, JestAsymmetricMatchers, JestChaiExpect, JestExtend, setState } from "@vitest/expect";

chai.use(JestExtend);
chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);
export const expect = (value, message) => chai.expect(value, message);
for (const name of ["any", "anything", "arrayContaining", "objectContaining", "stringContaining", "stringMatching"])
  expect[name] = chai.expect[name];
globalThis[GLOBAL_EXPECT] = expect;
setState({ assertionCalls: 0 }, expect);

const root = { name: "", parent: undefined, before: [] };
let suite = root;
/**
 * Every test in the order of the files, as `{ name, suite, run }`. A suite has `before`, which are
 * its `beforeAll` hooks.
 */
export const tests = [];

const title = (name, values) => {
  let next = 0;
  return name.replace(/%[sdijo]|\$\w+/g, (mark) => String(mark.startsWith("$") ? values[0]?.[mark.slice(1)] : values[next++]));
};
const each = (make) => (rows) => (name, run) => {
  // As in vitest, a row is a list of arguments only where every row is a list.
  const areLists = rows.every(Array.isArray);
  for (const row of rows) {
    const values = areLists ? row : [row];
    make(title(name, values), () => run(...values));
  }
};

export const describe = (name, define) => {
  const outer = suite;
  suite = { name: outer.name ? `${outer.name} > ${name}` : name, parent: outer, before: [] };
  define();
  suite = outer;
};
export const it = (name, run) => void tests.push({ name: suite.name ? `${suite.name} > ${name}` : name, suite, run });
export const beforeAll = (hook) => void suite.before.push(hook);
describe.each = each(describe);
it.each = each(it);

/** Loads a test file. Its hooks and tests go into a suite of its own. */
export async function load(name, importFile) {
  suite = { name, parent: root, before: [] };
  const first = tests.length;
  await importFile();
  suite = root;
  return tests.length - first;
}
