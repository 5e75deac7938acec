// The command line: `covault`. bin/covault.js calls `run`.
export { run } from "./run.ts";
