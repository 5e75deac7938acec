// Sessions in Web Workers.
import type { Runner } from "@covault/party";
import { type Answer, type StartThread, threadPool } from "@covault/party/run";
import { type PlatformWorker, platform, type WorkerEvent } from "./platform.ts";

export interface WebWorkersOptions {
  /**
   * Starts a worker with the entry `@covault/party-web/worker`. The bundler decides how its script
   * is found:
   * `() => new Worker(new URL("@covault/party-web/worker", import.meta.url), { type: "module" })`.
   */
  readonly start: () => PlatformWorker;
  /**
   * The number of workers. Of two or more, one gets signatures alone. With one, a signature waits
   * while a round of a run that makes an epoch computes. Default: the number of cores, at most 4.
   */
  readonly workers?: number;
}

/** Gives a runner that runs sessions in Web Workers. */
export function webWorkers({ start, workers }: WebWorkersOptions): Runner {
  return threadPool(startThread(start), workers ?? Math.min(platform.navigator?.hardwareConcurrency ?? 1, 4));
}

const startThread =
  (start: () => PlatformWorker): StartThread =>
  ({ onAnswer, onEnd }) => {
    const worker = start();
    // A worker lives on after an error that nobody caught. It is not known which of its sessions
    // the error hit, so none of them goes on. They end with a code. The error itself, which may say
    // anything, goes no further.
    const end = (event: WorkerEvent): void => {
      event.preventDefault();
      worker.terminate();
      onEnd();
    };
    worker.addEventListener("message", ({ data }) => onAnswer(data as Answer));
    worker.addEventListener("error", end);
    worker.addEventListener("messageerror", end);
    return {
      post: (call) => worker.postMessage(call),
      terminate: async () => worker.terminate(),
    };
  };
