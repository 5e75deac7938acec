import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, expect, it } from "vitest";
import { cpuMsOf, memoryOf, processTree } from "./processes.ts";

// A shell and what it has started, in a group of their own.
const shell = spawn("sh", ["-c", "sleep 600 & echo up; wait"], { detached: true, stdio: ["ignore", "pipe", "ignore"] });
const pid = shell.pid as number;
afterAll(() => process.kill(-pid, "SIGKILL"));

it.runIf(process.platform === "linux")("a process is counted with what it has started, and with nothing else", async () => {
  await once(shell.stdout, "data");
  const tree = processTree(pid);
  expect(tree).toHaveLength(2);
  expect(tree).toContain(pid);
  expect(tree).not.toContain(process.pid);
  expect(processTree(process.pid)).toEqual(expect.arrayContaining([process.pid, ...tree]));
  expect(memoryOf(process.pid)).toBeGreaterThan(memoryOf(pid));
  expect(memoryOf(pid)).toBeGreaterThan(0);
  expect(cpuMsOf(process.pid)).toBeGreaterThan(cpuMsOf(pid));
});
