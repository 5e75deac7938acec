// Sessions in Node's worker threads.
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Runner } from "@covault/party";
import { type Answer, type StartThread, threadPool } from "@covault/party/run";

const sourceRun = import.meta.url.endsWith(".ts");
/** The compiled entry, also when this file itself runs from source. */
const workerEntry = new URL(sourceRun ? "../dist/worker.js" : "./worker.js", import.meta.url);

const startThread =
  (entry: URL): StartThread =>
  ({ onAnswer, onEnd }) => {
    // A thread gets no environment, because the process's secrets have no business there. It does
    // not get the process's flags either: those of a test runner would resolve packages to source.
    const worker = new Worker(entry, { env: {}, execArgv: [], name: "covault-session" });
    worker.on("message", (answer: Answer) => onAnswer(answer));
    worker.on("error", onEnd);
    worker.on("exit", onEnd);
    return {
      post: (call) => worker.postMessage(call),
      terminate: async () => void (await worker.terminate()),
    };
  };

export interface WorkerPoolOptions {
  /**
   * The number of threads. Of two or more, one gets signatures alone. With one, a signature waits
   * while a round of a run that makes an epoch computes. Default: the number of cores, at most 4.
   */
  readonly workers?: number;
  /** Another compiled entry, for tests. */
  readonly entry?: URL;
}

/** Gives a runner that runs sessions in worker threads. */
export function workerPool(options: WorkerPoolOptions = {}): Runner {
  return threadPool(startThread(options.entry ?? workerEntry), options.workers ?? Math.min(availableParallelism(), 4));
}
