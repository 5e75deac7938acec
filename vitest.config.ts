import { defineConfig } from "vitest/config";

const conditions = ["covault:source"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    reporters: ["default", "./scripts/count-reporter.js"],
    projects: [
      {
        extends: true,
        test: {
          name: "parts",
          include: ["{packages,services,apps}/*/{src,test}/**/*.test.ts", "{examples,scripts}/**/*.test.ts"],
          sequence: { groupOrder: 1 },
        },
      },
      // Whole systems, one at a time: each takes the machine for itself.
      {
        extends: true,
        test: { name: "system", include: ["e2e/**/*.test.ts"], maxWorkers: 1, sequence: { groupOrder: 2 } },
      },
    ],
  },
});
