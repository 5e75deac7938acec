import { defineConfig } from "vitest/config";
import { LongestFirst } from "./scripts/longest-first.ts";

const conditions = ["covault:source"];
const parts = [
  "{packages,services,apps}/*/{src,test}/**/*.test.ts",
  "{examples,scripts,bench/src}/**/*.test.ts",
  "e2e/chaos/late-requests.test.ts",
];
/** These replace a module or set the environment of their process, which is nobody else's then. */
const alone = [
  "packages/mpc/test/{batch-work,leftovers}.test.ts",
  "packages/party/test/worker-secrets.test.ts",
  "packages/channel/src/pair-channel-wipe.test.ts",
  "examples/*.test.ts",
  "e2e/crash/statements.test.ts",
];
const embedded = ["e2e/{api,backups,clocks,drills,export-import,kill,pairs,shares,start,terminal}.test.ts", "e2e/releases/*.test.ts"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Two cores do it best with three: a test that lets time pass, or waits for a process or a server, leaves its core to another.
    maxWorkers: 3,
    // What is looked at again and again ends at once when it is there. The default of one second fails on a machine that is busy.
    expect: { poll: { timeout: 10_000 } },
    sequence: { sequencer: LongestFirst },
    reporters: ["default", "./scripts/count-reporter.js"],
    projects: [
      {
        extends: true,
        test: { name: "alone", include: alone, sequence: { groupOrder: 1 } },
      },
      // Loading what a file imports costs more than most files' tests: here a process loads it once, for all files that it runs.
      {
        extends: true,
        test: { name: "parts", include: parts, exclude: ["**/node_modules/**", ...alone], isolate: false, sequence: { groupOrder: 1 } },
      },
      // Whole systems of one process each, three at a time: half of the time one waits.
      {
        extends: true,
        test: { name: "embedded", include: embedded, sequence: { groupOrder: 2 } },
      },
      // Clusters of a dozen processes, one at a time: two need more connections than PostgreSQL gives by default.
      {
        extends: true,
        test: {
          name: "system",
          include: ["e2e/**/*.test.ts"],
          exclude: ["**/node_modules/**", ...alone, ...parts, ...embedded],
          maxWorkers: 1,
          maxConcurrency: 2,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
