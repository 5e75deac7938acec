import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, it } from "vitest";

const built = join(import.meta.dirname, "../../dist/run/index.js");
const service = `
  import { makeLogger, makeShutdown } from ${JSON.stringify(built)};
  const logger = makeLogger({ name: "service" });
  const shutdown = makeShutdown({ logger });
  shutdown.onSignals();
  shutdown.add("part", () => logger.warn("stopping the part"));
  logger.info("up");
  setInterval(() => {}, 1_000);
`;

it("a service whose logs nobody reads any more goes on, and stops when it is told to", async () => {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", service], { stdio: ["ignore", "pipe", "ignore"] });
  const ended = once(child, "exit");
  await once(child.stdout, "data");
  child.stdout.destroy();
  child.kill("SIGTERM");
  const patience = setTimeout(() => child.kill("SIGKILL"), 20_000);
  expect(await ended).toEqual([0, null]);
  clearTimeout(patience);
});
