// Usage: npm run chaos -- --seconds N --seed S
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { seconds: { type: "string", default: "300" }, seed: { type: "string" } } });
const seed = values.seed ?? String(Math.floor(Math.random() * 1e6));
for (const [name, value] of Object.entries({ seconds: values.seconds, seed }))
  if (!/^\d{1,9}$/.test(value)) {
    console.error(`--${name} ${value}: expected a whole number.`);
    process.exit(1);
  }
console.log(`Chaos for ${values.seconds} s, seed ${seed}.`);
const { status } = spawnSync("npx", ["vitest", "run", "e2e/chaos/chaos.test.ts"], {
  stdio: "inherit",
  env: { ...process.env, CHAOS_SECONDS: values.seconds, SEED: seed },
});
process.exit(status ?? 1);
