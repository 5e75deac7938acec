// `npm run build`. The compiler says nothing until it is done, which takes a minute the first time.
// At a terminal a line says so meanwhile. Then the template of the embedded database is made, if
// this version of PGlite has none yet.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

const tsc = join(import.meta.dirname, "../node_modules/typescript/bin/tsc");
if (!existsSync(tsc)) {
  console.error("The compiler is not installed: run npm ci, without --omit=dev.");
  process.exit(2);
}
const waiting = process.stderr.isTTY && process.env.TERM !== "dumb";
const started = performance.now();
let shown = false;
const timer = setInterval(() => {
  const seconds = Math.floor((performance.now() - started) / 1_000);
  if (waiting && seconds > 0) {
    process.stderr.write(`\r\x1b[2KBuilding, ${seconds} s (the first time takes the longest)`);
    shown = true;
  }
}, 500);
const compiler = spawn(process.execPath, [tsc, "-b", ...(process.stdout.isTTY ? ["--pretty"] : [])], {
  stdio: ["ignore", "pipe", "inherit"],
});
let told = "";
compiler.stdout.on("data", (chunk) => {
  told += chunk;
});
compiler.once("close", async (code) => {
  if (code === 0) {
    const { makeTemplate } = await import("../packages/service-kit/dist/sql/embedded-template.js");
    await makeTemplate();
  }
  clearInterval(timer);
  if (shown) process.stderr.write("\r\x1b[2K");
  process.stdout.write(told);
  process.exitCode = code ?? 1;
});
