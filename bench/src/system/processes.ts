// What Linux says of a process and of all that it has started: CPU time and memory.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** Gives the process and all below it. A process that has ended is not among them. */
export function processTree(root: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    const fields = /^\d+$/.test(name) ? statOf(Number(name)) : undefined;
    if (fields !== undefined) parents.set(Number(name), Number(fields[1]));
  }
  const isBelow = (pid: number | undefined): boolean => pid !== undefined && (pid === root || isBelow(parents.get(pid)));
  return [...parents.keys()].filter((pid) => isBelow(pid));
}

/** Gives the CPU time of a process and all below it since their start, in milliseconds. */
export function cpuMsOf(root: number): number {
  const ticks = processTree(root).map((pid) => {
    const fields = statOf(pid);
    return fields === undefined ? 0 : Number(fields[11]) + Number(fields[12]);
  });
  return (ticks.reduce((sum, count) => sum + count, 0) * 1_000) / ticksPerSecond;
}

/**
 * Gives the memory of a process and all below it, in bytes. A page that several of them share
 * counts once.
 */
export function memoryOf(root: number): number {
  const kilobytes = processTree(root).map((pid) => {
    const text = readIfThere(`/proc/${pid}/smaps_rollup`);
    return Number(/^Pss:\s+(\d+) kB$/m.exec(text ?? "")?.[1] ?? 0);
  });
  return kilobytes.reduce((sum, size) => sum + size, 0) * 1_024;
}

const ticksPerSecond = process.platform === "linux" ? Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" })) : Number.NaN;

/** Gives the fields of /proc/<pid>/stat that follow the name, which may have spaces. */
function statOf(pid: number): string[] | undefined {
  const text = readIfThere(`/proc/${pid}/stat`);
  return text?.slice(text.lastIndexOf(")") + 2).split(" ");
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
