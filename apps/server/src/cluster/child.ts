// This file is one process of a cluster: `covault serve <role>` with an environment of its own and
// nothing else.
import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, mkdirSync } from "node:fs";
import { join } from "node:path";
import { CovaultError } from "@covault/errors";

export interface ChildPlan {
  /** The name, which is unique in the cluster, such as account-1. */
  readonly name: string;
  readonly role: string;
  /** The port where it answers /health. */
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
}

export interface Child extends ChildPlan {
  readonly url: string;
  readonly pid: number;
  /** Gives the last lines that it printed. */
  lastLines(): string;
  /**
   * Sends the signal and resolves when the process ends, with the exit code or the signal's name.
   */
  end(signal: NodeJS.Signals): Promise<number | string>;
  readonly ended: Promise<number | string>;
}

const keptCharacters = 4_000;

/** Starts a process. `command` is the program and its arguments before `serve`. */
export function spawnChild(plan: ChildPlan, command: readonly string[], logDir: string): Child {
  mkdirSync(logDir, { recursive: true, mode: 0o700 });
  const log = createWriteStream(join(logDir, `${plan.name}.log`), { flags: "a", mode: 0o600 });
  const [program = process.execPath, ...before] = command;
  const running: ChildProcess = spawn(program, [...before, "serve", plan.role], {
    env: { PATH: process.env.PATH ?? "", ...plan.env },
    // The process is in a group of its own. So Ctrl-C reaches the cluster alone, which stops its
    // parts in order.
    detached: true,
    cwd: logDir,
    // The channel carries nothing. Its end tells the child that the cluster has died.
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let last = "";
  const keep = (chunk: Buffer) => {
    last = (last + chunk.toString()).slice(-keptCharacters);
    log.write(chunk);
  };
  running.stdout?.on("data", keep);
  running.stderr?.on("data", keep);
  const ended = new Promise<number | string>((resolve) => {
    running.once("error", (error) => resolve(error.message));
    running.once("exit", (code, signal) => resolve(code ?? signal ?? "unknown"));
  });
  void ended.then(() => log.end());
  return {
    ...plan,
    url: `http://127.0.0.1:${plan.port}`,
    pid: running.pid ?? 0,
    lastLines: () => last,
    ended,
    end(signal) {
      running.kill(signal);
      return ended;
    },
  };
}

/**
 * Resolves when the process is ready. Throws config/bad-value with its last words when it ends
 * before, or is not ready in time.
 */
export async function whenReady(child: Child, ms: number): Promise<void> {
  let end: number | string | undefined;
  void child.ended.then((code) => {
    end = code;
  });
  const deadline = performance.now() + ms;
  let seen = "no answer";
  while (performance.now() < deadline && end === undefined) {
    try {
      const response = await fetch(`${child.url}/health/ready`, { signal: AbortSignal.timeout(2_000) });
      const { checks } = (await response.json()) as { checks?: Record<string, string> };
      if (response.ok) return;
      seen = JSON.stringify(checks);
    } catch {
      seen = "no answer";
    }
    await new Promise((wake) => setTimeout(wake, 100));
  }
  const what = end === undefined ? `is not ready after ${ms} ms (${seen})` : `has ended (${end})`;
  throw new CovaultError("http/unavailable", `${child.name} ${what}. ${child.lastLines().trim().split("\n").slice(-6).join("\n")}`, {
    hint: "Its whole log is in the cluster's folder logs.",
  });
}
