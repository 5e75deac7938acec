// This part is how the programs look at a terminal and through a pipe. It is light, because it
// loads none of the services.
export { isTerminal, type Palette, paletteOf, plain, type Stream } from "./colour.ts";
export { exitCodeOf, usageExitCode } from "./exit-code.ts";
export { noProgress, type Progress, progressOn } from "./progress.ts";
export { makeScreen, type Screen } from "./screen.ts";
