// The command line `covault`. The file bin/covault.js calls `run`.
export { run } from "./run.ts";
