import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["covault:source"] },
  ssr: { resolve: { conditions: ["covault:source"] } },
  test: {
    include: ["{packages,services,apps}/*/{src,test}/**/*.test.ts", "{e2e,examples,scripts}/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ["default", "./scripts/count-reporter.js"],
  },
});
