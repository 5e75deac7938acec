// The order of the test files. Without times of an earlier run, as on a clean checkout, vitest
// begins with the largest files. The files below take long for another reason. When one of them
// begins last, it keeps the other core waiting at the end.
import { join } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const longest = [
  "e2e/pairs.test.ts",
  "e2e/start.test.ts",
  "e2e/kill.test.ts",
  "services/server-party/test/server-party.test.ts",
  "services/coordinator/test/sessions.test.ts",
  "services/server-party/test/lost-messages.test.ts",
  "services/server-party/test/restored.test.ts",
  "packages/service-kit/test/full-disk.test.ts",
  "packages/service-kit/test/bad-network.test.ts",
  "services/server-party/test/lost-commits.test.ts",
  "packages/party/test/crash.test.ts",
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const paths = longest.map((path) => join(this.ctx.config.root, path));
    // Files in a process of their own come before all others. A process that many files share goes
    // when one of them is next.
    const rank = ({ moduleId, project }: TestSpecification): number => {
      const at = paths.includes(moduleId) ? paths.indexOf(moduleId) : paths.length;
      return project.config.isolate ? at - 2 * paths.length : at;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}
