// Prints the suite's last line alone: `N passed, N failed`.
export default class CountReporter {
  onTestRunEnd(modules, errors) {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state) => tests.filter((test) => test.result().state === state).length;
    // A file that could not be loaded counts as one failure.
    const broken = modules.filter((module) => module.state() === "failed" && [...module.children.allTests()].length === 0).length;
    const skipped = count("skipped");
    setImmediate(() =>
      console.log(`${count("passed")} passed, ${count("failed") + broken + errors.length} failed${skipped ? `, ${skipped} skipped` : ""}`),
    );
  }
}
