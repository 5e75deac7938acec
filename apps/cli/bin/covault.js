#!/usr/bin/env node
import { existsSync } from "node:fs";

// The reader of a pipe may go before everything is written. What nobody reads is lost, and nothing
// else is.
for (const stream of [process.stdout, process.stderr])
  stream.on("error", (error) => {
    if (error.code !== "EPIPE") throw error;
  });

const built = new URL("../dist/index.js", import.meta.url);
if (existsSync(built)) {
  const { run } = await import(built.href);
  process.exitCode = await run(process.argv.slice(2));
} else {
  process.stderr.write("Error: covault is not built yet.\n\nRun npm run build once; npm start does it, too.\n");
  process.exitCode = 2;
}
