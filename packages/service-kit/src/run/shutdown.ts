// The orderly end of a process. On SIGTERM or SIGINT its parts stop in the reverse order of their
// start, each within the grace time.
import type { Logger } from "./log.ts";

export interface Shutdown {
  /** Adds a part that has started, and the way to stop it. */
  add(name: string, stop: () => Promise<void> | void): void;
  /**
   * Stops everything once, and later calls wait for the first. Resolves to the names of the parts
   * that failed or were late.
   */
  run(reason: string): Promise<readonly string[]>;
  /**
   * Runs on SIGTERM and SIGINT, and then exits with 0, or with 1 when a part failed. A second
   * signal that comes more than a second later exits at once.
   */
  onSignals(): void;
}

const secondSignalMs = 1_000;

export interface ShutdownOptions {
  readonly logger: Logger;
  /** Each part has this time to stop. Default 10 s. */
  readonly graceMs?: number;
  /** Called when the stop begins, so that a terminal can show it. */
  readonly onStopping?: () => void;
  /** Called when the stop has ended, with the parts that failed or were late. */
  readonly onStopped?: (failed: readonly string[]) => void;
}

export function makeShutdown(options: ShutdownOptions): Shutdown {
  const graceMs = options.graceMs ?? 10_000;
  const parts: { name: string; stop: () => Promise<void> | void }[] = [];
  let running: Promise<readonly string[]> | undefined;

  async function stopOne(part: { name: string; stop: () => Promise<void> | void }): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`not stopped within ${graceMs} ms`)), graceMs);
    });
    try {
      await Promise.race([Promise.resolve().then(part.stop), late]);
      return true;
    } catch (error) {
      options.logger.error({ err: error, part: part.name }, "did not stop");
      return false;
    } finally {
      clearTimeout(timer);
    }
  }
  async function stopAll(reason: string): Promise<readonly string[]> {
    options.onStopping?.();
    options.logger.info({ reason }, "stopping");
    const failed: string[] = [];
    for (const part of parts.reverse()) if (!(await stopOne(part))) failed.push(part.name);
    options.logger.info({ failed }, "stopped");
    options.onStopped?.(failed);
    return failed;
  }
  const run = (reason: string) => {
    running ??= stopAll(reason);
    return running;
  };
  return {
    add: (name, stop) => void parts.push({ name, stop }),
    run,
    onSignals() {
      let firstMs = 0;
      for (const signal of ["SIGTERM", "SIGINT"] as const)
        process.on(signal, () => {
          // A terminal's Ctrl-C arrives twice where npm passes it on. Only a later one means
          // impatience.
          if (running !== undefined) {
            if (performance.now() - firstMs > secondSignalMs) process.exit(1);
            return;
          }
          firstMs = performance.now();
          void run(signal).then((failed) => process.exit(failed.length === 0 ? 0 : 1));
        });
    },
  };
}
